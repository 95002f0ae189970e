"""A lost card: what another one costs, and who pays."""

from datetime import timedelta

import pytest

from faelles.fees.cards.model import CardReplaced
from faelles.fees.cards.operations import replace_card_for_fee
from faelles.fees.desk import operations as counter
from faelles.fees.desk.model import ClaimLine
from faelles.fees.model import ChargeKind
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import ConflictError
from faelles.ground.ids import PatronId
from faelles.patrons.identification.model import ReplaceCard
from faelles.patrons.relations.model import AddGuardian
from faelles.patrons.relations.operations import add_guardian
from faelles.policies.model import Scope
from faelles.policies.requests import SetRule
from fees.accounts import cashier
from patrons_desk import Desk, new_card
from policies.asking import set_in
from town import Town

FEE = 2_500


@pytest.fixture
async def desk(database: Database, keyring: Keyring, town: Town) -> Desk:
    """At a library where another card costs something, but not at its schools."""
    for division, fee in ((town.library, FEE), (town.schools, 0)):
        rule = SetRule(knob="card_replacement_fee_ore", value=fee, scope=Scope.DIVISION, scope_id=division)
        await set_in(database, town, rule)
    return Desk(database, keyring, town)


async def card_of(desk: Desk, patron: PatronId) -> int:
    sql = "SELECT id FROM patron_identifier WHERE agency_id = $1 AND patron_id = $2 AND ended_at IS NULL"
    [row] = await desk.rows(sql, desk.town.agency, patron)
    return int(row["id"])


async def replaced(desk: Desk, patron: PatronId, why: str, *, by_another: bool = True) -> CardReplaced:
    card = new_card().value if by_another else None
    request = ReplaceCard(identifier=await card_of(desk, patron), why=why, card=card)
    return await desk.run(lambda tx: replace_card_for_fee(tx, desk.caller, desk.keyring, patron, request))


async def claims(desk: Desk, patron: PatronId) -> list[ClaimLine]:
    who = cashier(desk.town)
    return await desk.run(lambda tx: counter.claims(tx, who, patron, only_open=True, before=None, limit=10))


@pytest.mark.parametrize("why", ["lost", "stolen"])
async def test_another_card_for_one_that_is_gone_is_charged(desk: Desk, why):
    patron = await desk.register(identifiers=(new_card(),))
    answer = await replaced(desk, patron, why)
    assert answer == CardReplaced(identifier=await card_of(desk, patron), charged_ore=FEE)
    [claim] = await claims(desk, patron)
    assert (claim.kind, claim.division, claim.outstanding_ore, claim.liable) == (
        ChargeKind.CARD,
        desk.town.library,
        FEE,
        patron,
    )


@pytest.mark.parametrize(("why", "by_another"), [("replaced", True), ("corrected", True), ("lost", False)])
async def test_a_worn_card_and_one_that_is_only_reported_cost_nothing(desk: Desk, why, by_another):
    patron = await desk.register(identifiers=(new_card(),))
    assert (await replaced(desk, patron, why, by_another=by_another)).charged_ore == 0
    assert await claims(desk, patron) == []


async def test_each_card_that_is_lost_costs_again_but_none_costs_twice(desk: Desk):
    patron = await desk.register(identifiers=(new_card(),))
    first = await card_of(desk, patron)
    await replaced(desk, patron, "lost")
    again = ReplaceCard(identifier=first, why="lost", card=new_card().value)
    with pytest.raises(ConflictError, match="identifier_ended_already"):
        await desk.run(lambda tx: replace_card_for_fee(tx, desk.caller, desk.keyring, patron, again))
    await replaced(desk, patron, "lost")
    assert [claim.outstanding_ore for claim in await claims(desk, patron)] == [FEE, FEE]


async def test_for_a_child_the_adult_pays_who_answers_for_it(desk: Desk):
    born = utc_now().date() - timedelta(days=3_000)
    child, parent = await desk.register(identifiers=(new_card(),), birth_date=born), await desk.register()
    await desk.run(lambda tx: add_guardian(tx, desk.caller, child, AddGuardian(guardian=parent)))
    await replaced(desk, child, "lost")
    assert [claim.liable for claim in await claims(desk, child)] == [parent]


async def test_it_costs_what_the_home_division_says(desk: Desk):
    pupil = await desk.register_pupil(identifiers=(new_card(),))
    assert (await replaced(desk, pupil, "lost")).charged_ore == 0
