"""Structured logs: one line, one event, for an operator's eyes and without personal data.

Callers log ids, codes, counts and durations. Free text from requests, names, card numbers and secrets are not
logged anywhere; the filter below is the net under that rule, not the rule.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, cast

import structlog

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


def configure_logging(*, level: str = "INFO", as_json: bool = True) -> None:
    """Send every log line, our own and the libraries', to standard error in one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        drop_personal_data,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def drop_personal_data(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank the value of any key that by its name would hold a secret or say who somebody is."""
    for key in event.keys() & _NEVER_LOGGED:
        event[key] = "[removed]"
    return event


def logger(room: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one room, e.g. `logger("circulation.loans")`."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger(room=room))
