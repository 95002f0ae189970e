"""A database of its own for a life that is simulated: the program's own server, beside the installation's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from faelles.ground.config import Config
from faelles.ground.database.embedded import EmbeddedCluster
from faelles.ground.database.migrate import migrate
from faelles.simulation import store

_SERVER_SETTINGS = {
    # What is lived here is thrown away: nothing of it need outlive a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Tables that grow from nothing to a year's in minutes are counted soon, lest plans made for nothing stay, but only
    # when they have doubled: after each count everything is planned anew, which costs more than it runs for.
    "autovacuum_naptime": "10s",
    "autovacuum_analyze_threshold": "500",
    "autovacuum_analyze_scale_factor": "1",
    "autovacuum_vacuum_scale_factor": "1",
    "autovacuum_vacuum_insert_scale_factor": "1",
}


@asynccontextmanager
async def empty_database(config: Config) -> AsyncIterator[str]:
    """The URL of a database without an agency, made anew each time. Raises what the embedded server raises."""
    with EmbeddedCluster(config.state_directory / "simulation").start(settings=_SERVER_SETTINGS) as cluster:
        server = await asyncpg.connect(
            cluster.url(user=cluster.user, password=cluster.password, database="postgres"), command_timeout=120
        )
        try:
            await store.make_anew(server)
        finally:
            await server.close()
        url = cluster.url(user=cluster.user, password=cluster.password, database=store.LIVED)
        await migrate(url)
        yield url
