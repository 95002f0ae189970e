"""`faelles`: all commands together."""

import os

import typer

from faelles.doors.command import (
    bench,
    circulation,
    crate,
    debt,
    demo,
    hold,
    keys,
    lending,
    load,
    logistics,
    machine,
    neighbour,
    notice,
    patron,
    policy,
    privacy,
    schema,
    serve,
    sign_in,
    simulate,
    sip2,
    staff,
    till,
    van,
    worker,
)
from faelles.doors.command.foreign_words import speak_our_words
from faelles.doors.command.frame import CANNOT_ANSWER, explanation
from faelles.doors.command.output import complain
from faelles.doors.command.words import check_language, translate_frame, words
from faelles.ground.errors import MisconfiguredError

translate_frame()
app = typer.Typer(
    help=words("command_faelles"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
demo.add_to(app)
serve.add_to(app)
worker.add_to(app)
bench.add_to(app)
schema.add_to(app)
sign_in.add_to(app)
circulation.add_to(app)
app.add_typer(hold.app, name="hold", rich_help_panel=words("command_panel_staff"))
app.add_typer(lending.app, name="lending", rich_help_panel=words("command_panel_staff"))
app.add_typer(logistics.app, name="logistics", rich_help_panel=words("command_panel_staff"))
app.add_typer(crate.app, name="crate", rich_help_panel=words("command_panel_staff"))
app.add_typer(van.app, name="van", rich_help_panel=words("command_panel_staff"))
app.add_typer(patron.app, name="patron", rich_help_panel=words("command_panel_staff"))
app.add_typer(till.app, name="till", rich_help_panel=words("command_panel_staff"))
app.add_typer(debt.app, name="debt", rich_help_panel=words("command_panel_staff"))
app.add_typer(neighbour.app, name="neighbour", rich_help_panel=words("command_panel_staff"))
app.add_typer(machine.app, name="machine", rich_help_panel=words("command_panel_staff"))
app.add_typer(notice.app, name="notice", rich_help_panel=words("command_panel_staff"))
app.add_typer(policy.app, name="policy", rich_help_panel=words("command_panel_staff"))
app.add_typer(privacy.app, name="privacy", rich_help_panel=words("command_panel_staff"))
app.add_typer(load.app, name="load", rich_help_panel=words("command_panel_operator"))
app.add_typer(staff.app, name="staff", rich_help_panel=words("command_panel_operator"))
app.add_typer(simulate.app, name="simulate", rich_help_panel=words("command_panel_operator"))
app.add_typer(sip2.app, name="sip2", rich_help_panel=words("command_panel_operator"))
app.add_typer(keys.app, name="keys", rich_help_panel=words("command_panel_operator"))
speak_our_words(app)


def main() -> None:
    try:
        check_language(os.environ)
    except MisconfiguredError as problem:
        complain(explanation(problem))
        raise SystemExit(CANNOT_ANSWER) from None
    app()
