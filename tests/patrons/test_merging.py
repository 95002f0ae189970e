import asyncio
from datetime import date

import pytest

from faelles.ground.errors import ConflictError, ForbiddenError
from faelles.patrons.blocks.model import BlockCode, SetBlock
from faelles.patrons.blocks.operations import set_block
from faelles.patrons.classes.model import AddClassMember, StartClass
from faelles.patrons.classes.operations import add_class_member, list_members, start_class
from faelles.patrons.looking.operations import access_report, identify, show_patron
from faelles.patrons.merging.model import MergePatrons
from faelles.patrons.merging.operations import merge
from faelles.patrons.model import Contact, NewMembership, Role
from faelles.patrons.relations.model import AddGuardian
from faelles.patrons.relations.operations import add_guardian
from faelles.people.model import Permission
from patrons_desk import ANY_GROUP, Desk, new_card, new_cpr, staff

BORN = date(1980, 5, 17)


async def merged(desk: Desk, temporary, real):
    request = MergePatrons(temporary=temporary, real=real)
    return await desk.run(lambda tx: merge(tx, desk.caller, request))


async def test_everything_that_hangs_on_a_temporary_patron_becomes_the_real_ones(desk: Desk):
    town, caller = desk.town, desk.caller
    card, cpr, real_cpr = new_card(), new_cpr(BORN), new_cpr(BORN)
    pupil = NewMembership(division=town.schools, role=Role.PUPIL, group=ANY_GROUP)
    public = NewMembership(division=town.library, role=Role.BORROWER, group=ANY_GROUP, starts_on=date(2020, 1, 1))
    temporary = await desk.register(
        "Midlertidig", is_temporary=True, identifiers=(card, cpr), memberships=(pupil, public),
        contact=Contact(phone="12345678"), birth_date=BORN, note="Ny i byen",
    )  # fmt: skip
    real = await desk.register("Rigtig", identifiers=(real_cpr,))
    guardian, ward = await desk.register("Mor"), await desk.register("Barn")
    class_id = await desk.run(
        lambda tx: start_class(
            tx, caller, StartClass(branch=town.school, starting_year=2020, track="B", group=ANY_GROUP)
        )
    )
    await desk.run(lambda tx: add_guardian(tx, caller, temporary, AddGuardian(guardian=guardian)))
    await desk.run(lambda tx: add_guardian(tx, caller, ward, AddGuardian(guardian=temporary)))
    await desk.run(lambda tx: add_class_member(tx, caller, class_id, AddClassMember(patron=temporary)))
    await desk.run(lambda tx: set_block(tx, caller, temporary, SetBlock(code=BlockCode.MANUAL)))

    await merged(desk, temporary, real)

    seen = await desk.run(lambda tx: show_patron(tx, caller, real))
    assert {(each.guardian, each.ward) for each in seen.guardianships} == {(guardian, real), (real, ward)}
    assert [each.code for each in seen.blocks] == [BlockCode.MANUAL]
    assert seen.contact is not None
    assert (seen.contact.phone, seen.birth_date, seen.note) == ("12345678", BORN, "Ny i byen")
    assert sorted((each.division, each.starts_on == date(2020, 1, 1)) for each in seen.memberships) == sorted(
        [(town.schools, False), (town.library, False), (town.library, True)]
    )
    members = await desk.run(lambda tx: list_members(tx, caller, class_id))
    assert [each.patron.id for each in members] == [real]
    for scan in (card, cpr, real_cpr):
        found = await desk.run(lambda tx, scan=scan: identify(tx, caller, desk.keyring, scan.value))
        assert [each.patron.id for each in found] == [real]
    gone = await desk.run(lambda tx: show_patron(tx, caller, temporary))
    assert gone.merged_into == real
    assert (gone.identifiers, gone.memberships, gone.blocks, gone.contact) == ([], [], [], Contact())
    assert (gone.birth_date, gone.note, gone.has_pin) == (None, None, False)
    report = await desk.run(lambda tx: access_report(tx, caller, real))
    assert "set_block" in {each.operation for each in report}


async def test_the_same_merge_twice_changes_nothing_and_says_so(desk: Desk):
    temporary, real = await desk.register(is_temporary=True), await desk.register()
    outcomes = await asyncio.gather(*(merged(desk, temporary, real) for _ in range(3)))
    assert sorted(each.was_done_before for each in outcomes) == [False, True, True]
    assert (await desk.events()).count("patron.merged") == 1


async def test_two_that_are_merged_into_each_other_at_once_do_not_both_vanish(desk: Desk):
    one, other = await desk.register(is_temporary=True), await desk.register(is_temporary=True)
    outcomes = await asyncio.gather(merged(desk, one, other), merged(desk, other, one), return_exceptions=True)
    assert [type(each).__name__ for each in outcomes].count("ConflictError") == 1


async def test_only_a_temporary_patron_goes_away(desk: Desk):
    one, other = await desk.register(), await desk.register()
    with pytest.raises(ConflictError, match="merge_only_temporary"):
        await merged(desk, one, other)
    with pytest.raises(ConflictError, match="merge_with_oneself"):
        await merged(desk, one, one)


async def test_a_merged_patron_is_changed_no_more(desk: Desk):
    temporary, real = await desk.register(is_temporary=True), await desk.register()
    await merged(desk, temporary, real)
    with pytest.raises(ConflictError, match="patron_merged"):
        await desk.run(lambda tx: set_block(tx, desk.caller, temporary, SetBlock(code=BlockCode.MANUAL)))


async def test_whoever_cannot_take_a_merged_patron_hears_whom_it_became(desk: Desk):
    temporary, real = await desk.register(is_temporary=True), await desk.register()
    await merged(desk, temporary, real)
    for source, target in ((real, temporary), (await desk.register(is_temporary=True), temporary)):
        with pytest.raises(ConflictError, match="patron_merged") as refusal:
            await merged(desk, source, target)
        assert refusal.value.parameters == {"patron": real}


async def test_merging_needs_the_permission(desk: Desk):
    temporary, real = await desk.register(is_temporary=True), await desk.register()
    caller = staff(desk.town, without=Permission.PATRON_MERGE)
    with pytest.raises(ForbiddenError):
        await desk.run(lambda tx: merge(tx, caller, MergePatrons(temporary=temporary, real=real)))
