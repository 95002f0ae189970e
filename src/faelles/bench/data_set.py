"""The data set: made once, kept, and copied for every run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib import resources

import asyncpg
import msgspec

from faelles.agencies.planting import plant_agency
from faelles.agencies.seeds import AgencySeed, agency_seeds
from faelles.agencies.store import next_agency_id
from faelles.bench import store
from faelles.bench.country import PIN, Country, shares
from faelles.bench.model import Tell
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.database.embedded import RunningCluster
from faelles.ground.database.migrate import migrate, migrations
from faelles.ground.database.pool import open_database
from faelles.ground.ids import NATION, AgencyId
from faelles.people.model import system_caller
from faelles.policies.seeds import seed_agency, seed_nation


class Note(msgspec.Struct, frozen=True):
    """What the template says of itself; another schema, another key or another size makes another template."""

    patrons: int
    schema: str
    made_at: datetime

    def serves(self, patrons: int, schema: str, now: datetime) -> bool:
        is_fresh = now - self.made_at < timedelta(days=store.TOO_OLD_DAYS)
        return self.patrons == patrons and self.schema == schema and is_fresh


@asynccontextmanager
async def connection(cluster: RunningCluster, database: str) -> AsyncIterator[store.Connection]:
    """The superuser's own: to make databases, to fill them, to count. The measured go by the application's role."""
    url = cluster.url(user=cluster.user, password=cluster.password, database=database)
    made: store.Connection = await asyncpg.connect(url, command_timeout=3600)
    try:
        yield made
    finally:
        await made.close()


async def provide(cluster: RunningCluster, keyring: Keyring, patrons: int, tell: Tell, *, fresh: bool) -> Country:
    """A database of that size for one run, as `store.RUN`; made anew where `fresh` or where none fits."""
    schema = _schema(keyring)
    async with connection(cluster, "postgres") as server:
        written = await store.template_note(server, store.DATABASES)
        note = msgspec.json.decode(written, type=Note) if written else None
        if fresh or note is None or not note.serves(patrons, schema, datetime.now(UTC)):
            await store.new_template(server, store.DATABASES)
            await _make(cluster, keyring, patrons, tell)
            said = msgspec.json.encode(Note(patrons, schema, datetime.now(UTC))).decode()
            await store.finish_template(server, store.DATABASES, said)
        tell("bench_copying", 0, 0)
        await store.new_run(server, store.DATABASES)
    async with connection(cluster, store.RUN) as owner:
        found = await store.shares(owner)
        return Country(
            patrons=patrons,
            agencies=[agency for agency, _ in found],
            first_patrons=[first for _, first in found],
            branches=await store.branches(owner),
        )


def _schema(keyring: Keyring) -> str:
    """A digest of everything the data is made by. PINs are hashed under the installation's key."""
    parts = [migration.checksum for migration in migrations()]
    parts += [(resources.files("faelles.bench") / name).read_text("utf-8") for name in ("fill.sql", "yardstick.sql")]
    parts.append(keyring.lookup_hash("bench", NATION, PIN).hex())
    return sha256("".join(parts).encode()).hexdigest()


async def _make(cluster: RunningCluster, keyring: Keyring, patrons: int, tell: Tell) -> None:
    url = cluster.url(user=cluster.user, password=cluster.password, database=store.TEMPLATE)
    await migrate(url)
    async with open_database(url, connections=2) as database:
        founded = await found_country(database, tell)
    tell("bench_filling", 0, 0)
    counts = shares(agency_seeds(), patrons)
    firsts = [1 + sum(counts[:number]) for number in range(len(counts))]
    rows = [
        (agency, first, count, keyring.hash_pin(agency, PIN))
        for agency, first, count in zip(founded, firsts, counts, strict=True)
    ]
    async with connection(cluster, store.TEMPLATE) as owner:
        await store.fill(owner, rows)


async def found_country(database: Database, tell: Tell) -> list[AgencyId]:
    """Every agency with its rules and calendars, and nobody in it yet."""
    await database.run(NATION, SYSTEM, seed_nation)
    seeds = agency_seeds()
    founded = []
    for number, seed in enumerate(seeds):
        tell("bench_founding", number, len(seeds))
        founded.append(await _found(database, seed))
    return founded


async def _found(database: Database, seed: AgencySeed) -> AgencyId:
    agency = await next_agency_id(database)

    async def plant(tx: Transaction) -> None:
        await plant_agency(tx, system_caller(agency), seed)
        await seed_agency(tx)

    await database.run(agency, SYSTEM, plant)
    return agency
