"""The operating-system user that PostgreSQL runs as: PostgreSQL refuses root."""

import errno
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from faelles.ground.database.embedded.errors import ClusterError, Say

SERVICE_USER = "faelles"
STAND_INS = ("postgres", "nobody")
"""Existing users to fall back on where SERVICE_USER cannot be created."""

_PRIVATE = 0o700
_PASSABLE = 0o711
_SYSTEM_DIRECTORY = 0o755
_USER_DATABASE_LOCKED = 1
"""Exit status of useradd."""

_USERADD_ATTEMPTS = 12
_USERADD_PAUSE = 0.25


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user that can run PostgreSQL.

    `assumed` is true when this process is root and must become that user; otherwise the account is this process's own.
    """

    name: str
    uid: int
    gid: int
    assumed: bool

    @property
    def _identity(self) -> _Identity:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.assumed else {}

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run to the end as this user, in the clean environment, with both outputs captured.

        Raises:
            ClusterError: this process is root by name only.
            OSError: the program cannot be run.
        """
        try:
            return subprocess.run(  # noqa: S603 - PostgreSQL's own programs, no shell
                list(command),
                check=False,
                capture_output=True,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                cwd="/",
                env=clean_environment(),
                **self._identity,
            )
        except PermissionError as error:
            if not self.assumed or error.errno != errno.EPERM:
                raise
            raise ClusterError("cluster_user_barred", user=self.name) from error

    def spawn(self, command: Sequence[str | Path], output: int) -> subprocess.Popen[bytes]:
        """Start as this user in a session of its own, so that Ctrl-C in a terminal reaches only the caller."""
        return subprocess.Popen(  # noqa: S603 - as above
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=clean_environment(),
            start_new_session=True,
            **self._identity,
        )

    def give(self, path: Path) -> None:
        """Hand a file or directory that this process has just made to the account."""
        if self.assumed:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def can_enter(self, directory: Path) -> bool:
        """Ask the operating system itself, as the user: mode bits do not tell of access lists and mounts."""
        return self.run(["/bin/sh", "-c", 'cd -P -- "$1"', "sh", directory]).returncode == 0

    def make_directory(self, directory: Path) -> None:
        """Make a directory that holds the account's files, and whatever is missing above it.

        Only directories made here are opened for passage, and only to let the assumed user through to its own files.
        """
        missing = [path for path in (directory, *directory.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir(exist_ok=True)
            if self.assumed:
                path.chmod(_PASSABLE)
            elif path == directory:
                path.chmod(_PRIVATE)


def choose_account(say: Say) -> Account:
    """Return this process's own user, or as root an unprivileged one, created where none exists.

    Raises:
        ClusterError: there is no user to run PostgreSQL as.
    """
    if os.geteuid() != 0:
        return Account(_name_of(os.geteuid()), os.geteuid(), os.getegid(), assumed=False)
    entry = _lookup(SERVICE_USER) or _create_service_user(say)
    if entry is None:
        entry = next(filter(None, map(_lookup, STAND_INS)), None)
    if entry is None:
        raise ClusterError("cluster_without_user", user=SERVICE_USER, others=", ".join(STAND_INS))
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, assumed=True)


def owning_account(cluster: Path, account: Account) -> Account:
    """Return the user an existing cluster belongs to, which for root may be another stand-in than today's choice.

    Root does not act for ordinary users: their files could lead it astray by links.

    Raises:
        ClusterError: the cluster belongs to a user this process must not act for.
    """
    if not cluster.exists():
        return account
    owner = cluster.lstat()
    if owner.st_uid == account.uid:
        return account
    name = _name_of(owner.st_uid)
    if account.assumed and name in (SERVICE_USER, *STAND_INS):
        return Account(name, owner.st_uid, pwd.getpwuid(owner.st_uid).pw_gid, assumed=True)
    raise ClusterError("cluster_of_other_user", place=str(cluster), owner=name, user=account.name)


def make_system_directory(directory: Path) -> None:
    """Make the directory of root's things that the server's user must reach; an existing one is left as it is."""
    if not directory.exists():
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(_SYSTEM_DIRECTORY)


def clean_environment() -> Mapping[str, str]:
    """Return what PostgreSQL's programs need, without the caller's PG* variables, locale or secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _create_service_user(say: Say) -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None or not os.access("/etc", os.W_OK):
        return None
    command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    for _ in range(_USERADD_ATTEMPTS):
        added = subprocess.run(  # noqa: S603 - the system's own program, fixed arguments
            [*command, "--shell", "/usr/sbin/nologin", SERVICE_USER],
            check=False,
            capture_output=True,
            env=clean_environment(),
        )
        entry = _lookup(SERVICE_USER)
        if entry is not None:
            say(f"PostgreSQL refuses to run as root: it runs as the new system user {SERVICE_USER}.")
            return entry
        if added.returncode != _USER_DATABASE_LOCKED:
            return None
        # Another process is adding users, perhaps this very one.
        time.sleep(_USERADD_PAUSE)
    return None


def _lookup(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
