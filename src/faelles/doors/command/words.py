"""In which language the command line speaks: FAELLES_LANGUAGE, else the terminal's own, else English."""

import os
from collections.abc import Mapping

from typer import rich_utils

from faelles.ground.errors import MisconfiguredError
from faelles.ground.i18n import Language, text

_SETTING = "FAELLES_LANGUAGE"


def language_of(environment: Mapping[str, str]) -> Language:
    """`da` and `da_DK.UTF-8` are Danish. The C locale, like everything else, is English."""
    names = (_SETTING, "LC_ALL", "LC_MESSAGES", "LANG")
    wish = next((environment[name] for name in names if environment.get(name)), "")
    return Language.DANISH if wish.lower().startswith("da") else Language.ENGLISH


def check_language(environment: Mapping[str, str]) -> None:
    """Raise MisconfiguredError for a FAELLES_LANGUAGE that is none of ours. The terminal's own may be any."""
    wish = environment.get(_SETTING, "")
    if wish and wish.lower()[:2] not in list(Language):
        raise MisconfiguredError("command_language_unknown", given=wish[:64])


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
    rich_utils.RICH_HELP = words("usage_try", how="[blue]'{command_path} {help_option}'[/]")
