"""The embedded database as its users see it: start, connect, stop."""

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self
from urllib.parse import quote

from faelles.ground.database.embedded.account import Account, choose_account, owning_account
from faelles.ground.database.embedded.binaries import Binaries, installed_programs, provide_binaries
from faelles.ground.database.embedded.errors import ClusterError, Say
from faelles.ground.database.embedded.layout import (
    Layout,
    check_cluster,
    choose_home,
    initialise,
    open_log,
    socket_directory,
)
from faelles.ground.database.embedded.locks import claim, exclusive
from faelles.ground.database.embedded.server import (
    SOCKET_PORT,
    SUPERUSER,
    Server,
    await_answer,
    await_end,
    clear_leftovers,
    end_server,
    find_server,
    launch_server,
    log_tail,
)
from faelles.ground.database.embedded.settings import server_settings

_IMMEDIATE_LIMIT = 15.0
_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


def _say_nothing(_: str) -> None:
    """Take progress that nobody wants to hear of."""


@dataclass(frozen=True)
class EmbeddedCluster:
    """A PostgreSQL cluster in a directory of the user's; several processes may share it.

    `data_directory` is made when missing. Limits are in seconds. `system_directory` is used by root alone.
    """

    data_directory: Path
    start_limit: float = 60.0
    stop_limit: float = 20.0
    system_directory: Path = Path("/var/lib/faelles")

    def start(
        self, *, settings: Mapping[str, str] = _NO_SETTINGS, tcp_port: int | None = None, say: Say = _say_nothing
    ) -> "RunningCluster":
        """Start the server, or find the one that another process started; make the database at the first start.

        `settings` are server settings that differ from the defaults. It listens on a private Unix socket, and on
        127.0.0.1 only when `tcp_port` is given. Neither changes a server that is found running.
        The first process owns the server and stops it. When it dies without doing so, the next one to start owns the
        server that it finds.

        Raises:
            ClusterError: it cannot be done; the message says what was tried and what to do.
        """
        try:
            return self._start(_Wish(settings, tcp_port, say))
        except OSError as error:
            raise ClusterError("cluster_not_started", place=str(self.data_directory), reason=str(error)) from error

    def _start(self, wish: "_Wish") -> "RunningCluster":
        say = wish.say
        account = choose_account(say)
        layout = Layout(choose_home(self.data_directory.resolve(), account, self.system_directory, say))
        with exclusive(layout.lock, self.start_limit):
            account = owning_account(layout.cluster, account)
            binaries = provide_binaries(installed_programs(), account, self.system_directory, say)
            ownership = _claim_ownership(layout)
            try:
                start = _Start(self, wish, layout, account, binaries)
                server, child = start.serve(may_launch=ownership is not None or _owner_is_visible(layout))
            except BaseException:
                if ownership is not None:
                    os.close(ownership)
                raise
        return RunningCluster(
            socket_directory=server.socket_directory,
            port=server.port,
            password=layout.password.read_text(),
            binaries=binaries,
            layout=layout,
            stop_limit=self.stop_limit,
            _ownership=ownership,
            _child=child,
        )


@dataclass
class RunningCluster:
    """A server that answers, and how to reach it. Use as a context manager, or call `stop`.

    `layout` tells where its files are.
    """

    socket_directory: Path
    port: int
    password: str = field(repr=False)
    binaries: Binaries
    layout: Layout
    stop_limit: float
    _ownership: int | None = field(repr=False)
    _child: subprocess.Popen[bytes] | None = field(repr=False)
    _process: int = field(default_factory=os.getpid, repr=False)
    user: str = SUPERUSER

    @property
    def owned(self) -> bool:
        """Whether `stop` will stop the server: a process that found it running, or was forked off, leaves it be."""
        return self._ownership is not None and self._process == os.getpid()

    @property
    def owner_url(self) -> str:
        """The superuser's connection string for the database `postgres`; it holds the password."""
        return self.url(user=self.user, password=self.password, database="postgres")

    def url(self, *, user: str, password: str, database: str) -> str:
        """Return a connection string over the socket, in the form that libpq and asyncpg share."""
        host = quote(str(self.socket_directory), safe="")
        return f"postgresql://{quote(user)}:{quote(password, safe='')}@/{quote(database)}?host={host}&port={self.port}"

    def tool_environment(self, database: str = "postgres") -> dict[str, str]:
        """Return what pgbench, psql and pg_dump read from their environment to connect as the superuser."""
        return {
            "PGHOST": str(self.socket_directory),
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": database,
        }

    def stop(self) -> None:
        """Stop the server if this process owns it: fast, and after `stop_limit` seconds at once. May be repeated.

        Raises:
            ClusterError: the server did not end.
        """
        if self._ownership is None or not self.owned:
            self._let_go()
            return
        with exclusive(self.layout.lock, self.stop_limit):
            try:
                end_server(self.layout.data, self._child, self.stop_limit, _IMMEDIATE_LIMIT)
            finally:
                os.close(self._ownership)
                self._ownership = None

    def _let_go(self) -> None:
        """Leave to its owner a server that was started here because the owner's own had died."""
        if self._child is not None and self._child.poll() is None:
            # Else Popen warns of a forgotten child.
            self._child.returncode = 0
        self._child = None

    def __enter__(self) -> Self:
        """Return the running cluster itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()


@dataclass(frozen=True)
class _Wish:
    """What the caller of one start asks for."""

    settings: Mapping[str, str]
    tcp_port: int | None
    say: Say


@dataclass(frozen=True)
class _Start:
    """One start, under the lock."""

    cluster: EmbeddedCluster
    wish: _Wish
    layout: Layout
    account: Account
    binaries: Binaries

    def serve(self, *, may_launch: bool) -> tuple[Server, subprocess.Popen[bytes] | None]:
        """Return a server that answers, and its process when it was started here."""
        deadline = time.monotonic() + self.cluster.start_limit
        if not self.layout.cluster.exists():
            self.wish.say(f"Making the database in {self.layout.home}.")
            durable = self.wish.settings.get("fsync") != "off"
            initialise(self.layout, self.binaries, self.account, durable=durable)
        check_cluster(self.layout, self.binaries.major)
        found = find_server(self.layout.data)
        if found is not None and found.status == "stopping":
            await_end(self.layout.data, deadline)
            found = None
        if found is not None:
            self.wish.say(f"The database is running already (process {found.pid}).")
            return self._wait(None, deadline, log_start=0), None
        if not may_launch:
            raise ClusterError("cluster_held_elsewhere", place=str(self.layout.home))
        return self._launch(deadline)

    def _launch(self, deadline: float) -> tuple[Server, subprocess.Popen[bytes]]:
        clear_leftovers(self.layout.data, deadline)
        settings = server_settings(
            self.wish.settings,
            socket_directory(self.layout.home, self.account),
            self.wish.tcp_port or SOCKET_PORT,
            tcp=self.wish.tcp_port is not None,
        )
        log = open_log(self.layout)
        try:
            log_start = os.fstat(log).st_size
            child = launch_server(self.binaries, self.account, self.layout.data, settings, log)
        finally:
            os.close(log)
        try:
            server = self._wait(child, deadline, log_start)
        except BaseException:
            end_server(self.layout.data, child, self.cluster.stop_limit, _IMMEDIATE_LIMIT)
            raise
        self.wish.say(f"PostgreSQL runs as {self.account.name} (process {server.pid}), data in {self.layout.home}.")
        return server, child

    def _wait(self, child: subprocess.Popen[bytes] | None, deadline: float, log_start: int) -> Server:
        try:
            return await_answer(self.binaries, self.layout.data, child, deadline)
        except ClusterError as error:
            told = {"log": str(self.layout.log), "lines": log_tail(self.layout.log, log_start)}
            raise ClusterError(error.code, **(error.parameters | told)) from error


def _claim_ownership(layout: Layout) -> int | None:
    ownership = claim(layout.owner)
    if ownership is not None:
        os.truncate(ownership, 0)
        os.write(ownership, str(os.getpid()).encode())
    return ownership


def _owner_is_visible(layout: Layout) -> bool:
    """Tell a living owner whose server died from one in another container, whose server may be alive unseen."""
    try:
        os.kill(int(layout.owner.read_text()), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True
