"""Locks between processes, held on files and let go by the kernel when the holder dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faelles.ground.database.embedded.errors import ClusterError

_PAUSE = 0.02
_MODE = 0o600


@contextmanager
def exclusive(path: Path, limit: float) -> Iterator[None]:
    """Hold the lock alone; wait for other processes and threads for at most `limit` seconds.

    Raises:
        ClusterError: somebody else still holds the lock.
    """
    deadline = time.monotonic() + limit
    while (held := claim(path)) is None:
        if time.monotonic() > deadline:
            raise ClusterError("cluster_busy", seconds=round(limit), place=str(path))
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        os.close(held)


def claim(path: Path) -> int | None:
    """Take the lock until the returned descriptor is closed, or return None when somebody has it.

    A process forked from the holder keeps the claim alive; one that is executed anew does not.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
