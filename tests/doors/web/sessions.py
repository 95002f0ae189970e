"""Somebody of the staff, signed in."""

import secrets

from faelles.ground.database import Transaction
from faelles.ground.i18n import Language
from faelles.people.model import NewToken, Permission, Subject, SubjectKind
from faelles.people.operations import issue_token
from faelles.people.passwords import hash_password


async def session_of_staff(tx: Transaction, permissions: frozenset[Permission], *, password: str = "") -> str:
    """A new member of the staff, signed in; the session's token."""
    code = secrets.token_hex(4)
    staff = await tx.value(
        "INSERT INTO staff (agency_id, username, name, password_hash) VALUES ($1, $2, 'Lise', $3) RETURNING id",
        tx.agency,
        f"lise{code}",
        await hash_password(password) if password else None,
    )
    role = await tx.value(
        "INSERT INTO role (agency_id, code, name, permissions) VALUES ($1, $2, 'Skranke', $3) RETURNING id",
        tx.agency,
        f"role{code}",
        sorted(permissions),
    )
    await tx.execute(
        "INSERT INTO staff_role (agency_id, staff_id, role_id) VALUES ($1, $2, $3)", tx.agency, staff, role
    )
    token = await issue_token(tx, NewToken(subject=Subject(SubjectKind.STAFF, staff), language=Language.DANISH))
    return token.secret
