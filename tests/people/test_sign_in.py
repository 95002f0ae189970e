"""Staff sign in; guesses are counted, locked out, and answered alike whoever they are about."""

import asyncio
from datetime import timedelta

import pytest

from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import FaellesError, InvalidRequestError, TooManyAttemptsError, UnauthenticatedError
from faelles.people import attempts, passwords
from faelles.people.model import system_caller
from faelles.people.operations import caller_by_token
from faelles.people.sign_in import change_own_password, sign_in_staff
from faelles.people.staff.model import Assignment, NewPassword, StaffChange
from faelles.people.staff.operations import change_staff, set_password
from people.colleagues import PASSWORD, WRONG, at, employ, event_kinds, sign_in
from town import Town


async def guess(database: Database, keyring: Keyring, town: Town, username: str, password: str = WRONG) -> FaellesError:
    with pytest.raises((UnauthenticatedError, TooManyAttemptsError)) as refusal:
        await sign_in_staff(database, keyring, agency_isil=town.isil, username=username, password=password)
    error: FaellesError = refusal.value
    return error


async def test_staff_sign_in_with_the_isil_the_name_and_the_password(database: Database, keyring: Keyring, town: Town):
    staff = await employ(database, town.agency, "aase", Assignment(role="librarian", branch=town.main))
    caller = await sign_in(database, keyring, town, "  AASE ")
    assert caller.agency == town.agency
    assert caller.actor == Actor(ActorKind.STAFF, staff)
    assert [(grant.division, grant.branch) for grant in caller.grants] == [(town.library, town.main)]


async def test_unknown_disabled_passwordless_and_wrong_are_answered_alike(
    database: Database, keyring: Keyring, town: Town, neighbour: Town
):
    await employ(database, town.agency, "aase")
    await employ(database, town.agency, "bo", password=None)
    gone = await employ(database, town.agency, "carl")
    await employ(database, neighbour.agency, "dorte")
    async with database.transaction(town.agency, SYSTEM) as tx:
        await change_staff(tx, system_caller(town.agency), gone, StaffChange(is_disabled=True))
    answers = [
        await guess(database, keyring, town, "aase"),
        await guess(database, keyring, town, "nobody"),
        await guess(database, keyring, town, "bo", PASSWORD),
        await guess(database, keyring, town, "carl", PASSWORD),
        await guess(database, keyring, town, "dorte", PASSWORD),
    ]
    assert {(type(answer), answer.code, str(answer.parameters)) for answer in answers} == {
        (UnauthenticatedError, "sign_in_refused", "{}")
    }


async def test_unknown_and_known_names_cost_the_same_hashing(
    database: Database, keyring: Keyring, town: Town, monkeypatch: pytest.MonkeyPatch
):
    await employ(database, town.agency, "aase")
    verified = []
    real = passwords._hasher.verify

    class Watched:
        def verify(self, stored: str, password: str) -> bool:
            verified.append(stored)
            return real(stored, password)

    monkeypatch.setattr(passwords, "_hasher", Watched())
    monkeypatch.setattr(passwords, "_nobodys_hash", lambda: "nobody's")
    await guess(database, keyring, town, "aase")
    await guess(database, keyring, town, "nobody")
    assert [stored == "nobody's" for stored in verified] == [False, True]


@pytest.mark.parametrize("username", ["aase", "nobody"])
async def test_five_failures_lock_a_name_whether_it_exists_or_not(
    database: Database, keyring: Keyring, town: Town, username: str
):
    await employ(database, town.agency, "aase")
    for _ in range(5):
        assert (await guess(database, keyring, town, username)).code == "sign_in_refused"
    locked = await guess(database, keyring, town, username, PASSWORD)
    assert isinstance(locked, TooManyAttemptsError)
    assert 890 <= locked.retry_after <= 900
    assert (await event_kinds(database, town.agency)).count("sign_in_locked") == 1


async def test_a_lock_ends_by_itself_and_the_right_password_forgets_it(
    database: Database, keyring: Keyring, town: Town
):
    await employ(database, town.agency, "aase")
    for _ in range(5):
        await guess(database, keyring, town, "aase")
    later = at(database, utc_now() + timedelta(minutes=16))
    token = await sign_in_staff(later, keyring, agency_isil=town.isil, username="aase", password=PASSWORD)
    assert token.secret.startswith("ft_")
    assert (await guess(database, keyring, town, "aase")).code == "sign_in_refused"


async def test_each_failure_after_a_lock_locks_twice_as_long(database: Database, keyring: Keyring, town: Town):
    for _ in range(5):
        await guess(database, keyring, town, "nobody")
    later = at(database, utc_now() + timedelta(minutes=16))
    assert (await guess(later, keyring, town, "nobody")).code == "sign_in_refused"
    locked = await guess(later, keyring, town, "nobody")
    assert isinstance(locked, TooManyAttemptsError)
    assert 1700 <= locked.retry_after <= 1800


async def test_one_locked_name_locks_no_other(database: Database, keyring: Keyring, town: Town, neighbour: Town):
    for agency in (town.agency, neighbour.agency):
        await employ(database, agency, "aase")
    await employ(database, town.agency, "bo")
    for _ in range(5):
        await guess(database, keyring, town, "aase")
    await sign_in(database, keyring, town, "bo")
    await sign_in(database, keyring, neighbour, "aase")


async def test_fifty_guesses_at_once_get_no_more_than_five_tries(
    database: Database, keyring: Keyring, town: Town, monkeypatch: pytest.MonkeyPatch
):
    await employ(database, town.agency, "aase")
    # As from fifty processes, none of which waits for the others but in the database.
    monkeypatch.setattr("faelles.people.sign_in._turns", _NoTurns())
    answers = await asyncio.gather(*(guess(database, keyring, town, "aase", f"guess {n}") for n in range(50)))
    assert [answer.code for answer in answers].count("sign_in_refused") == 5
    assert [answer.code for answer in answers].count("sign_in_locked") == 45


class _NoTurns:
    def setdefault(self, _key: bytes, lock: asyncio.Lock) -> asyncio.Lock:
        return lock


async def test_the_right_password_ten_times_at_once_locks_nobody_out(database: Database, keyring: Keyring, town: Town):
    await employ(database, town.agency, "aase")
    callers = await asyncio.gather(*(sign_in(database, keyring, town, "aase") for _ in range(10)))
    assert len(callers) == 10


async def test_fifty_quick_guesses_at_a_pin_get_no_more_than_five_tries(
    database: Database, keyring: Keyring, town: Town
):
    counted_under = attempts.identifier_hash(keyring, town.agency, attempts.Realm.CARD, "1234567890")
    tries = []

    async def prove(tx: object) -> str | None:
        tries.append(tx)
        return None

    async def try_once() -> str:
        with pytest.raises((UnauthenticatedError, TooManyAttemptsError)) as refusal:
            await attempts.attempt(database, town.agency, counted_under, prove)
        return refusal.value.code

    codes = await asyncio.gather(*(try_once() for _ in range(50)))
    assert len(tries) == codes.count("sign_in_refused") == 5


async def test_an_identifier_is_the_same_however_it_is_typed(keyring: Keyring, town: Town, neighbour: Town):
    def counted(agency: Town, realm: attempts.Realm, typed: str) -> bytes:
        return attempts.identifier_hash(keyring, agency.agency, realm, typed)

    for spaced in (" AB12 ", "ab 12", "ab-12"):
        assert counted(town, attempts.Realm.CARD, spaced) == counted(town, attempts.Realm.CARD, "ab12")
    assert counted(town, attempts.Realm.CARD, "ab12") != counted(town, attempts.Realm.STAFF, "ab12")
    assert counted(town, attempts.Realm.CARD, "ab12") != counted(neighbour, attempts.Realm.CARD, "ab12")


async def test_others_read_the_lock_through_a_view(database: Database, keyring: Keyring, town: Town, neighbour: Town):
    counted_under = attempts.identifier_hash(keyring, town.agency, attempts.Realm.CARD, "77")
    async with database.transaction(town.agency, SYSTEM) as tx:
        for _ in range(5):
            await attempts.note_failure(tx, counted_under)
        row = await tx.row("SELECT * FROM sign_in_lock WHERE agency_id = $1", tx.agency)
        assert row is not None
        with pytest.raises(TooManyAttemptsError):
            attempts.refuse_if_locked(row["locked_until"], tx.now)
        assert row["failures"] == 5
    async with database.transaction(neighbour.agency, SYSTEM) as tx:
        assert await tx.rows("SELECT * FROM sign_in_lock") == []


async def test_old_failures_are_forgotten(database: Database, keyring: Keyring, town: Town):
    await guess(database, keyring, town, "nobody")
    async with at(database, utc_now() + timedelta(days=8)).transaction(town.agency, SYSTEM) as tx:
        assert await attempts.forget_old(tx) == 1


async def test_a_new_password_from_a_colleague_ends_sessions_and_lifts_the_lock(
    database: Database, keyring: Keyring, town: Town
):
    staff = await employ(database, town.agency, "aase")
    token = await sign_in_staff(database, keyring, agency_isil=town.isil, username="aase", password=PASSWORD)
    for _ in range(5):
        await guess(database, keyring, town, "aase")
    async with database.transaction(town.agency, SYSTEM) as tx:
        await set_password(tx, keyring, system_caller(town.agency), staff, NewPassword(password="seven small ships"))
    with pytest.raises(UnauthenticatedError):
        await caller_by_token(database, token.secret)
    await sign_in(database, keyring, town, "aase", "seven small ships")


async def test_staff_change_their_own_password_with_the_old_one(database: Database, keyring: Keyring, town: Town):
    await employ(database, town.agency, "aase")
    caller = await sign_in(database, keyring, town, "aase")
    with pytest.raises(InvalidRequestError):
        await change_own_password(database, keyring, caller, old=WRONG, new="seven small ships")
    with pytest.raises(InvalidRequestError):
        await change_own_password(database, keyring, caller, old=PASSWORD, new="password1234")
    await change_own_password(database, keyring, caller, old=PASSWORD, new="seven small ships")
    await guess(database, keyring, town, "aase", PASSWORD)
    await sign_in(database, keyring, town, "aase", "seven small ships")


async def test_a_disabled_users_sessions_end_and_stay_ended(database: Database, keyring: Keyring, town: Town):
    staff = await employ(database, town.agency, "aase")
    token = await sign_in_staff(database, keyring, agency_isil=town.isil, username="aase", password=PASSWORD)
    for is_disabled in (True, False):
        async with database.transaction(town.agency, SYSTEM) as tx:
            await change_staff(tx, system_caller(town.agency), staff, StaffChange(is_disabled=is_disabled))
        with pytest.raises(UnauthenticatedError):
            await caller_by_token(database, token.secret)
    await sign_in(database, keyring, town, "aase")


async def test_a_password_is_the_same_from_every_keyboard(database: Database, keyring: Keyring, town: Town):
    await employ(database, town.agency, "aase", password="r\u00f8dgr\u00f8d med fl\u00f8de p\u00e5")
    await sign_in(database, keyring, town, "aase", "r\u00f8dgr\u00f8d med fl\u00f8de pa\u030a")


async def test_events_of_signing_in_name_nobody(database: Database, keyring: Keyring, town: Town):
    await employ(database, town.agency, "aase")
    await sign_in(database, keyring, town, "aase")
    async with database.transaction(town.agency, SYSTEM) as tx:
        rows = await tx.rows("SELECT event::text AS shown FROM event WHERE agency_id = $1", tx.agency)
    shown = " ".join(row["shown"] for row in rows).lower()
    assert "signed_in" in shown
    assert "aase" not in shown
    assert "østergård" not in shown
