"""Session tokens, access tokens and the callers behind them."""

from datetime import UTC, datetime, timedelta

import pytest

from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.crypto import Keyring, new_master_key, parse_master_keys, secret_hash
from faelles.ground.database import Database
from faelles.ground.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronId
from faelles.people.access_tokens import caller_by_access_token, issue_access_token
from faelles.people.ending import revoke_token
from faelles.people.model import (
    Caller,
    Grant,
    IssuedToken,
    KnownCaller,
    Permission,
    Subject,
    SubjectKind,
    system_caller,
)
from faelles.people.operations import (
    caller_by_token,
    end_sessions,
    forget_ended_tokens,
    issue_patron_token,
    list_tokens,
    refresh,
    session_by_token,
    sign_out,
)
from faelles.people.rules import LONGEST_SESSION
from people.colleagues import at
from town import Town

PATRON = PatronId(1_000_000_000_007)


async def signed_in_patron(database: Database, town: Town) -> IssuedToken:
    async with database.transaction(town.agency, SYSTEM) as tx:
        return await issue_patron_token(tx, PATRON, Language.ENGLISH)


async def test_a_patron_is_let_in_to_their_own_account_and_nothing_else(database: Database, town: Town):
    token = await signed_in_patron(database, town)
    caller = await caller_by_token(database, token.secret)
    assert caller == Caller(
        agency=town.agency,
        actor=Actor(ActorKind.PATRON, PATRON),
        language=Language.ENGLISH,
        grants=(Grant(frozenset({Permission.OWN_ACCOUNT})),),
        patron=PATRON,
    )


@pytest.mark.parametrize("token", ["", "ft_", "ft_" + "x" * 43, "nonsense", "fa_a.b"])
async def test_a_made_up_token_is_nobody(database: Database, token: str):
    with pytest.raises(UnauthenticatedError):
        await caller_by_token(database, token)


async def test_a_token_ends_when_its_time_is_up(database: Database, town: Town):
    token = await signed_in_patron(database, town)
    await caller_by_token(database, token.secret, now=token.expires_at - timedelta(seconds=1))
    with pytest.raises(UnauthenticatedError):
        await caller_by_token(database, token.secret, now=token.expires_at)


async def test_a_token_ends_by_signing_out_and_signing_out_twice_is_no_error(database: Database, town: Town):
    token = await signed_in_patron(database, town)
    caller = await caller_by_token(database, token.secret)
    for _ in range(2):
        async with database.transaction(town.agency, caller.actor) as tx:
            await sign_out(tx, caller, token.secret)
    with pytest.raises(UnauthenticatedError):
        await caller_by_token(database, token.secret)


async def test_ending_all_sessions_of_one_leaves_those_of_others(database: Database, town: Town):
    ours = [await signed_in_patron(database, town) for _ in range(2)]
    async with database.transaction(town.agency, SYSTEM) as tx:
        other = await issue_patron_token(tx, PatronId(PATRON + 1), Language.DANISH)
        assert await end_sessions(tx, Subject(SubjectKind.PATRON, PATRON)) == 2
    for token in ours:
        with pytest.raises(UnauthenticatedError):
            await caller_by_token(database, token.secret)
    assert (await caller_by_token(database, other.secret)).patron == PATRON + 1


async def test_refreshing_ends_the_old_token_and_works_once(database: Database, town: Town):
    token = await signed_in_patron(database, town)
    caller = await caller_by_token(database, token.secret)
    async with database.transaction(town.agency, caller.actor) as tx:
        fresh = await refresh(tx, caller, token.secret)
    assert (await caller_by_token(database, fresh.secret)) == caller
    with pytest.raises(UnauthenticatedError):
        async with database.transaction(town.agency, caller.actor) as tx:
            await refresh(tx, caller, token.secret)
    with pytest.raises(UnauthenticatedError):
        await caller_by_token(database, token.secret)


async def test_a_session_cannot_be_refreshed_beyond_the_longest(database: Database, town: Town):
    token = await signed_in_patron(database, town)
    signed_in_at = (await session_by_token(database, token.secret)).signed_in_at
    end = signed_in_at + LONGEST_SESSION[SubjectKind.PATRON]
    for _ in range(14):
        token = await refreshed(database, town, token, token.expires_at - timedelta(minutes=2))
    assert token.expires_at == end
    with pytest.raises(UnauthenticatedError, match="session_too_old"):
        await refreshed(database, town, token, end - timedelta(seconds=30))


async def refreshed(database: Database, town: Town, token: IssuedToken, moment: datetime) -> IssuedToken:
    caller = await caller_by_token(database, token.secret, now=moment)
    async with at(database, moment).transaction(town.agency, caller.actor) as tx:
        return await refresh(tx, caller, token.secret)


async def test_a_neighbour_cannot_end_our_session(database: Database, town: Town, neighbour: Town):
    token = await signed_in_patron(database, town)
    async with database.transaction(neighbour.agency, SYSTEM) as tx:
        await sign_out(tx, system_caller(neighbour.agency), token.secret)
        with pytest.raises(NotFoundError):
            await revoke_token(tx, system_caller(neighbour.agency), token.id)
    assert (await caller_by_token(database, token.secret)).agency == town.agency


async def test_the_sessions_of_patrons_are_not_listed(database: Database, town: Town):
    await signed_in_patron(database, town)
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(NotFoundError):
            await list_tokens(tx, system_caller(town.agency), Subject(SubjectKind.PATRON, PATRON), after=0, limit=10)


async def test_ended_tokens_are_forgotten_after_a_month(database: Database, town: Town):
    token = await signed_in_patron(database, town)
    for days, forgotten in ((29, 0), (31, 1)):
        later = at(database, token.expires_at + timedelta(days=days))
        async with later.transaction(town.agency, SYSTEM) as tx:
            assert await forget_ended_tokens(tx) == forgotten


async def test_the_database_keeps_no_secret(database: Database, town: Town):
    token = await signed_in_patron(database, town)
    async with database.transaction(town.agency, SYSTEM) as tx:
        row = await tx.row(
            "SELECT *, token::text AS all FROM token WHERE agency_id = $1 AND id = $2", tx.agency, token.id
        )
    assert row is not None
    assert row["secret_hash"] == secret_hash(token.secret)
    assert token.secret not in row["all"]


NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def session(town: Town, support: str | None = None) -> KnownCaller:
    caller = Caller(
        agency=town.agency,
        actor=Actor(ActorKind.STAFF, 5),
        language=Language.DANISH,
        grants=(Grant(frozenset({Permission.CHECKOUT, Permission.RENEW}), town.library, town.main),),
        support=support,
    )
    return KnownCaller(caller, NOW, NOW + timedelta(hours=1))


def test_an_access_token_carries_the_whole_caller_without_a_database(keyring: Keyring, town: Town):
    known = session(town)
    token = issue_access_token(keyring, known, NOW)
    assert caller_by_access_token(keyring, token.secret, NOW) == known.caller
    assert len(token.secret) < 600


def test_an_access_token_lasts_five_minutes_and_no_longer_than_its_session(keyring: Keyring, town: Town):
    token = issue_access_token(keyring, session(town), NOW)
    assert token.expires_at == NOW + timedelta(minutes=5)
    with pytest.raises(UnauthenticatedError):
        caller_by_access_token(keyring, token.secret, token.expires_at)
    late = NOW + timedelta(minutes=59)
    assert issue_access_token(keyring, session(town), late).expires_at == NOW + timedelta(hours=1)


def test_a_changed_or_foreign_access_token_is_nobody(keyring: Keyring, town: Town):
    secret = issue_access_token(keyring, session(town), NOW).secret
    stranger = Keyring(parse_master_keys(new_master_key()))
    changed = secret[:10] + ("A" if secret[10] != "A" else "B") + secret[11:]
    for ring, token in [
        (keyring, changed),
        (stranger, secret),
        (keyring, secret[:-1]),
        (keyring, "fa_."),
        (keyring, "fa_å.å"),
    ]:
        with pytest.raises(UnauthenticatedError):
            caller_by_access_token(ring, token, NOW)


def test_a_supporter_gets_no_access_token_that_outlives_the_agencys_word(keyring: Keyring, town: Town):
    with pytest.raises(ForbiddenError):
        issue_access_token(keyring, session(town, support="hanne"), NOW)


async def test_a_session_tells_its_end(database: Database, town: Town):
    token = await signed_in_patron(database, town)
    assert (await session_by_token(database, token.secret)).expires_at == token.expires_at
