"""Databases and logins on a server of our own, and what a login may not be."""

import hashlib
import hmac

import asyncpg

from faelles.ground.database.pool import APPLICATION_ROLE
from faelles.ground.database.transaction import Database, Row

DATABASE = "faelles"
LOGIN = "faelles_login"

_LOCK = 0x6661656D
"""One process at a time makes the database or the login."""

_DATABASE_EXISTS = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
_CREATE_DATABASE = f"CREATE DATABASE {DATABASE} TEMPLATE template0"
_ROLE_EXISTS = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
_CREATE_LOGIN = f"CREATE ROLE {LOGIN} LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS PASSWORD '{{password}}'"
_GRANT_LOGIN = f"GRANT {APPLICATION_ROLE} TO {LOGIN}"
_PASSES_ROW_POLICIES = """
SELECT bool_or(r.rolsuper OR r.rolbypassrls OR r.rolname IN ('faelles_owner', 'faelles_lookup')) AS passes
  FROM pg_roles AS r
 WHERE pg_has_role(session_user, r.oid, 'MEMBER')
"""


async def create_database(server_url: str) -> None:
    """Make the database `faelles` on a server where it is missing. `server_url` names another database there."""
    await _once(server_url, _DATABASE_EXISTS, DATABASE, [_CREATE_DATABASE])


async def create_login(owner_url: str, server_secret: str) -> str:
    """Make the login that may become the application's role and nothing more, if it is missing; return its password.

    The password follows from `server_secret` (the superuser's own), so that every process that shares the server
    knows it and nothing more has to be kept.
    """
    password = hmac.digest(server_secret.encode(), LOGIN.encode(), hashlib.sha256).hex()
    await _once(owner_url, _ROLE_EXISTS, LOGIN, [_CREATE_LOGIN.format(password=password), _GRANT_LOGIN])
    return password


async def passes_row_policies(database: Database) -> bool:
    """Whether the login behind the pool is, or could become, a role that row policies do not bind."""
    rows = await database.outside_agencies(_PASSES_ROW_POLICIES)
    return bool(rows[0]["passes"])


async def _once(url: str, exists: str, name: str, statements: list[str]) -> None:
    connection: asyncpg.Connection[Row] = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        if not await connection.fetchval(exists, name):
            for statement in statements:
                await connection.execute(statement)
    finally:
        await connection.close()
