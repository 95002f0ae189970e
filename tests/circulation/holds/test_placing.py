"""What placing a hold does, and everything that can stand in its way."""

from datetime import date, timedelta

import pytest

from circulation.holds.wishing import codes, copies, day, title_of, waits, wish, wish_for
from circulation.lending_library import LendingLibrary
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.holds.model import PlacingOutcome
from faelles.ground.actor import Actor, ActorKind
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronId
from faelles.people.model import Caller, Grant, Permission
from faelles.policies.knobs import (
    MAX_HOLDS,
    MAX_HOLDS_PER_DAY,
    MAX_HOLDS_PER_TITLE,
    ON_SHELF_HOLDS,
    PICKUP_FROM,
    OnShelf,
    PickupFrom,
)


async def test_a_hold_is_placed_at_the_end_of_the_queue_for_half_a_year(library: LendingLibrary):
    title, _ = await copies(library, 1)
    await waits(library, title)
    placing = await wish(library, await library.reader(), title)
    (placed,) = placing.holds
    assert (placed.outcome, placed.position) == (PlacingOutcome.PLACED, 2)
    assert placed.hold is not None
    assert placed.hold >= 10_000_000
    assert placed.interest_until == library.clock.now.date() + timedelta(days=180)
    assert placing.transaction == placed.hold
    assert "hold.placed" in await library.events()


async def test_the_event_of_a_hold_names_no_patron(library: LendingLibrary):
    reader, (title, _) = await library.reader(), await copies(library, 1)
    await wish(library, reader, title)
    said = await library.run(
        lambda tx: tx.value(
            "SELECT actor || dimensions::text FROM event WHERE agency_id = $1 AND kind = 'hold.placed'", tx.agency
        )
    )
    assert str(reader.id) not in said
    assert '"age_band": "40-64"' in said


async def test_the_same_wish_twice_is_refused_as_reserved_already(library: LendingLibrary):
    reader, (title, _) = await library.reader(), await copies(library, 1)
    await wish(library, reader, title)
    assert codes(await wish(library, reader, title)) == {BlockCode.ALREADY_RESERVED}


async def test_the_same_wish_twice_is_allowed_where_the_rule_says_so(library: LendingLibrary):
    reader, (title, _) = await library.reader(), await copies(library, 2)
    await library.set_rule(MAX_HOLDS_PER_TITLE, 2)
    await wish(library, reader, title)
    assert codes(await wish(library, reader, title)) == set()
    assert codes(await wish(library, reader, title)) == {BlockCode.ALREADY_RESERVED}


async def test_title_and_copy_are_not_wished_for_at_once(library: LendingLibrary):
    reader, (title, numbers) = await library.reader(), await copies(library, 2)
    await library.set_rule(MAX_HOLDS_PER_TITLE, 5)
    await wish(library, reader, title)
    assert codes(await wish(library, reader, item=numbers[0])) == {BlockCode.HELD_BOTH_WAYS}


async def test_limits_in_all_and_a_day_are_both_told(library: LendingLibrary):
    reader = await library.reader()
    await library.set_rule(MAX_HOLDS, 1)
    await library.set_rule(MAX_HOLDS_PER_DAY, 1)
    (one, _), (other, _) = await copies(library, 1), await copies(library, 1)
    await wish(library, reader, one)
    refused = await wish(library, reader, other)
    assert codes(refused) == {BlockCode.TOO_MANY_HOLDS, BlockCode.TOO_MANY_HOLDS_TODAY}
    rules = [block.rule for block in refused.holds[0].blocks]
    assert all(rule is not None for rule in rules)


async def test_staff_step_over_a_limit_with_a_reason_that_is_kept(library: LendingLibrary):
    reader, (title, _) = await library.reader(), await copies(library, 1)
    await library.set_rule(MAX_HOLDS, 0)
    over = {"overrides": frozenset({BlockCode.TOO_MANY_HOLDS}), "reason": "Til læsekredsen"}
    placing = await wish(library, reader, title, **over)
    kept = await library.run(
        lambda tx: tx.rows("SELECT block, reason FROM hold_override WHERE agency_id = $1", tx.agency)
    )
    assert placing.holds[0].outcome is PlacingOutcome.PLACED
    assert [tuple(row) for row in kept] == [("exceeds_max_reservations", "Til læsekredsen")]


async def test_every_reason_is_told(library: LendingLibrary):
    reader = await library.reader(ends=date(2027, 1, 1), born=date(2020, 1, 1))
    title, _ = await copies(library, 1, minimum_age=15, not_for_loan="Læsesal")
    assert codes(await wish(library, reader, title)) == {
        BlockCode.MEMBERSHIP_ENDED,
        BlockCode.MATERIAL_NOT_LOANABLE,
        BlockCode.TOO_YOUNG,
    }


async def test_one_copy_that_fits_is_enough(library: LendingLibrary):
    title, _ = await copies(library, 1)
    _, reading_room = await copies(library, 1, not_for_loan="Læsesal")
    sql = "UPDATE item SET record_id = $2 WHERE agency_id = $1 AND number = $3"
    await library.run(lambda tx: tx.execute(sql, tx.agency, title, reading_room[0]))
    assert codes(await wish(library, await library.reader(), title)) == set()


async def test_quick_loans_cannot_be_reserved(library: LendingLibrary):
    title, _ = await copies(library, 1, material="quick_loan")
    assert codes(await wish(library, await library.reader(), title)) == {BlockCode.MATERIAL_NOT_RESERVABLE}


async def test_what_no_rule_allows_is_refused_as_having_no_profile(library: LendingLibrary):
    title, _ = await copies(library, 1, material="any")
    assert BlockCode.LOANING_PROFILE_NOT_FOUND in codes(await wish(library, await library.reader(), title))


async def test_a_title_without_copies_says_so(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    sql = "UPDATE item SET withdrawn_at = now(), withdrawn_why = 'slidt' WHERE agency_id = $1 AND number = $2"
    await library.run(lambda tx: tx.execute(sql, tx.agency, numbers[0]))
    assert codes(await wish(library, await library.reader(), title)) == {BlockCode.NO_RESERVABLE_MATERIALS}
    assert codes(await wish(library, await library.reader(), item=numbers[0])) == {BlockCode.MATERIAL_DISCARDED}


async def test_what_the_patron_has_at_home_is_not_reserved(library: LendingLibrary):
    reader, (title, numbers) = await library.reader(), await copies(library, 1)
    await library.lend(reader, numbers[0])
    refused = await wish(library, reader, title)
    assert [(block.code, block.override) for block in refused.holds[0].blocks] == [
        (BlockCode.ALREADY_LOANED, Permission.OVERRIDE_HOLD)
    ]


async def test_what_stands_on_the_shelf_is_fetched_there_where_the_rule_says_so(library: LendingLibrary):
    title, _ = await copies(library, 1)
    await library.set_rule(ON_SHELF_HOLDS, OnShelf.REFUSE_WHERE_IT_STANDS)
    assert codes(await wish(library, await library.reader(), title)) == {BlockCode.AVAILABLE_ON_SHELF}
    assert codes(await wish(library, await library.reader(), title, pickup=library.town.suburb)) == set()
    await library.set_rule(ON_SHELF_HOLDS, OnShelf.REFUSE_UNLESS_ALL_OUT)
    assert codes(await wish(library, await library.reader(), title, pickup=library.town.suburb)) == {
        BlockCode.AVAILABLE_ON_SHELF
    }


async def test_some_things_are_picked_up_only_where_they_belong(library: LendingLibrary):
    title, _ = await copies(library, 1)
    await library.set_rule(PICKUP_FROM, PickupFrom.OWNER_BRANCH)
    reader = await library.reader()
    assert codes(await wish(library, reader, title, pickup=library.town.suburb)) == {BlockCode.PICKUP_NOT_ALLOWED}
    assert codes(await wish(library, reader, title)) == set()


async def test_nobody_picks_up_at_a_school_what_the_public_library_owns(library: LendingLibrary):
    title, _ = await copies(library, 1)
    pupil = await library.reader("pupil", division=library.town.schools)
    assert BlockCode.PICKUP_NOT_ALLOWED in codes(await wish(library, pupil, title, pickup=library.town.school))


async def test_unknown_patron_and_unknown_title_are_told(library: LendingLibrary):
    title, _ = await copies(library, 1)
    reader = await library.reader()
    assert codes(await wish(library, reader, title + 10_000_000)) == {BlockCode.TITLE_NOT_FOUND}
    assert codes(await wish(library, reader, item="5999999999")) == {BlockCode.MATERIAL_NOT_FOUND}
    reader.id = PatronId(reader.id + 1)
    assert codes(await wish(library, reader, title)) == {BlockCode.PATRON_NOT_FOUND}


async def test_a_key_gives_the_same_hold_again_and_no_other(library: LendingLibrary):
    reader, (title, _), (other, _) = await library.reader(), await copies(library, 1), await copies(library, 1)
    first = await wish(library, reader, title, key="k1")
    assert await wish(library, reader, title, key="k1") == first
    with pytest.raises(ConflictError):
        await wish(library, reader, other, key="k1")


async def test_a_dry_run_places_nothing(library: LendingLibrary):
    reader, (title, _) = await library.reader(), await copies(library, 1)
    tried = await wish(library, reader, title, dry_run=True)
    assert (tried.holds[0].outcome, tried.holds[0].hold) == (PlacingOutcome.ALLOWED, None)
    assert codes(await wish(library, reader, title)) == set()


@pytest.mark.parametrize(
    "dates",
    [{"interest_until": -1}, {"active_from": -1}, {"interest_until": 5, "active_from": 6}, {"active_from": 9999}],
)
async def test_dates_that_make_no_sense_are_refused(library: LendingLibrary, dates):
    title, _ = await copies(library, 1)
    with pytest.raises(InvalidRequestError):
        await wish(library, await library.reader(), title, **{name: day(off, library) for name, off in dates.items()})


async def test_parallel_holds_share_a_transaction(library: LendingLibrary):
    titles = [(await copies(library, 1))[0] for _ in range(3)]
    placing = await wish_for(library, await library.reader(), *titles)
    assert {each.outcome for each in placing.holds} == {PlacingOutcome.PLACED}
    kept = await library.run(
        lambda tx: tx.rows("SELECT DISTINCT transaction_id, is_parallel FROM hold WHERE agency_id = $1", tx.agency)
    )
    assert [tuple(row) for row in kept] == [(placing.transaction, True)]


async def test_one_refusal_keeps_the_others_from_being_placed(library: LendingLibrary):
    reader = await library.reader()
    (good, _), (bad, _) = await copies(library, 1), await copies(library, 1, material="quick_loan")
    placing = await wish_for(library, reader, good, bad)
    assert [each.outcome for each in placing.holds] == [PlacingOutcome.ALLOWED, PlacingOutcome.REFUSED]
    assert placing.transaction is None
    kept = await wish_for(library, reader, good, bad, all_or_nothing=False)
    assert [each.outcome for each in kept.holds] == [PlacingOutcome.PLACED, PlacingOutcome.REFUSED]


async def test_the_same_title_twice_in_one_order_is_refused_the_second_time(library: LendingLibrary):
    title, _ = await copies(library, 1)
    placing = await wish_for(library, await library.reader(), title, title, all_or_nothing=False)
    assert [each.outcome for each in placing.holds] == [PlacingOutcome.PLACED, PlacingOutcome.REFUSED]


def patron_caller(library: LendingLibrary, patron: int) -> Caller:
    return Caller(
        agency=library.town.agency,
        actor=Actor(ActorKind.PATRON, patron),
        language=Language.DANISH,
        grants=(Grant(permissions=frozenset({Permission.OWN_ACCOUNT})),),
        patron=patron,
    )


async def test_patrons_place_their_own_holds_and_nobody_elses(library: LendingLibrary):
    reader, other, (title, numbers) = await library.reader(), await library.reader(), await copies(library, 1)
    own = patron_caller(library, reader.id)
    assert codes(await wish(library, reader, title, caller=own)) == set()
    with pytest.raises(ForbiddenError):
        await wish(library, other, title, caller=own)
    with pytest.raises(ForbiddenError):
        await wish(library, reader, item=numbers[0], caller=own)


async def test_staff_of_the_school_place_no_holds_at_the_public_library(library: LendingLibrary):
    title = await title_of(library, await library.copy())
    school = library.staff(frozenset({Permission.HOLD_PLACE}), library.town.schools)
    with pytest.raises(ForbiddenError):
        await wish(library, await library.reader(), title, caller=school)


async def test_a_pickup_branch_of_nobody_is_not_found(library: LendingLibrary, neighbour):
    title, _ = await copies(library, 1)
    with pytest.raises(NotFoundError):
        await wish(library, await library.reader(), title, pickup=neighbour.main)


async def test_placing_is_on_record_as_a_look(library: LendingLibrary):
    reader, (title, _) = await library.reader(), await copies(library, 1)
    await wish(library, reader, title)
    await wish(library, reader, title)
    looks = await library.run(
        lambda tx: tx.rows(
            "SELECT operation FROM access_log WHERE agency_id = $1 AND person_id = $2", tx.agency, reader.id
        )
    )
    assert [row["operation"] for row in looks] == ["place_hold", "place_hold"]
