"""Half of the way in: the password was right, and a one-time password is still to come, or to be set up first.

What is known so far is kept by the browser, sealed, for ten minutes. It is no session: it opens nothing but the next
step.
"""

from datetime import timedelta
from typing import Final

import msgspec

from faelles.ground.actor import Actor, ActorKind
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Row, Transaction
from faelles.ground.errors import UnauthenticatedError
from faelles.ground.i18n import Language
from faelles.ground.ids import AgencyId, StaffId
from faelles.people import attempts, rules
from faelles.people.model import IssuedToken, Subject, SubjectKind
from faelles.people.one_time import operations
from faelles.people.one_time.model import Enrolment, Standing
from faelles.people.operations import begin_session_of
from faelles.people.sealed import seal, unseal
from faelles.people.staff import store as staff

LONGEST: Final = timedelta(minutes=10)
ISSUER: Final = "Fælles"
"""What the telephone calls us."""
_PURPOSE: Final = "halfway"


class Halfway(msgspec.Struct, frozen=True, kw_only=True):
    """`expires_at`: seconds since 1970. `secret`: of the telephone that is just being set up."""

    agency: AgencyId
    staff: StaffId
    username: str
    language: Language
    is_enrolled: bool
    is_in_browser: bool
    expires_at: int
    secret: str = ""

    def __repr__(self) -> str:
        return "Halfway()"

    @property
    def idle(self) -> timedelta | None:
        return rules.IDLE_AT_MOST[SubjectKind.STAFF] if self.is_in_browser else None


def begin(tx: Transaction, known: Row, standing: Standing, *, is_in_browser: bool) -> Halfway:
    """`known`: the member of staff whose password was right."""
    username = known["username"]
    return Halfway(
        agency=tx.agency,
        staff=StaffId(known["id"]),
        username=username,
        language=Language(known["language"]),
        is_enrolled=standing.is_enrolled,
        is_in_browser=is_in_browser,
        expires_at=int((tx.now + LONGEST).timestamp()),
        secret="" if standing.is_enrolled else operations.new_enrolment(ISSUER, username).secret,
    )


def enrolment(way: Halfway) -> Enrolment:
    """What the telephone is to take a picture of."""
    return operations.enrolment_of(way.secret, ISSUER, way.username)


def sealed(keyring: Keyring, way: Halfway) -> str:
    return seal(keyring, _PURPOSE, way)


def opened(keyring: Keyring, text: str) -> Halfway:
    """Raises UnauthenticatedError for what we did not seal, or too long ago."""
    return unseal(keyring, _PURPOSE, text, Halfway, code="halfway_over")


async def finish(database: Database, keyring: Keyring, way: Halfway, code: str) -> IssuedToken:
    """A session for the right code. Raises UnauthenticatedError, counted, or TooManyAttemptsError."""

    async def prove(tx: Transaction) -> IssuedToken | None:
        # Disabled meanwhile: then the password that was right is no longer one.
        if await staff.lock_password_hash(tx, way.staff) is None:
            return None
        if not await operations.is_right(tx, keyring, way.staff, code):
            return None
        return await begin_session_of(tx, Subject(SubjectKind.STAFF, way.staff), way.language, way.idle)

    counted = attempts.identifier_hash(keyring, way.agency, attempts.Realm.ONE_TIME, str(way.staff))
    try:
        return await attempts.attempt(database, way.agency, counted, prove)
    except UnauthenticatedError:
        raise UnauthenticatedError("one_time_code_wrong") from None


async def finish_enrolment(
    database: Database, keyring: Keyring, way: Halfway, code: str
) -> tuple[IssuedToken, list[str]]:
    """A session, and the recovery codes, for the first code of a telephone just set up. Raises InvalidRequestError for
    a wrong code, UnauthenticatedError for somebody who has set one up meanwhile.
    """

    async def set_up(tx: Transaction) -> tuple[IssuedToken, list[str]]:
        is_enabled = await staff.lock_password_hash(tx, way.staff) is not None
        if not is_enabled or (await operations.standing_of(tx, way.staff)).is_enrolled:
            raise UnauthenticatedError("halfway_over")
        codes = await operations.enrol(tx, keyring, way.staff, way.secret, code)
        session = await begin_session_of(tx, Subject(SubjectKind.STAFF, way.staff), way.language, way.idle)
        return session, codes

    return await database.run(way.agency, Actor(ActorKind.STAFF, way.staff), set_up)
