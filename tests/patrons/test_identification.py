from datetime import date

import pytest

from faelles.ground.errors import (
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    TooManyAttemptsError,
    UnauthenticatedError,
)
from faelles.patrons.identification.model import ChangeCpr, ReplaceCard, SetPin
from faelles.patrons.identification.operations import add_identifier, change_cpr, replace_card, reveal_cpr, set_pin
from faelles.patrons.identification.sign_in import check_pin, sign_in_patron
from faelles.patrons.identifiers import IdentifierKind
from faelles.patrons.looking.operations import identify, show_patron
from faelles.patrons.model import EndedWhy, NewIdentifier
from faelles.people.model import Permission
from faelles.people.operations import caller_by_token
from patrons_desk import Desk, new_card, new_cpr, staff


async def identifier_id(desk: Desk, patron, kind) -> int:
    seen = await desk.run(lambda tx: show_patron(tx, desk.caller, patron))
    return next(each.id for each in seen.identifiers if each.kind is kind and each.ended_at is None)


async def found(desk: Desk, scan: str):
    return await desk.run(lambda tx: identify(tx, desk.caller, desk.keyring, scan))


async def replaced(desk: Desk, patron, why: str, card: NewIdentifier | None):
    old = await identifier_id(desk, patron, IdentifierKind.CARD)
    request = ReplaceCard(identifier=old, why=why, card=card.value if card else None)
    await desk.run(lambda tx: replace_card(tx, desk.caller, desk.keyring, patron, request))


async def test_a_stolen_card_is_found_as_stolen_and_the_new_one_as_the_patron(desk: Desk):
    old, new = new_card(), new_card()
    patron = await desk.register(identifiers=(old,))
    await replaced(desk, patron, "stolen", new)
    assert [(each.patron.id, each.ended_why) for each in await found(desk, old.value)] == [(patron, EndedWhy.STOLEN)]
    assert [(each.patron.id, each.ended_why) for each in await found(desk, new.value)] == [(patron, None)]


async def test_a_lost_card_is_never_given_to_somebody_else(desk: Desk):
    card = new_card()
    patron = await desk.register(identifiers=(card,))
    await replaced(desk, patron, "lost", None)
    with pytest.raises(ConflictError, match="card_reported_lost"):
        await desk.register("Somebody Else", identifiers=(card,))
    await desk.run(lambda tx: add_identifier(tx, desk.caller, desk.keyring, patron, card))
    assert [each.ended_why for each in await found(desk, card.value)] == [None]


async def test_a_card_is_not_replaced_by_itself(desk: Desk):
    card = new_card()
    patron = await desk.register(identifiers=(card,))
    with pytest.raises(InvalidRequestError) as refusal:
        await replaced(desk, patron, "stolen", NewIdentifier(card.kind, f" {card.value.lower()}"))
    assert [(each.field, each.code) for each in refusal.value.problems] == [("card", "card_replaced_by_itself")]
    assert [each.ended_why for each in await found(desk, card.value)] == [None]


async def test_a_card_is_ended_once(desk: Desk):
    patron = await desk.register(identifiers=(new_card(),))
    old = await identifier_id(desk, patron, IdentifierKind.CARD)
    request = ReplaceCard(identifier=old, why="lost")
    await desk.run(lambda tx: replace_card(tx, desk.caller, desk.keyring, patron, request))
    with pytest.raises(ConflictError, match="identifier_ended_already"):
        await desk.run(lambda tx: replace_card(tx, desk.caller, desk.keyring, patron, request))


async def test_a_changed_cpr_number_still_finds_the_patron_as_history(desk: Desk):
    old = new_cpr()
    new = NewIdentifier(IdentifierKind.CPR, "0102801111")
    patron = await desk.register(identifiers=(old,))
    await desk.run(lambda tx: change_cpr(tx, desk.caller, desk.keyring, patron, ChangeCpr(cpr=new.value)))
    assert [(each.patron.id, each.ended_why) for each in await found(desk, old.value)] == [(patron, EndedWhy.REPLACED)]
    assert [each.ended_why for each in await found(desk, "010280-1111")] == [None]
    seen = await desk.run(lambda tx: show_patron(tx, desk.caller, patron))
    assert seen.birth_date == date(1980, 2, 1)


async def test_the_cpr_number_that_stands_is_not_replaced_by_itself(desk: Desk):
    cpr = new_cpr()
    patron = await desk.register(identifiers=(cpr,))
    standing = await identifier_id(desk, patron, IdentifierKind.CPR)
    change = ChangeCpr(cpr=f"{cpr.value[:6]}-{cpr.value[6:]}")
    assert await desk.run(lambda tx: change_cpr(tx, desk.caller, desk.keyring, patron, change)) == standing
    seen = await desk.run(lambda tx: show_patron(tx, desk.caller, patron))
    assert [each.ended_at for each in seen.identifiers if each.kind is IdentifierKind.CPR] == [None]


async def test_a_cpr_number_is_revealed_only_to_who_may_and_the_look_is_recorded(desk: Desk):
    cpr = new_cpr()
    patron = await desk.register(identifiers=(cpr,))
    shown = await desk.run(lambda tx: reveal_cpr(tx, desk.caller, desk.keyring, patron))
    assert shown == cpr.value
    assert "reveal_cpr" in await desk.looks(patron)
    caller = staff(desk.town, without=Permission.PATRON_CPR)
    with pytest.raises(ForbiddenError):
        await desk.run(lambda tx: reveal_cpr(tx, caller, desk.keyring, patron))


async def test_a_number_that_is_no_cpr_number_is_told_by_the_field_it_stood_in(desk: Desk):
    patron = await desk.register(identifiers=(new_cpr(),))
    with pytest.raises(InvalidRequestError) as caught:
        await desk.run(lambda tx: change_cpr(tx, desk.caller, desk.keyring, patron, ChangeCpr(cpr="3102801234")))
    assert [(each.field, each.code) for each in caught.value.problems] == [("cpr", "identifier_malformed")]


async def test_a_patron_has_one_cpr_number(desk: Desk):
    patron = await desk.register(identifiers=(new_cpr(),))
    with pytest.raises(ConflictError, match="cpr_known_already"):
        await desk.run(lambda tx: add_identifier(tx, desk.caller, desk.keyring, patron, new_cpr()))


async def test_a_card_number_that_reads_as_a_cpr_number_is_refused(desk: Desk):
    patron = await desk.register()
    card = NewIdentifier(IdentifierKind.CARD, "0102801111")
    with pytest.raises(InvalidRequestError) as caught:
        await desk.run(lambda tx: add_identifier(tx, desk.caller, desk.keyring, patron, card))
    assert caught.value.problems[0].field == "value"


async def test_ten_digits_that_are_one_mans_card_and_anothers_cpr_number_give_both(desk: Desk):
    cpr = new_cpr()
    by_cpr = await desk.register("Den ene", identifiers=(cpr,))
    by_card = await desk.register("Den anden")
    await desk.run(
        lambda tx: tx.execute(
            "INSERT INTO patron_identifier (agency_id, patron_id, kind, lookup, valid_from)"
            " VALUES ($1, $2, 'card', $3, $4)",
            tx.agency,
            by_card,
            cpr.value,
            tx.now,
        )
    )
    assert {each.patron.id for each in await found(desk, cpr.value)} == {by_cpr, by_card}


async def sign_in(desk: Desk, identifier: str, pin: str):
    return await sign_in_patron(desk.database, desk.keyring, agency_isil=desk.town.isil, identifier=identifier, pin=pin)


async def test_any_identifier_and_the_pin_sign_a_patron_in(desk: Desk):
    card, cpr = new_card(), new_cpr()
    patron = await desk.register(identifiers=(card, cpr), pin="4711")
    for identifier in (card.value, f" {cpr.value[:6]}-{cpr.value[6:]}"):
        issued = await sign_in(desk, identifier, "4711")
        caller = await caller_by_token(desk.database, issued.secret)
        assert caller.patron == patron
    assert await check_pin(desk.database, desk.keyring, desk.town.agency, identifier=card.value, pin="4711") == patron


async def test_an_unknown_card_and_a_wrong_pin_get_one_answer_and_are_locked_alike(desk: Desk):
    card = new_card().value
    await desk.register(identifiers=(NewIdentifier(IdentifierKind.CARD, card),), pin="4711")
    answers = {card: [], new_card().value: []}
    for identifier, said in answers.items():
        for spelling in (identifier, f"{identifier[:4]} {identifier[4:]}", f"{identifier[:4]}-{identifier[4:]}") * 3:
            with pytest.raises((UnauthenticatedError, TooManyAttemptsError)) as caught:
                await sign_in(desk, spelling, "0000")
            said.append(caught.value.code)
    first, second = answers.values()
    assert first == second
    assert first[0] == "sign_in_refused"
    assert first[-1] == "sign_in_locked"


async def test_the_right_pin_does_not_open_a_locked_card_but_a_new_pin_from_the_desk_does(desk: Desk):
    card = new_card()
    patron = await desk.register(identifiers=(card,), pin="4711")
    for _ in range(6):
        with pytest.raises((UnauthenticatedError, TooManyAttemptsError)):
            await sign_in(desk, card.value, "0000")
    with pytest.raises(TooManyAttemptsError):
        await sign_in(desk, card.value, "4711")
    await desk.run(lambda tx: set_pin(tx, desk.caller, desk.keyring, patron, SetPin("8080")))
    assert await sign_in(desk, card.value, "8080")


async def test_an_ended_card_signs_nobody_in(desk: Desk):
    card = new_card()
    patron = await desk.register(identifiers=(card,), pin="4711")
    await replaced(desk, patron, "lost", None)
    with pytest.raises(UnauthenticatedError):
        await sign_in(desk, card.value, "4711")


async def test_a_new_pin_ends_the_sessions_begun_with_the_old_one(desk: Desk):
    card = new_card()
    patron = await desk.register(identifiers=(card,), pin="4711")
    issued = await sign_in(desk, card.value, "4711")
    await desk.run(lambda tx: set_pin(tx, desk.caller, desk.keyring, patron, SetPin("8080")))
    with pytest.raises(UnauthenticatedError):
        await caller_by_token(desk.database, issued.secret)
