from datetime import date, timedelta

import pytest

from faelles.ground.clock import utc_now
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from faelles.patrons.blocks.model import BlockCode, SetBlock
from faelles.patrons.blocks.operations import lift_block, remove_absence, set_absence, set_block
from faelles.patrons.looking.operations import show_patron
from faelles.patrons.model import AbsencePeriod, NewMembership, Role
from faelles.patrons.operations import write_consent
from faelles.patrons.reach import reached
from faelles.patrons.relations.model import AddGuardian, EndOn
from faelles.patrons.relations.operations import add_guardian, add_membership, end_guardian, end_membership
from patrons_desk import ANY_GROUP, Desk, staff

TODAY = utc_now().date()


async def block(desk: Desk, patron, code=BlockCode.MANUAL, caller=None, **given) -> int:
    request = SetBlock(code=code, **given)
    return await desk.run(lambda tx: set_block(tx, caller or desk.caller, patron, request))


async def show(desk: Desk, patron, caller=None):
    return await desk.run(lambda tx: show_patron(tx, caller or desk.caller, patron))


async def test_of_several_blocks_each_is_lifted_by_itself(desk: Desk):
    patron = await desk.register()
    excluded = await block(desk, patron, BlockCode.EXCLUDED, ends_on=TODAY + timedelta(days=90))
    await block(desk, patron, BlockCode.DEBT)
    await desk.run(lambda tx: lift_block(tx, desk.caller, patron, excluded))
    assert [each.code for each in (await show(desk, patron)).blocks] == [BlockCode.DEBT]
    with pytest.raises(NotFoundError):
        await desk.run(lambda tx: lift_block(tx, desk.caller, patron, excluded))


async def test_a_divisions_block_stays_in_that_division(desk: Desk):
    school_staff = staff(desk.town, division=desk.town.schools)
    both = (
        NewMembership(division=desk.town.library, role=Role.BORROWER, group=ANY_GROUP),
        NewMembership(division=desk.town.schools, role=Role.PUPIL, group=ANY_GROUP),
    )
    patron = await desk.register(memberships=both)
    public = await block(desk, patron, BlockCode.EXCLUDED, division=desk.town.library)
    await block(desk, patron, BlockCode.DECEASED)
    seen = await show(desk, patron, school_staff)
    assert [each.code for each in seen.blocks] == [BlockCode.DECEASED]
    assert [each.division for each in seen.memberships] == [desk.town.schools]
    with pytest.raises(NotFoundError):
        await desk.run(lambda tx: lift_block(tx, school_staff, patron, public))
    for division in (desk.town.library, None):
        with pytest.raises(ForbiddenError):
            await block(desk, patron, caller=school_staff, division=division)
    await block(desk, patron, caller=school_staff, division=desk.town.schools)


async def test_a_block_does_not_end_before_it_starts(desk: Desk):
    patron = await desk.register()
    with pytest.raises(InvalidRequestError):
        await block(desk, patron, starts_on=TODAY, ends_on=TODAY - timedelta(days=1))
    with pytest.raises(InvalidRequestError):
        await block(desk, patron, ends_on=date(9999, 12, 31))


async def test_a_membership_ends_and_another_begins(desk: Desk):
    patron = await desk.register()
    new = NewMembership(division=desk.town.library, role=Role.HOMEBOUND, group=ANY_GROUP)
    with pytest.raises(ConflictError, match="one_membership_at_a_time"):
        await desk.run(lambda tx: add_membership(tx, desk.caller, patron, new))
    held = (await show(desk, patron)).memberships[0]
    await desk.run(lambda tx: end_membership(tx, desk.caller, patron, held.id, EndOn()))
    await desk.run(lambda tx: add_membership(tx, desk.caller, patron, new))
    assert [each.role for each in (await show(desk, patron)).memberships] == [Role.HOMEBOUND]


async def test_a_guardian_is_of_age_and_answers_until_an_end_is_set(desk: Desk):
    child = await desk.register("Barn", birth_date=TODAY - timedelta(days=3000))
    other_child = await desk.register("Bror", birth_date=TODAY - timedelta(days=6000))
    adult = await desk.register("Mor", birth_date=date(1980, 1, 1))
    with pytest.raises(InvalidRequestError):
        await desk.run(lambda tx: add_guardian(tx, desk.caller, child, AddGuardian(guardian=other_child)))
    with pytest.raises(InvalidRequestError):
        await desk.run(lambda tx: add_guardian(tx, desk.caller, adult, AddGuardian(guardian=adult)))
    added = await desk.run(lambda tx: add_guardian(tx, desk.caller, child, AddGuardian(guardian=adult)))
    with pytest.raises(ConflictError, match="one_guardianship_at_a_time"):
        await desk.run(lambda tx: add_guardian(tx, desk.caller, child, AddGuardian(guardian=adult)))
    last = TODAY + timedelta(days=10)
    await desk.run(lambda tx: end_guardian(tx, desk.caller, child, added, EndOn(last)))
    assert [each.ends_on for each in (await show(desk, child)).guardianships] == [last]


async def test_absences_do_not_overlap_and_may_be_taken_away(desk: Desk):
    patron = await desk.register()
    away = AbsencePeriod(first_day=TODAY, last_day=TODAY + timedelta(days=14))
    added = await desk.run(lambda tx: set_absence(tx, desk.caller, patron, away))
    with pytest.raises(ConflictError, match="one_absence_at_a_time"):
        await desk.run(lambda tx: set_absence(tx, desk.caller, patron, away))
    assert [each.last_day for each in (await show(desk, patron)).absences] == [away.last_day]
    await desk.run(lambda tx: remove_absence(tx, desk.caller, patron, added))
    assert (await show(desk, patron)).absences == []


async def test_withdrawing_the_consent_is_told_without_saying_whose(desk: Desk):
    patron = await desk.register(keeps_history=True)

    async def withdraw(tx: Transaction) -> None:
        await write_consent(tx, await reached(tx, patron), keeps=False)

    for _ in range(2):
        await desk.run(withdraw)
    rows = await desk.rows(
        "SELECT * FROM event WHERE agency_id = $1 AND kind = 'patron.history_withdrawn'", desk.town.agency
    )
    assert len(rows) == 1
    assert not (await show(desk, patron)).keeps_history


async def test_no_event_names_a_patron(desk: Desk):
    patron = await desk.register("Navnlig Navnesen")
    await block(desk, patron)
    rows = await desk.rows("SELECT * FROM event WHERE agency_id = $1", desk.town.agency)
    assert rows
    for row in rows:
        assert str(patron) not in str(dict(row))
        assert "Navnesen" not in str(dict(row))
