"""A small country in a database of its own: its ten thousand titles would be in the other tests' way."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import asyncpg
import pytest

from faelles.demo.filling import fill
from faelles.demo.model import AgencySample, Scale, Step
from faelles.demo.samples import choose_samples
from faelles.ground.crypto import Keyring, new_master_key, parse_master_keys
from faelles.ground.database import Database
from faelles.ground.database.migrate import migrate
from faelles.ground.database.pool import open_database

ISILS = ("DK-774000", "DK-774100")
"""Silkeborg and Samsø."""
SMALL = Scale(patrons=400, items=900, isils=frozenset(ISILS))


class BrokenOffError(Exception):
    """Somebody pressed Ctrl-C."""


@dataclass(frozen=True)
class Country:
    url: str
    master_key: str
    database: Database
    keyring: Keyring

    async def fill(self) -> bool:
        return await fill(self.database, self.keyring, SMALL, lambda _step, _more: None)

    async def samples(self, tokens: dict[str, str] | None = None) -> list[AgencySample]:
        return await choose_samples(self.database, self.keyring, ISILS, tokens or {})


@pytest.fixture(scope="session")
def country_url(server_url: str) -> Iterator[str]:
    name = f"demo_{secrets.token_hex(6)}"
    asyncio.run(_execute(server_url, f"CREATE DATABASE {name} TEMPLATE template0"))
    url = server_url.replace("/postgres?", f"/{name}?")
    asyncio.run(migrate(url))
    yield url
    asyncio.run(_execute(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
async def country(country_url: str) -> AsyncIterator[Country]:
    """Filled at the second try: the first was broken off when its first agency was nearly done."""
    master_key = new_master_key()
    keyring = Keyring(parse_master_keys(master_key))
    async with open_database(country_url) as database:
        with pytest.raises(ExceptionGroup) as broken_off:
            await fill(database, keyring, SMALL, _break_off_at_the_loans)
        # By then another agency may have come as far, or lose its connection as it is called off.
        assert broken_off.group_contains(BrokenOffError)
        country = Country(country_url, master_key, database, keyring)
        await country.fill()
        yield country


def _break_off_at_the_loans(step: Step, _more: int) -> None:
    if step is Step.LOANS:
        raise BrokenOffError


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
