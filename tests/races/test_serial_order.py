"""Whatever several desks do at once, it comes out as if they had done it one after the other, in some order."""

import asyncio
import copy
import dataclasses
import itertools
import os
import pprint
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from circulation.lending_library import MONDAY
from circulation.real_desk import RealDesk
from circulation.reference import ReferenceLibrary
from races.conftest import WORLD

ROUNDS = int(os.environ.get("FAELLES_TEST_EXAMPLES", "25"))
AT_ONCE = 5

MOST_ORDERS = 20
"""How many orders that fit are looked at, for what they leave unseen."""

Command = tuple[str, tuple[object, ...], dict[str, object]]
Done = tuple[Command, object]


def some_commands(chance: random.Random, now: datetime) -> list[Command]:
    """Commands that get in each other's way: few copies, few readers."""
    return [_some_command(chance, now) for _ in range(AT_ONCE)]


def _some_command(chance: random.Random, now: datetime) -> Command:
    reader, item = chance.choice(list(WORLD.readers)), chance.choice(list(WORLD.copies))
    branch = chance.choice(("main", "suburb"))
    yesterday = now - timedelta(days=1)
    commands: list[Command] = [
        ("checkout", (reader, item, branch), {"override": chance.random() < 0.2, "renew_own": chance.random() < 0.5}),
        ("checkout", (reader, item, branch), {}),
        ("checkout", (reader, item, branch), {}),
        ("return_item", (item, branch), {"found": chance.random() < 0.2}),
        ("return_item", (item, branch), {}),
        ("return_item", (item, branch), {"at": yesterday}),
        ("renew_all", (reader,), {}),
        ("lose", (item,), {}),
        ("claim_returned", (item,), {}),
        ("offline_checkout", (reader, item, branch, yesterday), {}),
        ("offline_return", (item, branch, yesterday), {}),
        ("pay", (reader, 1_000), {}),
    ]
    return chance.choice(commands)


async def test_the_outcome_is_that_of_some_serial_order(desk: RealDesk):
    seed = random.randrange(2**32)
    chance, now, models = random.Random(seed), MONDAY, [WORLD.model(MONDAY)]
    for number in range(ROUNDS):
        commands = some_commands(chance, now)
        said = await asyncio.gather(
            *(_do(desk, command, f"{number}/{place}") for place, command in enumerate(commands))
        )
        look = await desk.look()
        assert look.faults == [], (seed, number, commands)
        done = list(zip(commands, said, strict=True))
        after = _outcomes(models, done, look.picture)
        if not after:
            pytest.fail(_told(seed, number, done, [model.picture() for model in models], look.picture))
        if chance.random() < 0.4:
            now += timedelta(days=chance.choice((1, 9, 33)))
            desk.library.clock.now = now
        models = [
            dataclasses.replace(model, now=now, loans=[loan for loan in model.loans if loan.is_open]) for model in after
        ]


def _told(*matters: object) -> str:
    return "\n".join(pprint.pformat(each, width=160) for each in matters)


async def _do(desk: RealDesk, command: Command, reference: str) -> object:
    verb, names, wishes = command
    more = {"reference": reference} if verb == "pay" else {}
    return _plain(await getattr(desk, verb)(*names, **wishes, **more))


def _plain(said: object) -> object:
    """A loan that was gone when its turn came was no loan to renew; in which order they are told does not matter."""
    if not isinstance(said, list):
        return said
    return sorted((each for each in said if "loan_not_found" not in each.blocks), key=repr)


def _outcomes(models: list[ReferenceLibrary], done: list[Done], picture: dict[str, object]) -> list[ReferenceLibrary]:
    """The reference libraries in which some order of the commands gives these answers and this picture. Where several
    orders do, they may differ in what is not seen yet, such as which of two loans was made first.
    """
    found = (after for model in models for after in _orders(model, done) if after.picture() == picture)
    return list({repr(_unseen(after)): after for after in itertools.islice(found, MOST_ORDERS)}.values())


def _orders(model: ReferenceLibrary, done: list[Done]) -> Iterator[ReferenceLibrary]:
    if not done:
        yield model
    for place, ((verb, names, wishes), said) in enumerate(done):
        candidate = copy.deepcopy(model)
        if _plain(getattr(candidate, verb)(*names, **wishes)) == said:
            yield from _orders(candidate, done[:place] + done[place + 1 :])


def _unseen(model: ReferenceLibrary) -> object:
    loans = sorted((loan.item, loan.borrower, loan.branch, loan.lent_at) for loan in model.loans if loan.is_open)
    claims = [(claim.patron, claim.step, claim.charged, claim.paid) for claim in model.books.claims]
    return loans, claims, sorted(model.entries)
