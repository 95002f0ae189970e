"""How a SIP2 machine comes in. It gets no token: what it may do lasts as long as its connection, and the door reads
the machine again every minute.
"""

import hmac

import msgspec

from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.crypto import Keyring, secret_hash
from faelles.ground.database import Database, Row, Transaction
from faelles.ground.events import append
from faelles.ground.i18n import Language
from faelles.ground.ids import NATION, AgencyId, BranchId, DivisionId, MachineId
from faelles.people import attempts, events, rules
from faelles.people.attempts import Realm
from faelles.people.machines import store as machines
from faelles.people.machines.terminal import PinRule, Terminal, TerminalProfile
from faelles.people.model import Caller, Grant, MachineKind, Subject, SubjectKind
from faelles.people.terminals import store

_NOBODYS_SECRET_HASH = bytes(32)
_LONGEST_NAME = 200


async def sign_in_terminal(database: Database, keyring: Keyring, *, username: str, secret: str) -> Terminal:
    """The machine with that name and secret, wherever in the country it stands.

    Raises UnauthenticatedError whatever is wrong, after the same statements, or TooManyAttemptsError while the name is
    locked.
    """
    name, typed = _tidied(username), secret if secret.isprintable() else ""
    # Guesses at a name that nobody has are counted at the nation.
    agency = await machines.home_of_machine(database, name) or NATION

    async def prove(tx: Transaction) -> Terminal | None:
        known = await store.terminal_named(tx, name)
        stored = _NOBODYS_SECRET_HASH if known is None else known["secret_hash"]
        if not hmac.compare_digest(stored, secret_hash(typed)) or known is None:
            return None
        await append(tx, events.signed_in(Subject(SubjectKind.MACHINE, known["id"])))
        return _terminal(tx.agency, known)

    counted_under = attempts.identifier_hash(keyring, agency, Realm.MACHINE, name)
    return await attempts.attempt(database, agency, counted_under, prove)


async def load_terminal(database: Database, agency: AgencyId, machine: MachineId) -> Terminal | None:
    """A machine that has signed in, as it is set up now; None once it is disabled."""
    row = await database.run(agency, SYSTEM, lambda tx: store.terminal(tx, machine), read_only=True)
    return None if row is None else _terminal(agency, row)


def _tidied(username: str) -> str:
    """As names are stored. What cannot be one is the name of nobody: PostgreSQL takes no NUL, nor do we look for it."""
    name = username.strip().lower()
    return name if name.isprintable() and len(name) <= _LONGEST_NAME else ""


def _terminal(agency: AgencyId, row: Row) -> Terminal:
    kind, branch, division = MachineKind(row["kind"]), BranchId(row["branch_id"]), DivisionId(row["division_id"])
    machine, profile = MachineId(row["id"]), _profile(row)
    return Terminal(
        machine=machine,
        kind=kind,
        name=row["name"],
        branch=branch,
        division=division,
        renews_on_checkout=row["renews_on_checkout"],
        caller=Caller(
            agency=agency,
            actor=Actor(ActorKind.MACHINE, machine),
            language=Language(row["language"]),
            grants=(Grant(rules.MACHINE_PERMISSIONS[kind], division, branch),),
            stands_in=branch,
            asks_pin=profile.pin_rule(kind) is not PinRule.WHEN_GIVEN,
        ),
        profile=profile,
        secret_hash=row["secret_hash"],
    )


def _profile(row: Row) -> TerminalProfile:
    """Its own, under maintenance where the whole agency is."""
    own = store.profile_of(row)
    return msgspec.structs.replace(own, in_maintenance=True) if row["in_maintenance"] else own
