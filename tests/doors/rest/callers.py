"""Callers of several kinds, each with a signed token, as the sign-in would have given it."""

from collections.abc import Iterable
from datetime import timedelta

from faelles.ground.actor import Actor, ActorKind
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.i18n import Language
from faelles.ground.ids import AgencyId, PatronId
from faelles.people.access_tokens import issue_access_token
from faelles.people.model import Caller, Grant, KnownCaller, Permission

EVERYTHING_FOR_STAFF = frozenset(Permission) - {Permission.OWN_ACCOUNT}


def staff(agency: AgencyId, number: int, permissions: Iterable[Permission] = EVERYTHING_FOR_STAFF) -> Caller:
    return _caller(agency, Actor(ActorKind.STAFF, number), permissions)


def patron(agency: AgencyId, number: int) -> Caller:
    return _caller(agency, Actor(ActorKind.PATRON, number), {Permission.OWN_ACCOUNT}, PatronId(number))


def _caller(
    agency: AgencyId, actor: Actor, permissions: Iterable[Permission], itself: PatronId | None = None
) -> Caller:
    return Caller(
        agency=agency,
        actor=actor,
        language=Language.DANISH,
        grants=(Grant(frozenset(permissions)),),
        patron=itself,
    )


def bearer(keyring: Keyring, caller: Caller) -> dict[str, str]:
    """The headers of a request by `caller`."""
    now = utc_now()
    token = issue_access_token(keyring, KnownCaller(caller, now, now + timedelta(hours=1)), now)
    return {"authorization": f"Bearer {token.secret}"}
