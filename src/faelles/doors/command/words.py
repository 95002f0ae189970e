"""In which language the command line speaks: FAELLES_LANGUAGE, else the terminal's own, else English."""

import os
from collections.abc import Mapping

from typer import rich_utils

from faelles.ground.i18n import Language, text


def language_of(environment: Mapping[str, str]) -> Language:
    """`da` and `da_DK.UTF-8` are Danish. The C locale, like everything else, is English."""
    names = ("FAELLES_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    wish = next((environment[name] for name in names if environment.get(name)), "")
    return Language.DANISH if wish.lower().startswith("da") else Language.ENGLISH


LANGUAGE = language_of(os.environ)
"""Fixed for the life of the process: Typer wants every help text when its functions are read."""


def words(code: str, **parameters: object) -> str:
    """The sentence for `code` in the language of this terminal."""
    return text(code, LANGUAGE, parameters)


def translate_frame() -> None:
    """Put the words around our own, which Typer keeps as constants, into the language as well."""
    rich_utils.ARGUMENTS_PANEL_TITLE = words("command_arguments")
    rich_utils.OPTIONS_PANEL_TITLE = words("command_options")
    rich_utils.COMMANDS_PANEL_TITLE = words("command_commands")
    rich_utils.ERRORS_PANEL_TITLE = words("command_error")
    rich_utils.DEFAULT_STRING = f"[{words('command_default')}: {{}}]"
    rich_utils.ENVVAR_STRING = f"[{words('command_variable')}: {{}}]"
    rich_utils.REQUIRED_LONG_STRING = words("command_required")
    rich_utils.ABORTED_TEXT = words("command_aborted")
