"""`faelles serve`: answer HTTP, and SIP2 where a port is set for it, until told to stop."""

import typer

from faelles.circulation.holds.following import matching_titles
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
    from prometheus_client import CollectorRegistry  # noqa: PLC0415 - as below

    from faelles.doors.front import DOORS  # noqa: PLC0415 - half a second that other commands need not spend
    from faelles.doors.rest import server  # noqa: PLC0415 - as above
    from faelles.doors.sip2.running import serving_machines  # noqa: PLC0415 - as above

    config = read_config()
    configure_logging(level=config.log_level)
    registry = CollectorRegistry()
    async with (
        running(config, say=retold(remark)) as runtime,
        serving_machines(
            config.sip2,
            runtime.database,
            runtime.keyring,
            registry=registry,
            tell=lambda address: remark(f"sip2 {address}"),
        ),
        matching_titles(runtime.database),
    ):
        await server.serve(config, runtime.database, runtime.keyring, registry=registry, neighbours=DOORS, tell=remark)
