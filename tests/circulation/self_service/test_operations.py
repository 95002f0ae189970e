"""What a machine may ask, by itself and without a socket."""

from datetime import timedelta

import pytest

from circulation.lending_library import LendingLibrary
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.loans.model import Outcome
from faelles.circulation.loans.offline import record_offline
from faelles.circulation.loans.offline_model import Happened, OfflineAnswer, OfflineEntry
from faelles.circulation.self_service import operations
from faelles.circulation.self_service.model import AtMachine, CancelAtMachine, Recognised
from faelles.ground.actor import Actor, ActorKind
from faelles.ground.errors import ForbiddenError
from faelles.ground.i18n import Language
from faelles.people.model import Caller, Grant, MachineKind
from faelles.people.rules import MACHINE_PERMISSIONS


def machine(library: LendingLibrary, kind: MachineKind = MachineKind.SELF_CHECK, number: int = 7) -> Caller:
    town = library.town
    return Caller(
        agency=town.agency,
        actor=Actor(ActorKind.MACHINE, number),
        language=Language.DANISH,
        grants=(Grant(MACHINE_PERMISSIONS[kind], town.library, town.main),),
        stands_in=town.main,
    )


async def seen(library: LendingLibrary, who: AtMachine, *, with_contact: bool = False) -> Recognised:
    caller = machine(library)
    return await library.run(
        lambda tx: operations.patron_at_machine(tx, caller, library.keyring, who, with_contact=with_contact)
    )


async def test_a_sorter_is_shown_nobody(library: LendingLibrary):
    reader = await library.reader()
    sorter, who = machine(library, MachineKind.SORTER), AtMachine(card=reader.card, branch=library.town.main)
    with pytest.raises(ForbiddenError):
        await library.run(lambda tx: operations.patron_at_machine(tx, sorter, library.keyring, who))


async def test_loans_and_debts_are_those_of_the_machines_division(library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await library.lend(reader, item)
    found = await seen(library, AtMachine(card=reader.card, branch=library.town.main, pin=reader.pin))
    assert found.is_proven
    assert found.patron is not None
    assert [loan.item_number for loan in found.patron.loans] == [item]
    assert (found.patron.group, found.patron.blocks, found.patron.overdue) == ("adult", (), ())


async def test_what_is_lost_or_said_to_be_returned_is_on_loan_and_not_overdue(library: LendingLibrary):
    reader = await library.reader()
    items = await library.overdue(reader, 3)
    await library.lose(items[0])
    await library.claim_returned(items[1])
    found = await seen(library, AtMachine(card=reader.card, branch=library.town.main, pin=reader.pin))
    assert found.patron is not None
    assert (len(found.patron.loans), [loan.item_number for loan in found.patron.overdue]) == (3, [items[2]])


async def test_a_protected_address_is_withheld_from_every_machine(library: LendingLibrary):
    reader = await library.reader()
    for is_protected in (False, True):
        async with library.database.transaction(library.town.agency, library.librarian.actor) as tx:
            await tx.execute(
                "UPDATE patron SET street = 'Storegade 1', address_protected = $3 WHERE agency_id = $1 AND id = $2",
                tx.agency,
                reader.id,
                is_protected,
            )
        found = await seen(library, AtMachine(card=reader.card, branch=library.town.main), with_contact=True)
        assert found.patron is not None
        assert (found.patron.contact is None) == is_protected


async def test_one_machine_does_not_lift_what_another_blocked(library: LendingLibrary):
    reader = await library.reader()
    who = AtMachine(card=reader.card, branch=library.town.main)
    keyring = library.keyring
    first, second = machine(library, number=7), machine(library, number=8)

    async def as_machine(caller: Caller, work):
        return await library.database.run(library.town.agency, caller.actor, work)

    await as_machine(first, lambda tx: operations.block_at_machine(tx, first, keyring, who, reason="beholdt"))
    await as_machine(second, lambda tx: operations.enable_at_machine(tx, second, keyring, who))
    found = await seen(library, who)
    assert found.patron is not None
    assert [block.code for block in found.patron.blocks] == [BlockCode.PATRON_BLOCKED]
    await as_machine(first, lambda tx: operations.enable_at_machine(tx, first, keyring, who))
    found = await seen(library, who)
    assert found.patron is not None
    assert found.patron.blocks == ()


async def test_only_what_was_lent_here_a_moment_ago_is_cancelled(library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await library.lend(reader, item)
    request = CancelAtMachine(item=item, branch=library.town.main)
    library.clock.now += timedelta(hours=2)
    assert await library.run(lambda tx: operations.cancel_checkout(tx, machine(library), request)) is None
    library.clock.now -= timedelta(hours=2)
    undone = await library.run(lambda tx: operations.cancel_checkout(tx, machine(library), request))
    assert undone is not None
    assert await library.state_of(item) == "available"


async def renewed_offline(library: LendingLibrary, item: str, **more: object) -> OfflineAnswer:
    entry = OfflineEntry(
        what=Happened.RENEWAL, item=item, branch=library.town.main, happened_at=library.clock.now, **more
    )
    return await library.run(lambda tx: record_offline(tx, library.librarian, library.keyring, entry))


async def test_a_renewal_while_the_line_was_down_holds_until_the_day_that_was_told(library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    lent = await library.lend(reader, item)
    library.clock.pass_days(3)
    assert lent.due_on is not None
    told = lent.due_on + timedelta(days=60)
    first = await renewed_offline(library, item, due_on=told)
    assert (first.outcome, first.loan) == (Outcome.RENEWED, lent.loan)
    assert (await renewed_offline(library, item, due_on=told)).outcome is Outcome.REPEATED


async def test_a_renewal_that_gains_nothing_changes_nothing(library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    lent = await library.lend(reader, item)
    assert (await renewed_offline(library, item, due_on=lent.due_on)).outcome is Outcome.REPEATED
    assert "loan.renewed" not in await library.events()


async def test_a_renewal_of_what_nobody_has_is_for_the_work_list(library: LendingLibrary):
    answer = await renewed_offline(library, await library.copy())
    assert answer.outcome is Outcome.REFUSED
    assert [each.code for each in answer.conflicts] == [BlockCode.LOAN_NOT_FOUND]
