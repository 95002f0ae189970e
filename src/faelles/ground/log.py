"""Structured logs: one line, one event, for an operator's eyes and without personal data.

Callers log ids, codes, counts and durations. Free text from requests, names, card numbers and secrets are not
logged anywhere; the filter below is the net under that rule, not the rule. An exception is told by its type, its
code and the way it came: its words may quote a row or a request.
"""

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, cast

import asyncpg
import msgspec
import structlog

from faelles.ground.errors import FaellesError

_NEVER_LOGGED = frozenset(
    {
        "address",
        "authorization",
        "birth_date",
        "card",
        "cpr",
        "email",
        "name",
        "password",
        "phone",
        "pin",
        "secret",
        "token",
    }
)

_PLAIN = (str, int, float)


def configure_logging(*, level: str = "INFO", as_json: bool = True) -> None:
    """Send every log line, our own and the libraries', to standard error in one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        drop_personal_data,
        structlog.processors.ExceptionRenderer(lambda info: "\n".join(_told(info[1]))),
    ]
    renderer: structlog.typing.Processor = (
        _line if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def _line(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    try:
        return msgspec.json.encode(event, enc_hook=repr).decode()
    except (TypeError, ValueError, OverflowError):
        # Half a character, a number beyond 64 bits: rarer, slower, and logged all the same.
        return json.dumps(event, default=repr, skipkeys=True)


def drop_personal_data(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank the value of any key that by its name would hold a secret or say who somebody is, however deep."""
    for key, value in event.items():
        if _is_personal(key):
            event[key] = "[removed]"
        elif value is not None and not isinstance(value, _PLAIN):
            event[key] = _without_personal_data(value)
    return event


@lru_cache(maxsize=1024)
def _is_personal(key: object) -> bool:
    """`name` and `Name`, and `first_name` too."""
    words = str(key).lower()
    return words in _NEVER_LOGGED or words.rpartition("_")[2] in _NEVER_LOGGED


def _without_personal_data(value: object) -> object:
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, Mapping):
        return {key: "[removed]" if _is_personal(key) else _without_personal_data(each) for key, each in value.items()}
    return [_without_personal_data(each) for each in value] if isinstance(value, list) else value


def _told(problem: BaseException | None) -> Iterator[str]:
    """A line for the exception and for each that led to it, the latest first; below it the frames, innermost last."""
    while problem is not None:
        yield " ".join([type(problem).__name__, *_harmless_words(problem)])
        for frame in traceback.extract_tb(problem.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} {frame.name}"
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)


def _harmless_words(problem: BaseException) -> list[str]:
    """What an exception says without quoting anybody: our code, PostgreSQL's and its constraint, the system's."""
    if isinstance(problem, FaellesError):
        return [problem.code]
    if isinstance(problem, asyncpg.PostgresError):
        return [words for words in (problem.sqlstate, problem.table_name, problem.constraint_name) if words]
    return [problem.strerror] if isinstance(problem, OSError) and problem.strerror else []


def logger(room: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one room, e.g. `logger("circulation.loans")`."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger(room=room))
