"""`faelles`: all commands together."""

import typer

from faelles.doors.command import keys, schema
from faelles.doors.command.words import translate_frame, words

translate_frame()
app = typer.Typer(
    help=words("command_faelles"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
schema.add_to(app)
app.add_typer(keys.app, name="keys")


def main() -> None:
    app()
