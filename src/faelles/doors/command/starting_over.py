"""One demonstration at a time, and how to be rid of it."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from faelles.doors.command import staff_session
from faelles.doors.command.words import words
from faelles.ground.config import Config
from faelles.ground.database.embedded import EmbeddedCluster
from faelles.ground.database.embedded.locks import claim
from faelles.ground.errors import MisconfiguredError

Say = Callable[[str], None]

_LOCK = "demo.lock"
_PATIENCE = 45.0
"""Seconds for a server to finish the requests in work and to stop its database."""
_PAUSE = 0.1


@contextmanager
def alone(config: Config) -> Iterator[None]:
    """Hold the state directory's demonstration. Raises MisconfiguredError where another process has it."""
    config.state_directory.mkdir(parents=True, exist_ok=True)
    lock = config.state_directory / _LOCK
    held = claim(lock)
    if held is None:
        raise MisconfiguredError(
            "demo_runs_already", process=lock.read_text() or "?", state=str(config.state_directory)
        )
    try:
        os.truncate(held, 0)
        os.write(held, str(os.getpid()).encode())
        yield
    finally:
        os.close(held)


async def start_over(config: Config, *, say: Say) -> None:
    """Stop whoever uses the embedded database of this state directory, and delete it with all that went out of it."""
    if config.database_url is not None:
        raise MisconfiguredError("demo_reset_needs_embedded")
    await _stop_holder(config.state_directory / _LOCK, say)
    directory = config.state_directory / "postgresql"
    # Only a started cluster tells where its files are, and whether somebody else runs it.
    with EmbeddedCluster(directory).start() as found:
        home, owner = found.layout.home, None if found.owned else found.layout.owner
    if owner is not None:
        await _stop_holder(owner, say)
    say(words("demo_deleting", place=str(home)))
    shutil.rmtree(home)
    # What went out is of people who are no more, and what the pretended debtor system remembers is of their debts.
    for left in ("outbox", "exchange"):
        shutil.rmtree(config.state_directory / left, ignore_errors=True)
    staff_session.forget(config)


async def _stop_holder(lock: Path, say: Say) -> None:
    """Tell the process that holds a lock to stop, and wait until it has."""
    process = _holder(lock)
    if process is None:
        return
    say(words("demo_stopping", process=process))
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGTERM)
    for _ in range(round(_PATIENCE / _PAUSE)):
        if _holder(lock) is None:
            return
        await asyncio.sleep(_PAUSE)
    raise MisconfiguredError("demo_does_not_stop", process=process)


def _holder(lock: Path) -> int | None:
    """The process that holds a lock, by the number it has written there; None where nobody does."""
    if not lock.exists():
        return None
    held = claim(lock)
    if held is None:
        return int(lock.read_text())
    os.close(held)
    return None
