"""The night's data set: made once a day, kept, and copied for every run."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

import msgspec

from faelles.agencies.seeds import agency_seeds
from faelles.bench import store as databases
from faelles.bench.country import BLOCK, PIN, shares
from faelles.bench.data_set import connection, found_country
from faelles.bench.model import Tell
from faelles.bench.night import store
from faelles.fees.neighbours.model import Adapter, Role, SetNeighbour
from faelles.fees.neighbours.operations import set_neighbour
from faelles.ground.actor import SYSTEM
from faelles.ground.config import Config
from faelles.ground.database import Database
from faelles.ground.database.embedded import RunningCluster
from faelles.ground.database.migrate import migrate, migrations
from faelles.ground.database.pool import open_database
from faelles.ground.ids import NATION, AgencyId
from faelles.people.model import system_caller


class Note(msgspec.Struct, frozen=True):
    """What the template says of itself; another schema, key or size makes another template, and so does another day."""

    patrons: int
    schema: str
    made_at: datetime

    def serves(self, patrons: int, schema: str, now: datetime) -> bool:
        is_tonight = now - self.made_at < timedelta(hours=store.TOO_OLD_HOURS) and now.date() == self.made_at.date()
        return self.patrons == patrons and self.schema == schema and is_tonight


async def provide(cluster: RunningCluster, config: Config, patrons: int, tell: Tell, *, fresh: bool) -> None:
    """A country of that many patrons for one night, as `store.RUN`; made anew where `fresh` or where none fits."""
    patrons = -(-patrons // BLOCK) * BLOCK
    schema = _schema(config)
    async with connection(cluster, "postgres") as server:
        written = await databases.template_note(server, store.DATABASES)
        note = msgspec.json.decode(written, type=Note) if written else None
        if fresh or note is None or not note.serves(patrons, schema, datetime.now(UTC)):
            await databases.new_template(server, store.DATABASES)
            await _make(cluster, config, patrons, tell)
            said = msgspec.json.encode(Note(patrons, schema, datetime.now(UTC))).decode()
            await databases.finish_template(server, store.DATABASES, said)
        tell("bench_copying", 0, 0)
        await databases.new_run(server, store.DATABASES)


def _schema(config: Config) -> str:
    """A digest of everything the data is made by. PINs are hashed under the installation's key."""
    parts = [*(migration.checksum for migration in migrations()), store.script()]
    parts.append(config.keyring.lookup_hash("bench", NATION, PIN).hex())
    return sha256("".join(parts).encode()).hexdigest()


async def _make(cluster: RunningCluster, config: Config, patrons: int, tell: Tell) -> None:
    url = cluster.url(user=cluster.user, password=cluster.password, database=store.TEMPLATE)
    await migrate(url)
    async with open_database(url, connections=2) as database:
        founded = await found_country(database, tell)
        for agency in founded:
            await _choose_debtor_system(database, config, agency)
    async with connection(cluster, store.TEMPLATE) as owner:
        await store.fill(owner, _rows(config, founded, patrons), partial(tell, "bench_filling"))


def _rows(config: Config, founded: Sequence[AgencyId], patrons: int) -> list[tuple[int, int, int, bytes]]:
    counts = shares(agency_seeds(), patrons)
    firsts = [1 + sum(counts[:number]) for number in range(len(counts))]
    return [
        (agency, first, count, config.keyring.hash_pin(agency, PIN))
        for agency, first, count in zip(founded, firsts, counts, strict=True)
    ]


async def _choose_debtor_system(database: Database, config: Config, agency: AgencyId) -> None:
    """One that takes files: what the night writes for it is measured too."""
    choose = partial(
        set_neighbour,
        caller=system_caller(agency),
        keyring=config.keyring,
        installation=config.installation,
        role=Role.DEBTS,
        request=SetNeighbour(adapter=Adapter.FILE_DROP),
    )
    await database.run(agency, SYSTEM, choose)
