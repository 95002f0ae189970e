"""The data set of the desk."""

from datetime import timedelta

from faelles.agencies.planting import plant_agency
from faelles.agencies.seeds import AgencySeed, agency_seeds
from faelles.agencies.store import next_agency_id
from faelles.bench import store
from faelles.bench.country import Country
from faelles.bench.model import Tell
from faelles.bench.stage import connection
from faelles.bench.template import Recipe, copy_for_run, schema, share_rows
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.database.embedded import RunningCluster
from faelles.ground.database.migrate import migrate
from faelles.ground.database.pool import open_database
from faelles.ground.ids import NATION, AgencyId
from faelles.people.model import system_caller
from faelles.policies.seeds import seed_agency, seed_nation


async def provide(cluster: RunningCluster, keyring: Keyring, patrons: int, tell: Tell, *, fresh: bool) -> Country:
    """A database of that size for one run, as `store.RUN`; made anew where `fresh` or where none fits."""
    recipe = Recipe(
        names=store.DATABASES,
        patrons=patrons,
        schema=schema(keyring, [store.script("fill.sql"), store.script("yardstick.sql")]),
        is_still_good=lambda made_at, now: now - made_at < timedelta(days=store.TOO_OLD_DAYS),
        make=lambda: _make(cluster, keyring, patrons, tell),
    )
    await copy_for_run(cluster, recipe, tell, fresh=fresh)
    async with connection(cluster, store.RUN) as owner:
        found = await store.shares(owner)
        return Country(
            patrons=patrons,
            agencies=[agency for agency, _ in found],
            first_patrons=[first for _, first in found],
            branches=await store.branches(owner),
        )


async def _make(cluster: RunningCluster, keyring: Keyring, patrons: int, tell: Tell) -> None:
    url = cluster.url(user=cluster.user, password=cluster.password, database=store.TEMPLATE)
    await migrate(url)
    async with open_database(url, connections=2) as database:
        founded = await found_country(database, tell)
    tell("bench_filling", 0, 0)
    async with connection(cluster, store.TEMPLATE) as owner:
        await store.fill(owner, share_rows(keyring, founded, patrons))


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
