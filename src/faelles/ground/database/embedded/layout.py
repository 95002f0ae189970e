"""Where a cluster's files are, and how its first ones come to be."""

import errno
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from faelles.ground.database.embedded.account import Account, make_system_directory
from faelles.ground.database.embedded.binaries import Binaries
from faelles.ground.database.embedded.errors import ClusterError, Say
from faelles.ground.database.embedded.server import SUPERUSER

_LONGEST_SOCKET = 103
"""Bytes in a Unix socket's path: 107 on Linux, 103 elsewhere."""

_DATA = "data"
_PASSWORD = "password"  # noqa: S105 - the name of a file
_LARGEST_LOG = 10 * 1024 * 1024
_PASSWORD_BYTES = 32
_PRIVATE_FILE = 0o600
_PRIVATE_DIRECTORY = 0o700


@dataclass(frozen=True)
class Layout:
    """The files of one cluster below `home`.

    `cluster/` belongs to the server's user and appears whole or not at all: `data/` is PostgreSQL's own, `password`
    the superuser's. Log and locks lie beside it.
    """

    home: Path

    @property
    def cluster(self) -> Path:
        """What the server's user owns."""
        return self.home / "cluster"

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.cluster / _DATA

    @property
    def password(self) -> Path:
        """The superuser's password, readable by the server's user and root."""
        return self.cluster / _PASSWORD

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.home / "server.log"

    @property
    def lock(self) -> Path:
        """Held while the server is being started or stopped."""
        return self.home / "starting.lock"

    @property
    def owner(self) -> Path:
        """Held by the process that will stop the server, for as long as it lives; its number is inside."""
        return self.home / "owner.lock"


def choose_home(directory: Path, account: Account, system_directory: Path, say: Say) -> Path:
    """Make and return the cluster's home: `directory`, or where the server's user cannot get there a place it can.

    The other place follows from the path alone. A database that exists in either stays where it is, whatever has become
    of the directories' permissions: an empty one must not take its place.

    Raises:
        OSError: neither can be made.
    """
    if not account.assumed:
        account.make_directory(directory)
        return directory
    elsewhere = system_directory / hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    nearest = next(path for path in (directory, *directory.parents) if path.exists())
    if not nearest.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(nearest))
    if Layout(directory).cluster.exists():
        return directory
    if not Layout(elsewhere).cluster.exists() and account.can_enter(nearest):
        account.make_directory(directory)
        return directory
    make_system_directory(system_directory)
    account.make_directory(elsewhere)
    say(f"{directory} is closed to the user {account.name}, whom PostgreSQL runs as: the database is in {elsewhere}.")
    return elsewhere


def initialise(layout: Layout, binaries: Binaries, account: Account, *, durable: bool) -> None:
    """Make a new cluster aside and move it into place whole, so that a killed first start leaves no half database.

    Raises:
        ClusterError: `initdb` refused; its words are in the message.
    """
    for leftover in layout.home.glob("new-*"):
        # The orphan of a killed start may still be writing there; what stays goes at a later start.
        shutil.rmtree(leftover, ignore_errors=True)
    staging = Path(tempfile.mkdtemp(prefix="new-", dir=layout.home))
    account.give(staging)
    password = staging / _PASSWORD
    _write_password(password)
    account.give(password)
    syncing = () if durable else ("--no-sync",)
    where = (f"--pgdata={staging / _DATA}", f"--pwfile={password}")
    made = account.run([binaries.program("initdb"), *where, *_INITDB, *syncing])
    if made.returncode != 0:
        shutil.rmtree(staging)
        reason = made.stderr.strip() or made.stdout.strip()
        raise ClusterError("cluster_not_made", place=str(layout.home), reason=reason)
    staging.rename(layout.cluster)


_INITDB = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    "--no-instructions",
)


def _write_password(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE_FILE)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secrets.token_urlsafe(_PASSWORD_BYTES))
        stream.flush()
        os.fsync(stream.fileno())


def check_cluster(layout: Layout, major: int) -> None:
    """Refuse data of another major version, or without its password, untouched.

    Raises:
        ClusterError: the versions differ, or the cluster is not whole.
    """
    try:
        found = (layout.data / "PG_VERSION").read_text().strip()
        layout.password.read_text()
    except FileNotFoundError as error:
        raise ClusterError("cluster_not_whole", place=str(layout.cluster), file=str(error.filename)) from error
    if found != str(major):
        raise ClusterError("cluster_of_other_version", place=str(layout.home), made_by=found, installed=major)


def socket_directory(home: Path, account: Account) -> Path:
    """Make and return a private directory for the socket.

    It is in the home, or where that path is too long for a socket in the system's directory for temporary files.

    Raises:
        ClusterError: somebody else has made that directory first.
    """
    inside = home / "run"
    # A comma separates hosts in a connection string.
    if len(os.fsencode(inside / ".s.PGSQL.65535")) <= _LONGEST_SOCKET and "," not in str(inside):
        directory = inside
    else:
        directory = Path(tempfile.gettempdir()) / f"faelles-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    if not os.path.lexists(directory):
        directory.mkdir(mode=_PRIVATE_DIRECTORY)
        account.give(directory)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or stat.S_IMODE(found.st_mode) & 0o077:
        raise ClusterError("cluster_socket_not_private", place=str(directory), user=account.name)
    return directory


def open_log(layout: Layout) -> int:
    """Return a descriptor to append to the log; a large one is set aside first, in place of the one before it."""
    if layout.log.exists() and layout.log.lstat().st_size > _LARGEST_LOG:
        layout.log.rename(layout.log.with_suffix(".log.1"))
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(layout.log, flags, _PRIVATE_FILE)
