"""What the demonstration tells people to try can be done, or is refused, as it says."""

from contextlib import suppress
from datetime import timedelta

import pytest

from demo.conftest import Country
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.desk.model import Borrower
from faelles.circulation.loans.model import CheckoutAnswer, CheckoutRequest, Outcome
from faelles.circulation.loans.operations import checkout
from faelles.demo.model import AgencySample
from faelles.demo.samples import operator_sample
from faelles.ground.clock import utc_now
from faelles.ground.ids import NATION
from faelles.people.model import Permission
from faelles.people.operations import caller_by_token, session_by_token
from faelles.people.sign_in import sign_in_staff


class UndoneError(Exception):
    """Leaves the country as it was."""


async def try_checkout(country: Country, agency: AgencySample, card: str, item: str, pin: str) -> CheckoutAnswer:
    """A check-out by the sample's staff user that is not kept."""
    caller = await caller_by_token(country.database, agency.token)
    request = CheckoutRequest(borrower=Borrower(card=card), item=item, branch=agency.branch, pin=pin)
    answers = []
    with suppress(UndoneError):
        async with country.database.transaction(caller.agency, caller.actor) as tx:
            answers.append(await checkout(tx, caller, country.keyring, request))
            raise UndoneError
    return answers[0]


@pytest.fixture
async def samples(country: Country) -> list[AgencySample]:
    return await country.samples()


async def test_every_item_can_be_lent_to_every_patron_with_card_and_pin(country, samples):
    for agency in samples:
        assert len(agency.items) == len(set(agency.items)) == 12
        assert len(agency.patrons) == 3
        for patron in agency.patrons:
            for item in agency.items[:: 1 if patron is agency.patrons[0] else 5]:
                answer = await try_checkout(country, agency, patron.card, item, patron.pin)
                assert (answer.outcome, answer.warnings) == (Outcome.LENT, ()), answer


async def test_one_of_the_names_has_a_danish_letter(samples):
    for agency in samples:
        assert any(letter in (patron.name or "") for patron in agency.patrons for letter in "æøåÆØÅ")


async def test_what_is_to_be_refused_is_refused_for_its_reasons_alone(country, samples):
    for agency in samples:
        fresh, item = agency.patrons[0], agency.items[0]
        for patron, wanted, why in (
            (agency.blocked_patron, item, {BlockCode.PATRON_BLOCKED}),
            (agency.indebted_patron, item, {BlockCode.DEBT_OVER_LIMIT}),
            (agency.excluded_patron, item, {BlockCode.DEBT_OVER_LIMIT, BlockCode.EXCLUDED}),
            (fresh, agency.item_not_for_loan, {BlockCode.MATERIAL_NOT_LOANABLE, BlockCode.LOANING_PROFILE_NOT_FOUND}),
        ):
            answer = await try_checkout(country, agency, patron.card, wanted, patron.pin)
            assert answer.outcome is Outcome.REFUSED
            assert {block.code for block in answer.blocks} == why


async def test_the_staff_user_can_sign_in(country, samples):
    agency = samples[0]
    issued = await sign_in_staff(
        country.database,
        country.keyring,
        agency_isil=agency.isil,
        username=agency.staff.username,
        password=agency.staff.password,
    )
    assert issued.secret


async def test_the_operators_supporter_can_sign_in_and_may_ask_to_be_let_in(country: Country):
    operator = await operator_sample(country.database)
    assert await operator_sample(country.database) == operator
    issued = await sign_in_staff(
        country.database,
        country.keyring,
        agency_isil=operator.isil,
        username=operator.username,
        password=operator.password,
    )
    caller = await caller_by_token(country.database, issued.secret)
    assert (caller.agency, caller.may(Permission.SUPPORT), caller.may(Permission.PATRON_VIEW)) == (NATION, True, False)


async def test_the_token_lasts_a_year_and_may_override(country, samples):
    for agency in samples:
        session = await session_by_token(country.database, agency.token)
        assert session.expires_at > utc_now() + timedelta(days=366)
        wanted = {each for each in Permission if each.name.startswith("OVERRIDE_")} | {Permission.CHECKOUT}
        assert all(session.caller.may(permission) for permission in wanted)


async def test_what_has_been_used_is_not_offered_again(country, samples):
    agency = samples[1]
    caller = await caller_by_token(country.database, agency.token)
    async with country.database.transaction(caller.agency, caller.actor) as tx:
        for patron, item in zip(agency.patrons, agency.items, strict=False):
            request = CheckoutRequest(borrower=Borrower(card=patron.card), item=item, branch=agency.branch)
            await checkout(tx, caller, country.keyring, request)
    later = (await country.samples({agency.isil: agency.token}))[1]
    assert later.token == agency.token
    assert not {patron.card for patron in agency.patrons} & {patron.card for patron in later.patrons}
    assert not set(agency.items[:3]) & set(later.items)
