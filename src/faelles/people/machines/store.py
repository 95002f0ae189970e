"""The SQL of machines and API clients."""

from collections.abc import Sequence

import asyncpg

from faelles.ground.database import Database, Row, Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.ground.ids import AgencyId, ClientId, MachineId
from faelles.people.machines.model import ClientChange, MachineChange, NewClient, NewMachine

_PREFIX = "SELECT machine_name_prefix($1)"
_HOME_OF_MACHINE = "SELECT agency_id FROM home_of_machine($1) AS agency_id"
_HOME_OF_CLIENT = "SELECT agency_id FROM home_of_client($1) AS agency_id"

_MACHINE_CREDENTIAL = """
SELECT id, language, secret_hash FROM machine WHERE agency_id = $1 AND username = $2 AND disabled_at IS NULL
"""
_CLIENT_CREDENTIAL = """
SELECT id, language, secret_hash FROM api_client WHERE agency_id = $1 AND username = $2 AND disabled_at IS NULL
"""

_INSERT_MACHINE = """
INSERT INTO machine (agency_id, branch_id, username, secret_hash, kind, name, language, renews_on_checkout)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING id
"""
_MACHINES = """
SELECT m.id, m.username, m.kind, m.name, m.branch_id, b.division_id, m.language, m.renews_on_checkout, m.disabled_at
  FROM machine AS m
  JOIN branch_directory AS b ON b.agency_id = m.agency_id AND b.branch_id = m.branch_id
 WHERE m.agency_id = $1 AND m.id > $2
 ORDER BY m.id
 LIMIT $3
"""
_LOCK_MACHINE = """
SELECT m.id, m.username, m.kind, m.branch_id, m.disabled_at,
       (SELECT b.division_id FROM branch_directory AS b WHERE b.agency_id = $1 AND b.branch_id = m.branch_id)
           AS division_id
  FROM machine AS m
 WHERE m.agency_id = $1 AND m.id = $2::bigint
   FOR NO KEY UPDATE
"""
_UPDATE_MACHINE = """
UPDATE machine SET name = COALESCE($3, name), branch_id = COALESCE($4, branch_id), language = COALESCE($5, language),
                   renews_on_checkout = COALESCE($6, renews_on_checkout),
                   disabled_at = CASE $7::boolean WHEN true THEN COALESCE(disabled_at, $8) WHEN false THEN NULL
                                                  ELSE disabled_at END
 WHERE agency_id = $1 AND id = $2::bigint
"""
_REPLACE_FOR_MACHINE = "UPDATE machine SET secret_hash = $3 WHERE agency_id = $1 AND id = $2::bigint"

_INSERT_CLIENT = """
INSERT INTO api_client (agency_id, division_id, username, secret_hash, name, language, permissions)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id
"""
_CLIENTS = """
SELECT id, username, name, permissions, division_id, language, disabled_at
  FROM api_client
 WHERE agency_id = $1 AND id > $2
 ORDER BY id
 LIMIT $3
"""
_LOCK_CLIENT = """
SELECT id, username, permissions, division_id, disabled_at
  FROM api_client
 WHERE agency_id = $1 AND id = $2::bigint
   FOR NO KEY UPDATE
"""
_UPDATE_CLIENT = """
UPDATE api_client SET name = COALESCE($3, name), permissions = COALESCE($4, permissions),
                      language = COALESCE($5, language),
                      disabled_at = CASE $6::boolean WHEN true THEN COALESCE(disabled_at, $7) WHEN false THEN NULL
                                                     ELSE disabled_at END
 WHERE agency_id = $1 AND id = $2::bigint
"""
_REPLACE_FOR_CLIENT = "UPDATE api_client SET secret_hash = $3 WHERE agency_id = $1 AND id = $2::bigint"


async def username_prefix(tx: Transaction) -> str:
    """What every machine's and client's name of this agency starts with."""
    prefix: str = await tx.value(_PREFIX, tx.agency)
    return prefix


async def home_of_machine(database: Database, username: str) -> AgencyId | None:
    return _home(await database.outside_agencies(_HOME_OF_MACHINE, username.strip().lower()))


async def home_of_client(database: Database, username: str) -> AgencyId | None:
    return _home(await database.outside_agencies(_HOME_OF_CLIENT, username.strip().lower()))


def _home(rows: Sequence[Row]) -> AgencyId | None:
    return AgencyId(rows[0]["agency_id"]) if rows else None


async def machine_credential(tx: Transaction, username: str) -> Row | None:
    return await tx.row(_MACHINE_CREDENTIAL, tx.agency, username.strip().lower())


async def client_credential(tx: Transaction, username: str) -> Row | None:
    return await tx.row(_CLIENT_CREDENTIAL, tx.agency, username.strip().lower())


async def insert_machine(tx: Transaction, new: NewMachine, username: str, secret_hash: bytes) -> MachineId:
    """Raises ConflictError where the name is taken."""
    values = (username, secret_hash, new.kind.value, new.name, new.language.value, new.renews_on_checkout)
    try:
        return MachineId(await tx.value(_INSERT_MACHINE, tx.agency, new.branch, *values))
    except asyncpg.UniqueViolationError:
        raise ConflictError("machine_username_taken") from None


async def machines(tx: Transaction, after: int, limit: int) -> Sequence[Row]:
    return await tx.rows(_MACHINES, tx.agency, after, limit)


async def lock_machine(tx: Transaction, machine: MachineId) -> Row | None:
    return await tx.row(_LOCK_MACHINE, tx.agency, machine)


async def update_machine(tx: Transaction, machine: MachineId, change: MachineChange) -> None:
    language = None if change.language is None else change.language.value
    values = (change.name, change.branch, language, change.renews_on_checkout, change.is_disabled)
    await tx.execute(_UPDATE_MACHINE, tx.agency, machine, *values, tx.now)


async def replace_machine_secret(tx: Transaction, machine: MachineId, secret_hash: bytes) -> None:
    await tx.execute(_REPLACE_FOR_MACHINE, tx.agency, machine, secret_hash)


async def insert_client(tx: Transaction, new: NewClient, username: str, secret_hash: bytes) -> ClientId:
    """Raises ConflictError where the name is taken, NotFoundError where the division is not the agency's."""
    values = (new.division, username, secret_hash, new.name, new.language.value, sorted(new.permissions))
    try:
        return ClientId(await tx.value(_INSERT_CLIENT, tx.agency, *values))
    except asyncpg.UniqueViolationError:
        raise ConflictError("client_username_taken") from None
    except asyncpg.ForeignKeyViolationError:
        raise NotFoundError("division_unknown") from None


async def clients(tx: Transaction, after: int, limit: int) -> Sequence[Row]:
    return await tx.rows(_CLIENTS, tx.agency, after, limit)


async def lock_client(tx: Transaction, client: ClientId) -> Row | None:
    return await tx.row(_LOCK_CLIENT, tx.agency, client)


async def update_client(tx: Transaction, client: ClientId, change: ClientChange) -> None:
    permissions = None if change.permissions is None else sorted(change.permissions)
    language = None if change.language is None else change.language.value
    values = (change.name, permissions, language, change.is_disabled)
    await tx.execute(_UPDATE_CLIENT, tx.agency, client, *values, tx.now)


async def replace_client_secret(tx: Transaction, client: ClientId, secret_hash: bytes) -> None:
    await tx.execute(_REPLACE_FOR_CLIENT, tx.agency, client, secret_hash)
