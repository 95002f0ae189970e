"""Signing in through a provider: off to it, and back with a proof. Opens its own transactions, none while it waits.

What is under way is known to the browser alone, sealed: which provider, what was asked, and until when. A proof counts
in the browser that asked for it, within ten minutes, and once.
"""

import hmac
from datetime import timedelta
from typing import Final

import msgspec

from faelles.ground.actor import SYSTEM
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring, new_secret
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from faelles.ground.events import append
from faelles.ground.i18n import Language
from faelles.ground.ids import AgencyId, StaffId
from faelles.people import rules as people_rules
from faelles.people.federation import events, openid, rules, saml, store
from faelles.people.federation.model import Keyed, Offered, Protocol, Proven
from faelles.people.federation.openid import Asked
from faelles.people.federation.operations import offered, provider_with_secret
from faelles.people.model import IssuedToken, Subject, SubjectKind
from faelles.people.operations import begin_session_of
from faelles.people.sealed import seal, unseal
from faelles.people.staff import store as staff
from faelles.people.staff.model import NewStaff
from faelles.people.store import agency_behind_isil

LONGEST: Final = timedelta(minutes=10)
"""From leaving for the provider to coming back."""
ANSWERS_KEPT: Final = timedelta(days=1)
_PURPOSE: Final = "sign_in_under_way"
_LONGEST_NAME: Final = 200


class UnderWay(msgspec.Struct, frozen=True, kw_only=True):
    """`expected`: the state (OpenID) or the id of the request (SAML). `expires_at`: seconds since 1970."""

    isil: str
    code: str
    expected: str
    nonce: str = ""
    verifier: str = ""
    after: str
    expires_at: int

    def __repr__(self) -> str:
        return "UnderWay()"


class Begun(msgspec.Struct, frozen=True):
    """Where the browser goes, and what it keeps meanwhile."""

    address: str
    sealed: str

    def __repr__(self) -> str:
        return "Begun()"


class CameBack(msgspec.Struct, frozen=True):
    """What an OpenID provider sends the browser back with. `issuer`: who it says it is, where it says so (RFC 9207)."""

    state: str
    code: str
    issuer: str | None

    def __repr__(self) -> str:
        return "CameBack()"


class Door(msgspec.Struct, frozen=True):
    """Where providers find us: `url` is the public one, without a slash at the end."""

    url: str

    def openid_return(self, isil: str, code: str) -> str:
        """Of each provider its own, so that a code from one is never handed to another (RFC 9700, 4.4)."""
        return f"{self.url}/sign-in/back/{isil}/{code}"

    def saml_base(self, isil: str, code: str) -> str:
        return f"{self.url}/sign-in/saml/{isil}/{code}"


async def providers_of(database: Database, isil: str) -> list[Offered]:
    """The ways that an agency's staff may sign in besides a password; none for an ISIL that is nobody's."""
    agency = await agency_behind_isil(database, isil.strip()) if isil else None
    if agency is None:
        return []
    return await database.run(agency, SYSTEM, offered, read_only=True)


async def begin(database: Database, keyring: Keyring, door: Door, *, isil: str, code: str, after: str) -> Begun:
    """Off to the provider. `after`: where in our pages to go on. Raises NotFoundError, UnavailableError."""
    _, keyed = await _keyed(database, keyring, isil, code)
    asked = Asked(new_secret(), new_secret(), new_secret())
    if keyed.provider.protocol is Protocol.OPENID:
        address, expected = await openid.address_of(keyed, asked, door.openid_return(isil, code)), asked.state
    else:
        address, expected = await saml.request(keyed, door.saml_base(isil, code))
    under_way = UnderWay(
        isil=isil,
        code=code,
        expected=expected,
        nonce=asked.nonce,
        verifier=asked.verifier,
        after=after,
        expires_at=int((utc_now() + LONGEST).timestamp()),
    )
    return Begun(address, seal(keyring, _PURPOSE, under_way))


async def finish_openid(
    database: Database, keyring: Keyring, door: Door, sealed: str, *, came_to: tuple[str, str], back: CameBack
) -> tuple[IssuedToken, UnderWay]:
    """Back with a code at a provider's own address: `came_to` is its ISIL and code.

    Raises UnauthenticatedError, ForbiddenError, UnavailableError.
    """
    under_way = unseal(keyring, _PURPOSE, sealed, UnderWay, code="federated_not_under_way")
    if not hmac.compare_digest(under_way.expected.encode(), back.state.encode()):
        raise UnauthenticatedError("federated_not_under_way")
    if came_to != (under_way.isil, under_way.code):
        raise UnauthenticatedError("federated_not_under_way")
    agency, keyed = await _keyed(database, keyring, under_way.isil, under_way.code)
    if keyed.provider.protocol is not Protocol.OPENID:
        raise UnauthenticatedError("federated_not_under_way")
    return_url = door.openid_return(under_way.isil, under_way.code)
    asked = Asked(under_way.expected, under_way.nonce, under_way.verifier)
    proven = await openid.prove(keyed, asked, code=back.code, issuer=back.issuer, return_url=return_url)
    return await _let_in(database, agency, keyed, proven), under_way


async def finish_saml(
    database: Database, keyring: Keyring, door: Door, sealed: str, *, answer: str
) -> tuple[IssuedToken, UnderWay]:
    """Back with a signed answer. Raises UnauthenticatedError, ForbiddenError, UnavailableError."""
    under_way = unseal(keyring, _PURPOSE, sealed, UnderWay, code="federated_not_under_way")
    agency, keyed = await _keyed(database, keyring, under_way.isil, under_way.code)
    if keyed.provider.protocol is not Protocol.SAML:
        raise UnauthenticatedError("federated_not_under_way")
    base = door.saml_base(under_way.isil, under_way.code)
    proven = await saml.prove(keyed, base, answer=answer, request_id=under_way.expected)
    return await _let_in(database, agency, keyed, proven), under_way


async def own_metadata(database: Database, keyring: Keyring, door: Door, *, isil: str, code: str) -> bytes:
    """What a SAML provider is to know of us. Raises NotFoundError."""
    _, keyed = await _keyed(database, keyring, isil, code)
    if keyed.provider.protocol is not Protocol.SAML:
        raise NotFoundError("sign_in_provider_unknown")
    return await saml.own_metadata(keyed, door.saml_base(isil, code))


async def _keyed(database: Database, keyring: Keyring, isil: str, code: str) -> tuple[AgencyId, Keyed]:
    agency = await agency_behind_isil(database, isil.strip())
    if agency is None:
        raise NotFoundError("sign_in_provider_unknown")
    keyed = await database.run(agency, SYSTEM, lambda tx: provider_with_secret(tx, keyring, code), read_only=True)
    return agency, keyed


async def _let_in(database: Database, agency: AgencyId, keyed: Keyed, proven: Proven) -> IssuedToken:
    return await database.run(agency, SYSTEM, lambda tx: let_in(tx, keyed, proven))


async def let_in(tx: Transaction, keyed: Keyed, proven: Proven) -> IssuedToken:
    """A session for whoever that is, with the roles that the provider gives them now: it is the master of those.

    Raises UnauthenticatedError for a proof that was used, ForbiddenError for somebody without a role here, or disabled.
    """
    provider = keyed.provider
    if not await store.use_answer(tx, proven.answer):
        raise UnauthenticatedError("federated_answer_refused")
    wanted = rules.granted(
        rules.privileges(proven.role_values), cvr=provider.cvr, roles=provider.roles, places=provider.places
    )
    known = await store.known(tx, provider.id, proven.subject)
    if known is not None and known["disabled_at"] is not None:
        raise ForbiddenError("federated_staff_disabled")
    if not wanted:
        raise ForbiddenError("federated_no_role")
    language = Language.DANISH if known is None else Language(known["language"])
    person = await _newcomer(tx, provider.id, proven) if known is None else StaffId(known["id"])
    await store.note_let_in(tx, provider.id, proven.subject)
    held = await store.held(tx, person)
    if held.keys() != wanted:
        await store.withdraw(tx, [number for role, number in held.items() if role not in wanted])
        await store.give(tx, person, sorted(wanted - held.keys(), key=repr))
        await append(tx, events.roles_followed(person, provider.id, len(wanted)))
    idle = people_rules.IDLE_AT_MOST[SubjectKind.STAFF]
    return await begin_session_of(tx, Subject(SubjectKind.STAFF, person), language, idle)


async def _newcomer(tx: Transaction, provider: int, proven: Proven) -> StaffId:
    """Staff from now on, under a username of their own: never that of somebody who is staff already."""
    username = rules.username_from(proven.username)
    if await store.is_taken(tx, username):
        username = f"{username[:48]}.{provider}.{new_secret()[:6].lower().strip('-_')}"
    name = " ".join(proven.name.split())[:_LONGEST_NAME] or username
    person = await staff.insert(tx, NewStaff(username=username, name=name))
    await store.know(tx, provider, proven.subject, person)
    await append(tx, events.staff_came(person, provider))
    return person
