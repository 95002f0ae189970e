"""The server with a run's database, and how the measured programs come to it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import asyncpg

from faelles.bench.processes import postmaster
from faelles.bench.programs import Server, server
from faelles.bench.store import Connection
from faelles.ground.config import Config
from faelles.ground.database.embedded import RunningCluster
from faelles.ground.database.logins import LOGIN


@dataclass(frozen=True, slots=True)
class Stage:
    cluster: RunningCluster
    database: str
    password: str
    """The application's."""
    config: Config

    @property
    def url(self) -> str:
        return self.cluster.url(user=LOGIN, password=self.password, database=self.database)

    @property
    def owner_url(self) -> str:
        return self.cluster.url(user=self.cluster.user, password=self.cluster.password, database=self.database)

    @property
    def postmaster(self) -> int:
        return postmaster(self.cluster.layout.data)

    @property
    def settings(self) -> dict[str, str]:
        return {"FAELLES_STATE": str(self.config.state_directory), "FAELLES_PRODUCTION": "0"}

    def server(self) -> AbstractAsyncContextManager[Server]:
        """The real one, on this database."""
        return server(self.url, self.owner_url, self.settings)


@asynccontextmanager
async def connection(cluster: RunningCluster, database: str) -> AsyncIterator[Connection]:
    """The superuser's own: to make databases, to fill them, to count. The measured go by the application's role."""
    url = cluster.url(user=cluster.user, password=cluster.password, database=database)
    made: Connection = await asyncpg.connect(url, command_timeout=3600)
    try:
        yield made
    finally:
        await made.close()
