"""`faelles`: all commands together.

What a command stands on is read only for that command: a check-out from a terminal does not wait for the programs that
bench, simulate or serve.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final

import typer

from faelles.doors.command.foreign_words import speak_our_words
from faelles.doors.command.frame import STOPPED, exit_code, explanation
from faelles.doors.command.output import complain
from faelles.doors.command.unseen import check_typed
from faelles.doors.command.words import check_language, translate_frame, words
from faelles.ground.errors import InvalidRequestError, MisconfiguredError

_BY_THEMSELVES: Final[Mapping[str, Sequence[str]]] = {
    "demo": ("demo",),
    "serve": ("serve",),
    "worker": ("work", "night"),
    "bench": ("bench",),
    "schema": ("migrate",),
    "sign_in": ("login", "logout", "whoami"),
    "circulation": ("checkout", "return", "renew"),
    "desk_agent": ("desk-agent",),
}
"""The modules whose commands stand directly under `faelles`: each has `add_to`."""

_FOR_STAFF: Final = "command_panel_staff"
_FOR_OPERATORS: Final = "command_panel_operator"
_GROUPS: Final[Mapping[str, tuple[str, str]]] = {
    "hold": ("hold", _FOR_STAFF),
    "booking": ("booking", _FOR_STAFF),
    "interlibrary": ("interlibrary", _FOR_STAFF),
    "lending": ("lending", _FOR_STAFF),
    "logistics": ("logistics", _FOR_STAFF),
    "crate": ("crate", _FOR_STAFF),
    "van": ("van", _FOR_STAFF),
    "patron": ("patron", _FOR_STAFF),
    "till": ("till", _FOR_STAFF),
    "debt": ("debt", _FOR_STAFF),
    "neighbour": ("neighbour", _FOR_STAFF),
    "machine": ("machine", _FOR_STAFF),
    "notice": ("notice", _FOR_STAFF),
    "newsletter": ("newsletter", _FOR_STAFF),
    "policy": ("policy", _FOR_STAFF),
    "privacy": ("privacy", _FOR_STAFF),
    "register": ("register", _FOR_STAFF),
    "load": ("load", _FOR_OPERATORS),
    "staff": ("staff", _FOR_OPERATORS),
    "sign-in": ("sign_in_provider", _FOR_OPERATORS),
    "simulate": ("simulate", _FOR_OPERATORS),
    "sip2": ("sip2", _FOR_OPERATORS),
    "keys": ("keys", _FOR_OPERATORS),
}
"""The groups of commands in the order of the help: the module, which has `app`, and whom the group is for."""


def application(wanted: str = "") -> typer.Typer:
    """The command or group called `wanted` as `faelles` has it; all of them where there is none of that name."""
    translate_frame()
    app = typer.Typer(
        help=words("command_faelles"),
        callback=_faelles,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    by_themselves = [module for module, names in _BY_THEMSELVES.items() if wanted in names]
    groups = [name for name in _GROUPS if name == wanted]
    is_known = bool(by_themselves or groups)
    for module in by_themselves if is_known else _BY_THEMSELVES:
        _module(module).add_to(app)
    for name in groups if is_known else _GROUPS:
        module, readers = _GROUPS[name]
        app.add_typer(_module(module).app, name=name, rich_help_panel=words(readers))
    speak_our_words(app)
    return app


def _faelles() -> None:
    """Its being there keeps Typer from taking a single command for the whole program."""


def _module(name: str) -> Any:  # noqa: ANN401 - a module, of which mypy knows nothing by its name
    return import_module(f"faelles.doors.command.{name}")


def main() -> None:
    try:
        check_language(os.environ)
        check_typed(sys.argv)
        application(*sys.argv[1:2])()
    except (MisconfiguredError, InvalidRequestError) as problem:
        complain(explanation(problem))
        raise SystemExit(exit_code(problem)) from None
    except KeyboardInterrupt:
        # While a command's modules are still being read; from then on `perform` sees to it.
        raise SystemExit(STOPPED) from None
