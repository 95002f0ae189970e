from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.errors import ForbiddenError, InvalidRequestError, RefusedError
from faelles.ground.ids import NATION
from faelles.policies.ceilings.model import CeilingRecord, ListCeilings, SetCeiling
from faelles.policies.ceilings.operations import list_ceilings, set_ceiling
from faelles.policies.model import Scope
from faelles.policies.operations import current_settings
from faelles.policies.requests import SetRule
from policies.asking import editor, set_in
from town import Town

KNOB = "card_replacement_fee_ore"


@pytest.fixture(autouse=True)
async def _as_it_was(database: Database) -> AsyncIterator[None]:
    """Ceilings are the whole country's: what a test sets is gone after it."""
    yield
    async with database.transaction(NATION, SYSTEM) as tx:
        await tx.execute("DELETE FROM policy_ceiling WHERE agency_id = 0 AND knob = $1", KNOB)


async def set_in_nation(database: Database, highest_ore: int, **more: Any) -> CeilingRecord:
    async with database.transaction(NATION, SYSTEM) as tx:
        request = SetCeiling(knob=KNOB, highest_ore=highest_ore, source="prøve", **more)
        return await set_ceiling(tx, editor(NATION), request)


async def listed(database: Database, town: Town, *, everything: bool) -> list[CeilingRecord]:
    async with database.transaction(town.agency, SYSTEM, read_only=True) as tx:
        wanted = ListCeilings(knob=KNOB, include_past_and_planned=everything)
        return await list_ceilings(tx, editor(town.agency), wanted)


async def test_a_ceiling_is_the_nations_to_set(database: Database, town: Town):
    request = SetCeiling(knob=KNOB, highest_ore=5000, source="prøve")
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(ForbiddenError):
            await set_ceiling(tx, editor(town.agency), request)
    await set_in_nation(database, 5000)
    with pytest.raises(RefusedError) as caught:
        await set_in(database, town, SetRule(knob=KNOB, value=5001, scope=Scope.AGENCY))
    assert caught.value.code == "above_national_ceiling"


async def test_every_town_reads_the_ceilings_with_their_periods(database: Database, town: Town):
    first = await set_in_nation(database, 5000)
    second = await set_in_nation(database, 4000)
    assert await listed(database, town, everything=False) == [second]
    ended, standing = await listed(database, town, everything=True)
    assert (ended.id, ended.valid_until, standing.valid_until) == (first.id, second.valid_from, None)


async def test_the_same_ceiling_again_is_not_written_again(database: Database, town: Town):
    first = await set_in_nation(database, 5000)
    assert await set_in_nation(database, 5000) == first
    assert await listed(database, town, everything=True) == [first]


async def test_a_planned_ceiling_that_is_replaced_before_it_begins_never_holds(database: Database, town: Town):
    now = (await set_in_nation(database, 5000)).valid_from
    assert now is not None
    await set_in_nation(database, 100, valid_from=now + timedelta(days=30))
    await set_in_nation(database, 4000)
    async with database.transaction(town.agency, SYSTEM) as tx:
        assert (await current_settings(tx)).policy.table(tx.now).ceilings[KNOB] == 4000
    assert [each.was_never_in_force for each in await listed(database, town, everything=True)] == [False, True, False]


async def test_a_ceiling_is_for_an_amount_and_does_not_begin_in_the_past(database: Database):
    async with database.transaction(NATION, SYSTEM) as tx:
        for wrong, code in (
            (SetCeiling(knob="loan_days", highest_ore=1, source="prøve"), "ceiling_needs_amount"),
            (SetCeiling(knob="no_such_knob", highest_ore=1, source="prøve"), "knob_unknown"),
            (
                SetCeiling(knob=KNOB, highest_ore=1, source="prøve", valid_from=tx.now - timedelta(days=1)),
                "rule_starts_in_the_past",
            ),
        ):
            with pytest.raises(InvalidRequestError) as caught:
                await set_ceiling(tx, editor(NATION), wrong)
            assert [problem.code for problem in caught.value.problems] == [code]
