"""The server process: found by what it left on disk, started, waited for and ended."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from faelles.ground.database.embedded.account import Account, clean_environment
from faelles.ground.database.embedded.binaries import Binaries
from faelles.ground.database.embedded.errors import ClusterError

SUPERUSER = "postgres"
SOCKET_PORT = 5432
"""Only part of the socket's name while no TCP port is asked for."""

_PAUSE = 0.005
_LOG_LINES = 15
_LOG_TAIL_BYTES = 16_384
_PROCESSES = Path("/proc")
_PID_FILE = "postmaster.pid"


@dataclass(frozen=True)
class Server:
    """A server process as its `postmaster.pid` describes it; `status` is PostgreSQL's own word for its phase."""

    pid: int
    port: int
    socket_directory: Path
    status: str


def find_server(data: Path) -> Server | None:
    """Return the server that lives in `data`, or None; a file left behind by a dead one does not count."""
    server = _read_pid_file(data)
    return server if server is not None and _lives_in(server.pid, data) else None


def launch_server(
    binaries: Binaries, account: Account, data: Path, settings: Mapping[str, str], log: int
) -> subprocess.Popen[bytes]:
    """Start the server without waiting; it writes to the descriptor `log`."""
    options = [f"--{name}={value}" for name, value in settings.items()]
    return account.spawn([binaries.program("postgres"), "-D", data, *options], log)


def await_answer(binaries: Binaries, data: Path, child: subprocess.Popen[bytes] | None, deadline: float) -> Server:
    """Wait until the server accepts connections.

    Raises:
        ClusterError: it ended, or did not answer before `deadline` (of the monotonic clock); the caller adds the `log`.
    """
    while time.monotonic() < deadline:
        if child is not None and child.poll() is not None:
            raise ClusterError("cluster_ended_at_once", status=child.returncode)
        server = find_server(data)
        if server is None and child is None:
            raise ClusterError("cluster_ended_starting")
        if server is not None and server.status == "ready" and _answers(binaries, server):
            return server
        time.sleep(_PAUSE)
    raise ClusterError("cluster_silent")


def await_end(data: Path, deadline: float) -> bool:
    """Wait for a server that is on its way out; return whether it is gone."""
    return _wait_until(lambda: find_server(data) is None, deadline)


def end_server(data: Path, child: subprocess.Popen[bytes] | None, fast_limit: float, immediate_limit: float) -> None:
    """Shut down fast (connections are cut, data flushed), and if that takes too long at once (recovery at next start).

    Raises:
        ClusterError: the process is still there.
    """
    pid = _pid_to_end(data, child)
    if pid is None:
        return
    for order, limit in ((signal.SIGINT, fast_limit), (signal.SIGQUIT, immediate_limit)):
        try:
            os.kill(pid, order)
        except ProcessLookupError:
            return
        if _wait_until(lambda: _pid_to_end(data, child) is None, time.monotonic() + limit):
            return
    raise ClusterError("cluster_does_not_end", process=pid)


def clear_leftovers(data: Path, deadline: float) -> None:
    """Make way after a server that was killed, or a machine that was switched off.

    The server's children outlive it for a moment, and keep its shared memory. After a restart its process number may
    belong to somebody else, which would keep PostgreSQL from starting for ever. Where processes cannot be listed the
    decision is left to PostgreSQL.

    Raises:
        ClusterError: processes of a dead server are still at work in `data`.
    """
    stale = _read_pid_file(data)
    if stale is None or not _processes_listed():
        return
    if not _wait_until(lambda: not _inhabitants(data), deadline):
        raise ClusterError("cluster_leftovers", processes=", ".join(map(str, _inhabitants(data))))
    (data / _PID_FILE).unlink(missing_ok=True)
    if stale.socket_directory.is_absolute():
        for name in (f".s.PGSQL.{stale.port}", f".s.PGSQL.{stale.port}.lock"):
            (stale.socket_directory / name).unlink(missing_ok=True)


def log_tail(log: Path, start: int) -> str:
    """Return the last lines written since byte `start`."""
    with log.open("rb") as stream:
        end = stream.seek(0, os.SEEK_END)
        stream.seek(max(start, end - _LOG_TAIL_BYTES))
        lines = stream.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-_LOG_LINES:])


def _read_pid_file(data: Path) -> Server | None:
    """Read the lines pid, data directory, start time, port, socket directory, address, shared memory, status.

    PostgreSQL writes them bit by bit; until the last one is there the server counts as starting.
    """
    try:
        lines = [line.strip() for line in (data / _PID_FILE).read_text().splitlines()]
    except FileNotFoundError:
        return None
    if not lines or not lines[0].isdecimal():
        return None
    pid, _, _, port, directory, _, _, status = [*lines, *[""] * 8][:8]
    return Server(int(pid), int(port or SOCKET_PORT), Path(directory), status or "starting")


def _answers(binaries: Binaries, server: Server) -> bool:
    target = ["-h", str(server.socket_directory), "-p", str(server.port), "-U", SUPERUSER, "-d", "postgres"]
    question = [str(binaries.program("pg_isready")), "--quiet", "--timeout=3", *target]
    answer = subprocess.run(question, check=False, env=clean_environment())  # noqa: S603 - PostgreSQL's own, no shell
    return answer.returncode == 0


def _pid_to_end(data: Path, child: subprocess.Popen[bytes] | None) -> int | None:
    if child is not None and child.poll() is None:
        return child.pid
    server = find_server(data)
    return server.pid if server is not None else None


def _lives_in(pid: int, data: Path) -> bool:
    """Tell whether a live process works in `data`, as every server process does; zombies work nowhere."""
    if _processes_listed():
        try:
            process = _PROCESSES / str(pid)
            return (process / "comm").read_text().strip() == "postgres" and (process / "cwd").samefile(data)
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _inhabitants(data: Path) -> list[int]:
    pids = [int(path.name) for path in _PROCESSES.iterdir() if path.name.isdecimal()]
    return [pid for pid in pids if _lives_in(pid, data)]


def _processes_listed() -> bool:
    return (_PROCESSES / "self" / "cwd").exists()


def _wait_until(reached: Callable[[], bool], deadline: float) -> bool:
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True
