"""Sentences that reach the terminal in English (Typer's about how a command was typed, the embedded database's about
its start), said in the language of this terminal. What is not known here stays as it is.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import typer
from typer import TyperException
from typer._click import Context, HelpFormatter  # the types of what it overrides; Typer gives them no other name
from typer._click.core import Parameter
from typer.core import TyperCommand, TyperGroup, TyperOption

from faelles.doors.command.words import LANGUAGE
from faelles.ground.i18n import Language, text

_SENTENCES: Mapping[str, str] = {
    r"Missing argument (?P<which>.+?)\.(?: .*)?": "usage_missing_argument",
    r"Missing option (?P<which>.+?)\.(?: .*)?": "usage_missing_option",
    r"Missing command\.": "usage_missing_command",
    r"No such option: (?P<which>\S+) \(Possible options: (?P<others>.+)\)": "usage_no_such_option_but",
    r"No such option: (?P<which>\S+)": "usage_no_such_option",
    r"No such command (?P<which>'.*?')\. Did you mean (?P<others>.+)\?": "usage_no_such_command_but",
    r"No such command (?P<which>.+)\.": "usage_no_such_command",
    r"Got unexpected extra argument\(s\) \((?P<which>.*)\)": "usage_too_many_arguments",
    r"Option (?P<which>'.*?') requires an argument\.": "usage_option_needs_value",
    r"Option (?P<which>'.*?') does not take a value\.": "usage_option_without_value",
    r"Invalid value for (?P<which>'.*?'): (?P<inner>.+)": "usage_invalid_value_for",
    r"Invalid value: (?P<inner>.+)": "usage_invalid_value",
    r"(?:[Ff]ile|[Pp]ath) (?P<which>'.*') does not exist\.": "usage_no_such_file",
    r"(?:[Ff]ile|[Pp]ath) (?P<which>'.*') is a directory\.": "usage_is_a_directory",
    r"(?:[Ff]ile|[Pp]ath) (?P<which>'.*') is not readable\.": "usage_not_readable",
    r"(?:[Ff]ile|[Pp]ath|[Dd]irectory) (?P<which>'.*') is not writable\.": "usage_not_writable",
    r"(?:[Ff]ile|[Pp]ath|[Dd]irectory) (?P<which>'.*') is a file\.": "usage_is_a_file",
    r"(?:[Dd]irectory) (?P<which>'.*') does not exist\.": "usage_no_such_directory",
    r"Could not open file (?P<which>'.*?'): .+": "usage_not_readable",
    r"(?P<which>'.*') is not one of (?P<choices>.+)\.": "usage_no_choice",
    r"Value (?P<which>'.*') is not a valid \S+\.": "usage_not_valid",
    r"Argument (?P<which>'.*?') takes (?P<count>\d+) values\.": "usage_takes_several",
    r"Option (?P<which>'.*?') requires (?P<count>\d+) arguments\.": "usage_takes_several",
    r"Input should be a valid integer.*": "usage_no_whole_number",
    r"Input should be greater than or equal to (?P<least>\S+?)\.?": "usage_too_small",
    r"Input should be less than or equal to (?P<most>\S+?)\.?": "usage_too_large",
    r"Input should be a valid (?:date|datetime).*": "usage_no_moment",
    r"Input should be a valid number.*": "usage_no_number",
    r"Input should be a valid boolean.*": "usage_no_truth",
    r"PostgreSQL refuses to run as root: it runs as the new system user (?P<user>.+)\.": "database_user_made",
    r"Copying PostgreSQL's programs to (?P<target>.+?): .+": "database_programs_copied",
    r"Making the database in (?P<place>.+)\.": "database_made",
    r"The database is running already \(process (?P<process>\d+)\)\.": "database_runs_already",
    r"PostgreSQL runs as (?P<user>.+?) \(process (?P<process>\d+)\), data in (?P<place>.+)\.": "database_started",
    r"(?P<closed>.+?) is closed to the user (?P<user>.+?), whom .+: the database is in (?P<place>.+)\.": (
        "database_elsewhere"
    ),
}
_KNOWN = tuple((re.compile(pattern, re.DOTALL), code) for pattern, code in _SENTENCES.items())


def in_our_words(sentence: str, language: Language = LANGUAGE) -> str:
    """The sentence in `language`, with the sentence inside it, where Typer has put one there."""
    for pattern, code in _KNOWN:
        if found := pattern.fullmatch(sentence):
            parts = {name: part for name, part in found.groupdict().items() if part is not None}
            if "inner" in parts:
                parts["inner"] = in_our_words(parts["inner"], language)
            return text(code, language, parts)
    return sentence


class _Mistyped(typer.BadParameter):
    """What is wrong with a command line, as one whole sentence."""

    def format_message(self) -> str:
        return self.message


@contextmanager
def _told_in_our_words() -> Iterator[None]:
    try:
        yield
    except _Mistyped:
        raise
    except TyperException as problem:
        context = getattr(problem, "ctx", None)
        # A command group without a command: its message is the help, which is ours already.
        if type(problem).__name__ == "NoArgsIsHelpError":
            raise
        raise _Mistyped(in_our_words(problem.format_message()), ctx=context) from None


def _write_usage(command: TyperCommand | TyperGroup, ctx: Context, formatter: HelpFormatter) -> None:
    pieces = " ".join(command.collect_usage_pieces(ctx))
    for theirs, code in (("[OPTIONS]", "usage_options"), ("COMMAND [ARGS]...", "usage_command")):
        pieces = pieces.replace(theirs, text(code, LANGUAGE))
    formatter.write_usage(ctx.command_path, pieces, prefix=text("usage_usage", LANGUAGE))


def _explained(help_option: TyperOption | None) -> TyperOption | None:
    if help_option is not None:
        help_option.help = text("usage_help", LANGUAGE)
    return help_option


class _Command(TyperCommand):
    def get_params(self, ctx: Context) -> list[Parameter]:
        """With the words in which a password is asked for a second time, which Typer takes from nobody."""
        found = super().get_params(ctx)
        for each in found:
            if isinstance(each, TyperOption) and each.confirmation_prompt is True:
                each.confirmation_prompt = text("usage_once_more", LANGUAGE)
        return found

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """What takes one value and is given two is refused: the last of them alone would be heard."""
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        for each, times in Counter(given).items():
            if times > 1 and isinstance(each, TyperOption) and not (each.multiple or each.is_flag or each.count):
                raise _Mistyped(text("usage_option_once", LANGUAGE, {"which": max(each.opts, key=len)}), ctx=ctx)
        return super().parse_args(ctx, args)

    def get_help_option(self, ctx: Context) -> TyperOption | None:
        return _explained(super().get_help_option(ctx))

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        _write_usage(self, ctx, formatter)


class _Group(TyperGroup):
    """What is wrong with a command passes through its groups on the way to the terminal."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Context | None = None, **extra: object
    ) -> Context:
        with _told_in_our_words():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Context) -> object:
        with _told_in_our_words():
            return super().invoke(ctx)

    def get_help_option(self, ctx: Context) -> TyperOption | None:
        return _explained(super().get_help_option(ctx))

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        _write_usage(self, ctx, formatter)


def speak_our_words(app: typer.Typer) -> None:
    """Let the app, with all its commands, say how it is used in the language of this terminal."""
    app.info.cls = _Group
    for command in app.registered_commands:
        command.cls = _Command
    for group in app.registered_groups:
        if group.typer_instance is not None:
            group.cls = _Group
            speak_our_words(group.typer_instance)


def retold(say: Callable[[str], None]) -> Callable[[str], None]:
    """`say`, with what it is given in the language of this terminal."""
    return lambda sentence: say(in_our_words(sentence))
