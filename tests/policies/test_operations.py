import asyncio
from datetime import timedelta

import pytest

from faelles.ground import events
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import (
    ConflictError,
    FaellesError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    RefusedError,
)
from faelles.ground.ids import NATION
from faelles.people.model import Permission
from faelles.policies import operations
from faelles.policies.knobs import LENDABLE, LOAN_DAYS, REFUND_LOST_WITHIN_DAYS, RENEWABLE
from faelles.policies.model import Scope, Source, WhyLost
from faelles.policies.operations import current_settings
from faelles.policies.requests import (
    AllowCells,
    Coordinates,
    EndRule,
    Explain,
    ListRules,
    RuleFilter,
    SetRule,
    Simulate,
)
from faelles.simulation.store import until_readable
from policies.asking import editor, group_ids, set_in, terms_in, terms_of
from town import Town

LOAN_14 = SetRule(knob="loan_days", value=14, scope=Scope.AGENCY)
LOAN_21 = SetRule(knob="loan_days", value=21, scope=Scope.AGENCY)


async def refused(database: Database, town: Town, request: SetRule) -> FaellesError:
    """The error `request` is answered with; nothing must have been written."""
    with pytest.raises(FaellesError) as caught:
        await set_in(database, town, request)
    async with database.transaction(town.agency, SYSTEM) as tx:
        assert await tx.value("SELECT count(*) FROM policy_rule WHERE agency_id = $1", town.agency) == 0
    return caught.value


def codes(error: FaellesError) -> list[tuple[str, str]]:
    assert isinstance(error, InvalidRequestError)
    return [(problem.field, problem.code) for problem in error.problems]


async def test_a_change_takes_effect_at_the_next_transaction(database: Database, town: Town):
    assert (await terms_of(database, town, town.main))[LOAN_DAYS].value == 28
    await set_in(database, town, LOAN_14)
    assert (await terms_of(database, town, town.main))[LOAN_DAYS].value == 14


async def test_a_change_of_the_nations_takes_effect_for_agencies_too(database: Database, town: Town):
    async with database.transaction(NATION, SYSTEM) as tx:
        rule = await operations.set_rule(
            tx, editor(NATION), SetRule(knob="refund_lost_within_days", value=7, scope=Scope.NATION)
        )
    assert (await terms_of(database, town, town.main))[REFUND_LOST_WITHIN_DAYS].rule_id == rule.id
    async with database.transaction(NATION, SYSTEM) as tx:
        await operations.end_rule(tx, editor(NATION), rule.id, EndRule())
    assert (await terms_of(database, town, town.main))[REFUND_LOST_WITHIN_DAYS].source is Source.DEFAULT


async def test_settings_are_compiled_once_for_a_revision(database: Database, town: Town):
    seen = []
    for _ in range(2):
        async with database.transaction(town.agency, SYSTEM) as tx:
            seen.append(await current_settings(tx))
    assert seen[0] is seen[1]


async def test_a_change_that_is_rolled_back_is_never_seen_by_anybody_else(database: Database, town: Town):
    async def change_and_fail(tx: Transaction) -> None:
        await operations.set_rule(tx, editor(town.agency), LOAN_14)
        assert (await terms_in(tx, town.main))[LOAN_DAYS].value == 14
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(town.agency, SYSTEM, change_and_fail)
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.set_rule(tx, editor(town.agency), LOAN_21)
    assert (await terms_of(database, town, town.main))[LOAN_DAYS].value == 21


async def test_setting_a_rule_ends_the_old_one_and_keeps_it(database: Database, town: Town):
    old = await set_in(database, town, LOAN_14)
    new = await set_in(database, town, LOAN_21)
    async with database.transaction(town.agency, SYSTEM) as tx:
        listed = await operations.list_rules(
            tx,
            editor(town.agency),
            ListRules(filter=RuleFilter(scope=Scope.AGENCY, knob="loan_days", include_past_and_planned=True)),
        )
    assert [(rule.id, rule.valid_until) for rule in listed] == [(old.id, new.valid_from), (new.id, None)]


async def test_yesterday_can_be_explained(database: Database, town: Town):
    old = await set_in(database, town, LOAN_14)
    await set_in(database, town, LOAN_21)
    async with database.transaction(town.agency, SYSTEM) as tx:
        [explanation] = await operations.explain(
            tx,
            editor(town.agency),
            Explain(coordinates=Coordinates(item_branch=town.main), knobs=["loan_days"], at=old.valid_from),
        )
    assert (explanation.setting.value, explanation.title) == (14, "Lånetid")


async def test_the_same_rule_again_writes_nothing(database: Database, town: Town):
    first = await set_in(database, town, LOAN_14)
    assert (await set_in(database, town, LOAN_14)).id == first.id
    await until_readable(database)
    async with database.transaction(town.agency, SYSTEM) as tx:
        told = [event.kind for event in await events.read_next(tx, "test")]
    assert told == ["policy_rule_set"]


async def test_of_two_who_set_one_cell_at_once_the_later_stands_or_one_is_told_of_the_other(
    database: Database, town: Town
):
    both_read = asyncio.Barrier(2)

    async def set_days(days: int) -> int:
        async with database.transaction(town.agency, SYSTEM) as tx:
            await current_settings(tx)
            await both_read.wait()
            request = SetRule(knob="loan_days", value=days, scope=Scope.AGENCY)
            return (await operations.set_rule(tx, editor(town.agency), request)).id

    outcomes = await asyncio.gather(set_days(7), set_days(8), return_exceptions=True)
    told = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    # Whoever looks for the cell after the other has committed replaces the other's rule, or stands before it in time.
    assert len(told) <= 1
    for error in told:
        assert isinstance(error, ConflictError)
        assert error.code in {"one_rule_per_cell", "rule_planned_later"}
    assert (await terms_of(database, town, town.main))[LOAN_DAYS].value in {7, 8}


async def test_a_rule_for_a_time_gives_way_to_the_old_one_afterwards(database: Database, town: Town):
    await set_in(database, town, LOAN_14)
    async with database.transaction(town.agency, SYSTEM) as tx:
        start = tx.now + timedelta(days=10)
        summer = SetRule(
            knob="loan_days", value=60, scope=Scope.AGENCY, valid_from=start, valid_until=start + timedelta(days=30)
        )
        await operations.set_rule(tx, editor(town.agency), summer)
        policy = (await current_settings(tx)).policy
    days = [start + timedelta(days=offset) for offset in (-1, 0, 29, 30)]
    values = [
        next(rule.value for rule in policy.rules if rule.is_in_force(day) and rule.cell.node.scope is Scope.AGENCY)
        for day in days
    ]
    assert values == [14, 60, 60, 14]


async def test_a_planned_rule_is_not_swept_away_silently(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        later = SetRule(knob="loan_days", value=60, scope=Scope.AGENCY, valid_from=tx.now + timedelta(days=10))
        planned = await operations.set_rule(tx, editor(town.agency), later)
    with pytest.raises(ConflictError) as caught:
        await set_in(database, town, LOAN_14)
    assert (caught.value.code, caught.value.parameters) == ("rule_planned_later", {"rule": planned.id})


async def test_a_planned_rule_can_be_taken_back(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        later = SetRule(knob="loan_days", value=60, scope=Scope.AGENCY, valid_from=tx.now + timedelta(days=10))
        planned = await operations.set_rule(tx, editor(town.agency), later)
    async with database.transaction(town.agency, SYSTEM) as tx:
        ended = await operations.end_rule(tx, editor(town.agency), planned.id, EndRule())
    assert ended.was_never_in_force
    assert (await set_in(database, town, LOAN_14)).value == 14


async def test_an_ended_rule_speaks_no_more_and_ends_once(database: Database, town: Town):
    rule = await set_in(database, town, LOAN_14)
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.end_rule(tx, editor(town.agency), rule.id, EndRule())
    assert (await terms_of(database, town, town.main))[LOAN_DAYS].value == 28
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(ConflictError):
            await operations.end_rule(tx, editor(town.agency), rule.id, EndRule())


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (SetRule(knob="loan_dayz", value=1, scope=Scope.AGENCY), ("knob", "knob_unknown")),
        (SetRule(knob="loan_days", value=True, scope=Scope.AGENCY), ("value", "knob_needs_days")),
        (SetRule(knob="loan_days", value=0, scope=Scope.AGENCY), ("value", "knob_needs_days")),
        (SetRule(knob="loan_days", value=None, scope=Scope.AGENCY), ("value", "knob_needs_days")),
        (SetRule(knob="max_loans", value=-1, scope=Scope.AGENCY), ("value", "knob_needs_count")),
        (SetRule(knob="lendable", value=1, scope=Scope.AGENCY), ("value", "knob_needs_yes_no")),
        (SetRule(knob="fixed_due_date", value="30/6", scope=Scope.AGENCY), ("value", "knob_needs_date")),
        (SetRule(knob="return_elsewhere", value="burn", scope=Scope.AGENCY), ("value", "knob_needs_choice")),
        (SetRule(knob="child_age_below", value=13, scope=Scope.AGENCY), ("value", "knob_needs_years")),
        (SetRule(knob="loan_days", value=1, scope=Scope.BRANCH), ("scope_id", "scope_id_missing")),
        (SetRule(knob="lendable", value=True, scope=Scope.AGENCY), ("value", "explicit_yes_needs_both_groups")),
    ],
)
async def test_what_no_rule_can_say_is_told_field_by_field(
    database: Database, town: Town, request_: SetRule, problem: tuple[str, str]
):
    assert codes(await refused(database, town, request_)) == [problem]


async def test_a_limit_of_the_patron_is_not_set_for_a_branch(database: Database, town: Town):
    error = await refused(
        database, town, SetRule(knob="max_loans", value=1, scope=Scope.BRANCH, scope_id=town.main, is_locked=True)
    )
    assert codes(error) == [("scope", "knob_not_at_scope"), ("is_locked", "knob_not_lockable_at_scope")]


async def test_the_past_is_not_rewritten(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        now = tx.now
    error = await refused(
        database,
        town,
        SetRule(
            knob="loan_days",
            value=1,
            scope=Scope.AGENCY,
            valid_from=now - timedelta(days=1),
            valid_until=now - timedelta(days=2),
        ),
    )
    assert codes(error) == [("valid_from", "rule_starts_in_the_past"), ("valid_until", "rule_ends_before_it_starts")]


async def test_a_fee_above_the_national_ceiling_is_refused_and_the_ceiling_named(
    database: Database, nation: None, town: Town
):
    error = await refused(database, town, SetRule(knob="fee_overdue_adult_1_7", value=2001, scope=Scope.AGENCY))
    assert isinstance(error, RefusedError)
    assert (error.code, error.parameters["ceiling_ore"]) == ("above_national_ceiling", 2000)


async def test_a_lock_above_is_named_in_the_refusal(database: Database, town: Town):
    lock = await set_in(database, town, replace_locked(LOAN_14))
    with pytest.raises(RefusedError) as caught:
        await set_in(database, town, SetRule(knob="loan_days", value=7, scope=Scope.DIVISION, scope_id=town.library))
    assert (caught.value.code, caught.value.parameters) == (
        "rule_locked_above",
        {"rule": lock.id, "scope": "agency"},
    )


def replace_locked(request: SetRule) -> SetRule:
    return SetRule(knob=request.knob, value=request.value, scope=request.scope, is_locked=True)


async def test_an_agency_sets_no_rule_for_the_nation_or_for_its_neighbour(
    database: Database, town: Town, neighbour: Town
):
    national = await refused(database, town, SetRule(knob="loan_days", value=1, scope=Scope.NATION))
    assert isinstance(national, ForbiddenError)
    foreign = SetRule(knob="loan_days", value=1, scope=Scope.BRANCH, scope_id=neighbour.main)
    assert isinstance(await refused(database, town, foreign), NotFoundError)
    whole = SetRule(knob="loan_days", value=1, scope=Scope.AGENCY, scope_id=neighbour.agency)
    assert isinstance(await refused(database, town, whole), NotFoundError)


@pytest.mark.parametrize(
    "request_",
    [
        SetRule(knob="loan_days", value=1, scope=Scope.PLACEMENT, scope_id=2**40),
        SetRule(knob="loan_days", value=1, scope=Scope.AGENCY, patron_group=2**40),
        SetRule(knob="loan_days", value=1, scope=Scope.AGENCY, material_group=2**40),
    ],
)
async def test_a_place_or_group_we_do_not_have_is_not_found(database: Database, town: Town, request_: SetRule):
    assert isinstance(await refused(database, town, request_), NotFoundError)


async def test_a_neighbours_rule_is_unknown_and_a_national_one_not_ours_to_end(
    database: Database, nation: None, town: Town, neighbour: Town
):
    theirs = await set_in(database, neighbour, LOAN_14)
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(NotFoundError):
            await operations.end_rule(tx, editor(town.agency), theirs.id, EndRule())
        [national, *_] = await operations.list_rules(tx, editor(town.agency), ListRules())
        with pytest.raises(ForbiddenError):
            await operations.end_rule(tx, editor(town.agency), national.id, EndRule())


async def test_who_may_edit_one_branch_reaches_no_further(database: Database, town: Town):
    caller = editor(town.agency, division=town.library, branch=town.main)
    places: list[tuple[Scope, int | None]] = [(Scope.BRANCH, town.main), (Scope.PLACEMENT, town.main_shelf)]
    too_wide: list[tuple[Scope, int | None]] = [
        (Scope.AGENCY, None),
        (Scope.DIVISION, town.library),
        (Scope.BRANCH, town.suburb),
    ]
    async with database.transaction(town.agency, SYSTEM) as tx:
        for scope, place in places:
            request = SetRule(knob="loan_days", value=3, scope=scope, scope_id=place)
            assert (await operations.set_rule(tx, caller, request)).value == 3
        for scope, place in too_wide:
            with pytest.raises(ForbiddenError):
                await operations.set_rule(tx, caller, SetRule(knob="loan_days", value=3, scope=scope, scope_id=place))


async def test_the_schools_editor_does_not_touch_the_public_librarys_rules(database: Database, town: Town):
    caller = editor(town.agency, division=town.schools)
    request = SetRule(knob="loan_days", value=3, scope=Scope.DIVISION, scope_id=town.library)
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(ForbiddenError):
            await operations.set_rule(tx, caller, request)


async def test_cells_are_allowed_many_at_once_and_once(database: Database, nation: None, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        ids = await group_ids(tx)
        request = AllowCells(
            scope=Scope.AGENCY,
            patron_groups=[ids["adult"], ids["child"]],
            material_groups=[ids["book"], ids["film"], ids["music"]],
            lendable=True,
            renewable=False,
        )
        first = await operations.allow_cells(tx, editor(town.agency), request)
        again = await operations.allow_cells(tx, editor(town.agency), request)
    assert (first.changed, first.unchanged, again.changed, again.unchanged) == (12, 0, 0, 12)
    terms = await terms_of(database, town, town.main, "pupil", "comic")
    assert (terms[LENDABLE].value, terms[RENEWABLE].value) == (True, False)
    assert not (await terms_of(database, town, town.main, "adult", "game"))[LENDABLE].value


async def test_a_grid_with_any_group_in_it_allows_nothing_at_all(database: Database, nation: None, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        ids = await group_ids(tx)
        request = AllowCells(
            scope=Scope.AGENCY, patron_groups=[ids["adult"], 1], material_groups=[ids["book"]], lendable=True
        )
        with pytest.raises(InvalidRequestError):
            await operations.allow_cells(tx, editor(town.agency), request)
    assert not (await terms_of(database, town, town.main, "adult", "book"))[LENDABLE].value


async def test_a_draft_is_tried_out_without_being_written(database: Database, seeded: Town):
    async with database.transaction(seeded.agency, SYSTEM) as tx:
        ids = await group_ids(tx)
        request = Simulate(
            drafts=[SetRule(knob="loan_days", value=21, scope=Scope.AGENCY, material_group=ids["book"])],
            subjects=[
                Coordinates(item_branch=seeded.main, material_group=ids["book_child"]),
                Coordinates(item_branch=seeded.main, material_group=ids["film"]),
            ],
        )
        book, film = await operations.simulate(tx, editor(seeded.agency), request)
    [difference] = book.differences
    assert (difference.knob, difference.before.value, difference.after.value) == ("loan_days", 28, 21)
    assert difference.after.rule is not None
    assert difference.after.rule.id is None
    assert film.differences == []
    assert (await terms_of(database, seeded, seeded.main, "adult", "book_child"))[LOAN_DAYS].value == 28


async def test_the_explanation_is_said_in_the_callers_language(database: Database, seeded: Town):
    async with database.transaction(seeded.agency, SYSTEM) as tx:
        ids = await group_ids(tx)
        [explanation] = await operations.explain(
            tx,
            editor(seeded.agency),
            Explain(
                coordinates=Coordinates(item_placement=seeded.main_shelf, material_group=ids["film"]),
                knobs=["loan_days"],
            ),
        )
    assert explanation.setting.rule is not None
    assert (explanation.setting.rule.place, explanation.setting.rule.material_group_name) == ("Hele landet", "Film")
    [beaten] = explanation.runners_up
    assert (beaten.why, beaten.why_text) == (
        WhyLost.LESS_SPECIFIC_MATERIAL_GROUP,
        "En regel for en snævrere materialegruppe går foran",
    )


async def test_every_knob_is_listed_with_its_title_and_ceiling(database: Database, seeded: Town):
    async with database.transaction(seeded.agency, SYSTEM) as tx:
        listed = {knob.name: knob for knob in await operations.list_knobs(tx, editor(seeded.agency))}
    assert listed["fee_overdue_adult_1_7"].ceiling_ore == 2000
    assert listed["due_rollover"].choices["next_open_day"] == "Næste åbne dag"


async def test_rules_are_listed_page_by_page(database: Database, seeded: Town):
    caller, seen, after = editor(seeded.agency), [], 0
    async with database.transaction(seeded.agency, SYSTEM) as tx:
        while page := await operations.list_rules(tx, caller, ListRules(after=after, limit=20)):
            seen += [rule.id for rule in page]
            after = page[-1].id
        everything = await operations.list_rules(tx, caller, ListRules(limit=200))
    assert seen == sorted(set(seen)) == [rule.id for rule in everything]


async def test_without_the_permission_nothing_is_told_or_changed(database: Database, town: Town):
    caller = editor(town.agency)
    stranger = type(caller)(agency=town.agency, actor=SYSTEM, language=caller.language, grants=())
    async with database.transaction(town.agency, SYSTEM) as tx:
        for attempt in (
            operations.list_knobs(tx, stranger),
            operations.list_rules(tx, stranger, ListRules()),
            operations.explain(tx, stranger, Explain(coordinates=Coordinates())),
            operations.simulate(tx, stranger, Simulate(drafts=[LOAN_14], subjects=[Coordinates()])),
            operations.set_rule(tx, stranger, LOAN_14),
        ):
            with pytest.raises(ForbiddenError) as caught:
                await attempt
            assert caught.value.parameters["permission"] in {Permission.POLICY_VIEW, Permission.POLICY_EDIT}
