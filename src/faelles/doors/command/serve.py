"""`faelles serve`: answer HTTP until told to stop."""

import typer

from faelles.doors.command.foreign_words import retold
from faelles.doors.command.frame import perform
from faelles.doors.command.output import remark
from faelles.doors.command.words import words
from faelles.doors.runtime import running
from faelles.ground.config import read_config
from faelles.ground.log import configure_logging


def add_to(app: typer.Typer) -> None:
    app.command("serve", help=words("command_serve"), rich_help_panel=words("command_panel_operator"))(serve)


def serve() -> None:
    perform(_serve())


async def _serve() -> None:
    from faelles.doors.rest import server  # noqa: PLC0415 - half a second that other commands need not spend

    config = read_config()
    configure_logging(level=config.log_level)
    async with running(config, say=retold(remark)) as runtime:
        await server.serve(config, runtime.database, runtime.keyring, tell=remark)
