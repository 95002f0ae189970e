"""Whatever several desks do at once, it comes out as if they had done it one after the other, in some order."""

import asyncio
import copy
import dataclasses
import itertools
import os
import pprint
import random
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from circulation.lending_library import MONDAY
from circulation.real_desk import RealDesk
from circulation.reference import ReferenceLibrary, Said, in_any_order
from races.conftest import WORLD

ROUNDS = int(os.environ.get("FAELLES_TEST_EXAMPLES", "25"))
AT_ONCE = 5

MOST_ORDERS = 20
"""How many orders that fit are looked at, for what they leave unseen."""

WITHOUT_KEY = frozenset({"pay", "offline_checkout", "offline_return"})
"""They are known by what they say."""


@dataclasses.dataclass(frozen=True)
class Command:
    verb: str
    names: tuple[object, ...]
    wishes: dict[str, object]
    key: str


Done = tuple[Command, object]


def some_commands(chance: random.Random, now: datetime, lent: Collection[str], number: int) -> list[Command]:
    """Commands that get in each other's way: few copies, few readers, and now and then the same command twice."""
    commands = [Command(*_some_command(chance, now, sorted(lent)), key=f"{number}/{place}") for place in range(AT_ONCE)]
    if chance.random() < 0.3:
        commands[-1] = chance.choice([each for each in commands if each.verb != "pay"] or commands)
    return commands


def _some_command(
    chance: random.Random, now: datetime, lent: Sequence[str]
) -> tuple[str, tuple[object, ...], dict[str, object]]:
    reader, item = chance.choice(list(WORLD.readers)), chance.choice(list(WORLD.copies))
    branch = chance.choice(("main", "suburb"))
    yesterday = now - timedelta(days=1)
    stack = [(chance.choice(list(WORLD.copies)), chance.choice(list(WORLD.readers))) for _ in range(2)]
    commands: list[tuple[str, tuple[object, ...], dict[str, object]]] = [
        ("checkout", (reader, item, branch), {"override": chance.random() < 0.2, "renew_own": chance.random() < 0.5}),
        ("checkout", (reader, item, branch), {}),
        ("checkout", (reader, item, branch), {}),
        ("return_item", (item, branch), {"found": chance.random() < 0.2}),
        ("return_item", (item, branch), {}),
        ("return_item", (item, branch), {"at": yesterday}),
        ("checkout_group", (stack, branch), {"first": chance.choice([None, reader])}),
        ("renew", (item,), {"override": chance.random() < 0.2}),
        ("renew_all", (reader,), {}),
        ("charge", (reader, 1_000), {}),
        ("lose", (item,), {}),
        ("claim_returned", (item,), {}),
        ("offline_checkout", (reader, item, branch, yesterday), {}),
        ("offline_return", (item, branch, yesterday), {}),
        ("pay", (reader, 1_000), {}),
    ]
    if lent:
        out = chance.choice(lent)
        commands += [
            ("undo_checkout", (out,), {}),
            ("undo_return", (out,), {}),
            ("swap", (out, chance.choice(lent)), {}),
        ]
    return chance.choice(commands)


async def test_the_outcome_is_that_of_some_serial_order(desk: RealDesk):
    seed = random.randrange(2**32)
    chance, now, models = random.Random(seed), MONDAY, [WORLD.model(MONDAY)]
    lent: Collection[str] = ()
    for number in range(ROUNDS):
        commands = some_commands(chance, now, lent, number)
        await desk.note_loans()
        said = await asyncio.gather(*(_do(desk, command) for command in commands))
        look = await desk.look()
        assert look.faults == [], (seed, number, commands)
        done = list(zip(commands, said, strict=True))
        after = _outcomes(models, done, look.picture)
        if not after:
            pytest.fail(_told(seed, number, done, [model.picture() for model in models], look.picture))
        lent = look.picture["loans"].keys()
        if chance.random() < 0.4:
            now += timedelta(days=chance.choice((1, 9, 33)))
            desk.library.clock.now = now
        models = [
            dataclasses.replace(model, now=now, loans=[loan for loan in model.loans if loan.is_open], answered={})
            for model in after
        ]


def _told(*matters: object) -> str:
    return "\n".join(pprint.pformat(each, width=160) for each in matters)


async def _do(desk: RealDesk, command: Command) -> object:
    more = {} if command.verb in WITHOUT_KEY else {"key": command.key}
    if command.verb == "pay":
        more = {"reference": command.key}
    return _plain(await getattr(desk, command.verb)(*command.names, **command.wishes, **more))


def _plain(said: object) -> object:
    """A loan that was gone when its turn came was no loan to renew; in which order they are told does not matter."""
    if isinstance(said, Said):
        return None if "loan_not_found" in said.blocks else said
    if not isinstance(said, list):
        return said
    return in_any_order(each for each in said if "loan_not_found" not in each.blocks)


def _outcomes(models: list[ReferenceLibrary], done: list[Done], picture: dict[str, object]) -> list[ReferenceLibrary]:
    """The reference libraries in which some order of the commands gives these answers and this picture. Where several
    orders do, they may differ in what is not seen yet, such as which of two loans was made first.
    """
    for model in models:
        model.note_loans()
    found = (after for model in models for after in _orders(model, done) if after.picture() == picture)
    return list({repr(_unseen(after)): after for after in itertools.islice(found, MOST_ORDERS)}.values())


def _orders(model: ReferenceLibrary, done: list[Done]) -> Iterator[ReferenceLibrary]:
    if not done:
        yield model
    for place, (command, said) in enumerate(done):
        candidate = copy.deepcopy(model)
        if _plain(_ask(candidate, command)) == said:
            yield from _orders(candidate, done[:place] + done[place + 1 :])


def _ask(model: ReferenceLibrary, command: Command) -> object:
    if command.verb in WITHOUT_KEY:
        return getattr(model, command.verb)(*command.names, **command.wishes)
    return model.under_key(command.key, command.verb, *command.names, **command.wishes)


def _unseen(model: ReferenceLibrary) -> object:
    loans = sorted((loan.item, loan.borrower, loan.branch, loan.lent_at) for loan in model.loans if loan.is_open)
    claims = [(claim.patron, claim.step, claim.charged, claim.paid) for claim in model.books.claims]
    return loans, claims, sorted(model.entries)
