from datetime import date

import pytest

from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.errors import ForbiddenError
from faelles.ground.ids import NATION
from faelles.policies.knobs import (
    DEBT_LIMIT_ORE,
    FEE_OVERDUE_CHILD_8_30,
    FIXED_DUE_DATE,
    LENDABLE,
    LOAN_DAYS,
    MAX_RENEWALS,
    OVERDUE_FEES_RAISED,
    RENEWABLE,
    RESERVABLE,
)
from faelles.policies.model import Scope, Source
from faelles.policies.operations import current_settings
from faelles.policies.requests import SetRule
from faelles.policies.seeds import seed_agency, seed_nation
from policies.asking import set_in, terms_of
from town import Town


async def test_a_public_library_lends_books_for_28_days_with_three_renewals(database: Database, seeded: Town):
    terms = await terms_of(database, seeded, seeded.main, "adult", "book_adult")
    assert (terms[LENDABLE].value, terms[RESERVABLE].value, terms[RENEWABLE].value) == (True, True, True)
    assert (terms[LOAN_DAYS].value, terms[LOAN_DAYS].scope) == (28, Scope.NATION)
    assert (terms[MAX_RENEWALS].value, terms[DEBT_LIMIT_ORE].value) == (3, 20_000)


async def test_the_childs_step_is_the_national_ceiling(database: Database, seeded: Town):
    terms = await terms_of(database, seeded, seeded.main, "child", "book_child")
    assert terms[FEE_OVERDUE_CHILD_8_30].value == 5_500


@pytest.mark.parametrize(("group", "days"), [("film", 14), ("board_game", 14), ("interlibrary", 31), ("equipment", 7)])
async def test_some_materials_have_their_own_loan_period(database: Database, seeded: Town, group: str, days: int):
    assert (await terms_of(database, seeded, seeded.main, "adult", group))[LOAN_DAYS].value == days


async def test_a_quick_loan_can_be_lent_and_neither_renewed_nor_reserved(database: Database, seeded: Town):
    terms = await terms_of(database, seeded, seeded.main, "adult", "quick_loan")
    assert (terms[LENDABLE].value, terms[RESERVABLE].value, terms[RENEWABLE].value) == (True, False, False)


async def test_the_local_collection_is_not_lent(database: Database, seeded: Town):
    setting = (await terms_of(database, seeded, seeded.main, "adult", "local_collection"))[LENDABLE]
    assert (setting.value, setting.source) == (False, Source.NOT_FOUND)


async def test_a_text_book_is_due_at_the_end_of_the_school_year_and_costs_no_overdue_fee(
    database: Database, seeded: Town
):
    terms = await terms_of(database, seeded, seeded.school, "pupil", "text_book")
    due = terms[FIXED_DUE_DATE].value
    assert isinstance(due, date)
    assert (due.month, due.day) == (6, 30)
    assert (terms[OVERDUE_FEES_RAISED].value, terms[DEBT_LIMIT_ORE].value) == (False, None)


async def test_an_agency_that_has_said_nothing_lends_nothing(database: Database, nation: None, town: Town):
    terms = await terms_of(database, town, town.main, "adult", "book_adult")
    assert terms[LENDABLE].source is Source.NOT_FOUND


async def test_seeding_again_leaves_what_has_been_changed(database: Database, seeded: Town):
    before = await _rule_count(database, seeded)
    await set_in(
        database,
        seeded,
        SetRule(knob="overdue_fees_raised", value=True, scope=Scope.DIVISION, scope_id=seeded.schools),
    )
    async with database.transaction(seeded.agency, SYSTEM) as tx:
        await seed_agency(tx)
    assert (await terms_of(database, seeded, seeded.school))[OVERDUE_FEES_RAISED].value is True
    assert await _rule_count(database, seeded) == before + 1


async def test_the_nation_is_seeded_by_the_nation_alone(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(ForbiddenError):
            await seed_nation(tx)


async def test_every_seeded_fee_stays_below_its_ceiling(database: Database, nation: None):
    async with database.transaction(NATION, SYSTEM) as tx:
        policy = (await current_settings(tx)).policy
        table = policy.table(tx.now)
    assert len(table.ceilings) >= 6
    fees = [rule for rule in policy.rules if rule.cell.knob in table.ceilings]
    assert all(isinstance(rule.value, int) and rule.value <= table.ceilings[rule.cell.knob] for rule in fees)


async def _rule_count(database: Database, town: Town) -> int:
    async with database.transaction(town.agency, SYSTEM) as tx:
        count: int = await tx.value("SELECT count(*) FROM policy_rule WHERE agency_id = $1", town.agency)
        return count
