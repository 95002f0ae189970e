"""The night's data set, made anew each day."""

from datetime import datetime, timedelta
from functools import partial

from faelles.bench.country import BLOCK
from faelles.bench.data_set import found_country
from faelles.bench.model import Tell
from faelles.bench.night import store
from faelles.bench.stage import connection
from faelles.bench.template import Recipe, copy_for_run, schema, share_rows
from faelles.fees.neighbours.model import Adapter, Role, SetNeighbour
from faelles.fees.neighbours.operations import set_neighbour
from faelles.ground.actor import SYSTEM
from faelles.ground.config import Config
from faelles.ground.database import Database
from faelles.ground.database.embedded import RunningCluster
from faelles.ground.database.migrate import migrate
from faelles.ground.database.pool import open_database
from faelles.ground.ids import AgencyId
from faelles.people.model import system_caller


async def provide(cluster: RunningCluster, config: Config, patrons: int, tell: Tell, *, fresh: bool) -> None:
    """A country of that many patrons for one night, as `store.RUN`; made anew where `fresh` or where none fits."""
    patrons = -(-patrons // BLOCK) * BLOCK
    recipe = Recipe(
        names=store.DATABASES,
        patrons=patrons,
        schema=schema(config.keyring, [store.script()]),
        is_still_good=_is_tonight,
        make=lambda: _make(cluster, config, patrons, tell),
    )
    await copy_for_run(cluster, recipe, tell, fresh=fresh)


def _is_tonight(made_at: datetime, now: datetime) -> bool:
    return now - made_at < timedelta(hours=store.TOO_OLD_HOURS) and now.date() == made_at.date()


async def _make(cluster: RunningCluster, config: Config, patrons: int, tell: Tell) -> None:
    url = cluster.url(user=cluster.user, password=cluster.password, database=store.TEMPLATE)
    await migrate(url)
    async with open_database(url, connections=2) as database:
        founded = await found_country(database, tell)
        for agency in founded:
            await _choose_debtor_system(database, config, agency)
    async with connection(cluster, store.TEMPLATE) as owner:
        await store.fill(owner, share_rows(config.keyring, founded, patrons), partial(tell, "bench_filling"))


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
