"""How every command runs: settings, an event loop, and one clear sentence when it cannot be done.

Exit codes: 0 done; 1 the library says no, or there is no such thing; 2 the request cannot be understood; 3 not signed
in, or not permitted; 4 this installation cannot answer (settings, database); 130 stopped by Ctrl-C or SIGTERM.
"""

import asyncio
import errno
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import msgspec
import typer
import uvloop

from faelles.doors.command.output import complain
from faelles.doors.command.words import LANGUAGE, words
from faelles.doors.runtime import Runtime, running
from faelles.ground.config import read_config
from faelles.ground.errors import (
    FaellesError,
    ForbiddenError,
    InvalidRequestError,
    MisconfiguredError,
    TooManyAttemptsError,
    UnauthenticatedError,
    UnavailableError,
)
from faelles.ground.i18n import text
from faelles.ground.log import configure_logging

Answer = TypeVar("Answer")

SAYS_NO = 1
NOT_UNDERSTOOD = 2
NOT_ALLOWED = 3
CANNOT_ANSWER = 4
STOPPED = 130

_QUIET = "WARNING"
_OF_THE_MACHINE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EMFILE})
"""What whoever runs it can mend, and we cannot: permissions, a full disk, too few files."""


def perform(work: Coroutine[Any, Any, Answer], *, as_json: bool = False) -> Answer:
    """Run `work` to its end. An error of ours becomes a sentence and an exit code; SIGTERM ends it like Ctrl-C."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_until_told_to_stop(work))
    except FaellesError as problem:
        complain(_as_json(problem) if as_json else explanation(problem))
        raise typer.Exit(exit_code(problem)) from None
    except OSError as problem:
        if problem.errno not in _OF_THE_MACHINE:
            raise
        reason, place = problem.strerror or "?", str(problem.filename or "-")
        refused = MisconfiguredError("system_refused", reason=reason, place=place)
        complain(_as_json(refused) if as_json else explanation(refused))
        raise typer.Exit(CANNOT_ANSWER) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(STOPPED) from None


async def _until_told_to_stop(work: Coroutine[Any, Any, Answer]) -> Answer:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work


def with_runtime(work: Callable[[Runtime], Awaitable[Answer]], *, as_json: bool = False) -> Answer:
    """Run `work` with the database up and its schema in place, and take everything down again."""

    async def started() -> Answer:
        config = read_config()
        configure_logging(level=config.log_level if os.environ.get("FAELLES_LOG_LEVEL") else _QUIET, as_json=False)
        async with running(config) as runtime:
            return await work(runtime)

    return perform(started(), as_json=as_json)


def explanation(problem: FaellesError) -> str:
    """The error as a sentence, and a line for every field that is wrong."""
    lines = [text(problem.code, LANGUAGE, problem.parameters)]
    if isinstance(problem, InvalidRequestError):
        named = ((f"{wrong.field}: " if wrong.field else "", wrong) for wrong in problem.problems)
        lines += [f"  {name}{text(wrong.code, LANGUAGE, wrong.parameters)}" for name, wrong in named]
    return "\n".join(lines)


def exit_code(problem: FaellesError) -> int:
    if isinstance(problem, InvalidRequestError):
        return NOT_UNDERSTOOD
    if isinstance(problem, UnauthenticatedError | ForbiddenError | TooManyAttemptsError):
        return NOT_ALLOWED
    return CANNOT_ANSWER if isinstance(problem, MisconfiguredError | UnavailableError) else SAYS_NO


def _as_json(problem: FaellesError) -> str:
    error: dict[str, object] = {
        "code": problem.code,
        "text": words(problem.code, **problem.parameters),
        "parameters": problem.parameters,
    }
    if isinstance(problem, InvalidRequestError):
        error["problems"] = problem.problems
    return msgspec.json.encode({"error": error}).decode()
