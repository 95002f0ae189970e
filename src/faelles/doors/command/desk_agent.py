"""`faelles desk-agent`: the RFID pad and the printer at a desk, for the desk's page in the browser beside it."""

from pathlib import Path
from typing import Annotated

import typer

from faelles.doors.command.frame import perform
from faelles.doors.command.output import tell
from faelles.doors.command.words import words
from faelles.doors.desk_agent.address import HOST, PORT

Server = Annotated[str, typer.Option("--server", metavar="URL", help=words("desk_agent_server"))]
Simulate = Annotated[bool, typer.Option("--simulate", help=words("desk_agent_simulate"))]
PadProgram = Annotated[str | None, typer.Option("--pad", help=words("desk_agent_pad"), show_default=False)]
PrinterName = Annotated[str | None, typer.Option("--printer", help=words("desk_agent_printer"), show_default=False)]
Port = Annotated[int, typer.Option("--port", min=1, max=65_535, help=words("desk_agent_port"))]
Keep = Annotated[Path | None, typer.Option("--token-file", help=words("desk_agent_token_file"), show_default=False)]


def add_to(app: typer.Typer) -> None:
    app.command("desk-agent", help=words("desk_agent_help"), rich_help_panel=words("command_panel_staff"))(desk_agent)


def desk_agent(
    *,
    server: Server = "http://127.0.0.1:8000",
    simulate: Simulate = False,
    pad: PadProgram = None,
    printer: PrinterName = None,
    port: Port = PORT,
    token_file: Keep = None,
) -> None:
    perform(_run(server, port, simulate=simulate, pad=pad, printer=printer, token_file=token_file))


async def _run(
    server: str, port: int, *, simulate: bool, pad: str | None, printer: str | None, token_file: Path | None
) -> None:
    from faelles.doors.desk_agent import server as agent  # noqa: PLC0415 - half a second other commands need not spend
    from faelles.doors.desk_agent.pad import PretendedPad, start_supplier  # noqa: PLC0415 - as above
    from faelles.doors.desk_agent.pairing import Pairing  # noqa: PLC0415 - as above
    from faelles.doors.desk_agent.printing import PretendedPrinter, SystemPrinter  # noqa: PLC0415 - as above

    origin = server.rstrip("/")
    keep = token_file or Path.home() / ".faelles-desk-agent"
    pairing = Pairing(origin, keep, lambda code: tell("desk_agent_code", shown=code))
    if simulate:
        desk = agent.Desk(pairing, PretendedPad(), PretendedPrinter())
    else:
        found = await start_supplier(pad) if pad else None
        desk = agent.Desk(pairing, found, None if printer is None else SystemPrinter(printer))
    await agent.serve(desk, port, lambda: tell("desk_agent_open", address=f"http://{HOST}:{port}", origin=origin))
