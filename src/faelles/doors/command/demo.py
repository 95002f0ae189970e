"""`faelles demo`: a running library system for all of Denmark in miniature."""

import errno
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from faelles.demo.filling import fill, plans
from faelles.demo.model import RECORD_UNITS, AgencySample, DemoFile, Scale, Step
from faelles.demo.samples import SHOWN, choose_samples, operator_sample
from faelles.demo.web_site import web_site_sample
from faelles.doors.command.demo_told import tell_demo
from faelles.doors.command.foreign_words import retold
from faelles.doors.command.frame import perform
from faelles.doors.command.output import aside, remark, tell
from faelles.doors.command.starting_over import alone, start_over
from faelles.doors.command.words import words
from faelles.doors.runtime import Runtime, running
from faelles.ground.config import Config, read_config
from faelles.ground.database.upkeep import analyze
from faelles.ground.errors import MisconfiguredError
from faelles.ground.log import configure_logging

Reset = Annotated[bool, typer.Option("--reset", help=words("command_demo_reset"))]

_QUIET = "WARNING"
_FILE = "demo.json"
_SIP2_PORT = 6001
_PRIVATE = 0o600
_STEPS: Mapping[Step, str] = {
    Step.AGENCIES: "demo_step_agencies",
    Step.RECORDS: "demo_step_records",
    Step.PATRONS: "demo_step_patrons",
    Step.ITEMS: "demo_step_items",
    Step.LOANS: "demo_step_loans",
}


def add_to(app: typer.Typer) -> None:
    app.command("demo", help=words("command_demo"), rich_help_panel=words("command_panel_operator"))(demo)


def demo(*, reset: Reset = False) -> None:
    run_demo(Scale(), reset=reset)


def run_demo(scale: Scale, *, reset: bool = False) -> None:
    """Fill what is missing, serve it until told to stop, take everything down again."""
    perform(_demo(scale, reset=reset))


async def _demo(scale: Scale, *, reset: bool) -> None:
    started = time.monotonic()
    config = _with_sip2(read_config())
    if config.is_production:
        raise MisconfiguredError("demo_not_in_production")
    configure_logging(level=_QUIET, as_json=False)
    if reset:
        await start_over(config, say=retold(remark))
        _file(config).unlink(missing_ok=True)
    with alone(config):
        _check_ports(config)
        async with running(config, say=retold(remark)) as runtime:
            await _fill(runtime, scale)
            shown = await _shown(runtime, scale)

            def opened(http: str, sip2: str) -> None:
                web_site = shown.fbs and msgspec.structs.replace(shown.fbs, url=f"{http}/rest")
                content = msgspec.structs.replace(shown, http=http, sip2=sip2, fbs=web_site)
                _write(config, content)
                tell_demo(content, _file(config), time.monotonic() - started)

            await _serve(runtime, opened)
        tell("demo_stopped")


async def _shown(runtime: Runtime, scale: Scale) -> DemoFile:
    """What there is to try; the addresses are known only once the servers listen."""
    isils = tuple(isil for isil in SHOWN if scale.isils is None or isil in scale.isils)
    # First, for it lends copies: what is told as free afterwards is free.
    web_site = await web_site_sample(runtime.database, runtime.keyring, isils)
    return DemoFile(
        http="",
        sip2="",
        agencies=tuple(await _samples(runtime, isils)),
        operator=await operator_sample(runtime.database),
        fbs=web_site,
    )


async def _serve(runtime: Runtime, opened: Callable[[str, str], None]) -> None:
    """Everything at once, until told to stop. `opened` is called with the addresses of HTTP and SIP2."""
    from prometheus_client import CollectorRegistry  # noqa: PLC0415 - as below

    from faelles.doors.front import DOORS  # noqa: PLC0415 - half a second that other commands need not spend
    from faelles.doors.rest import server  # noqa: PLC0415 - as above
    from faelles.doors.sip2.running import serving_machines  # noqa: PLC0415 - as above
    from faelles.doors.worker.working import working  # noqa: PLC0415 - as above

    config, database, keyring = runtime.config, runtime.database, runtime.keyring
    registry = CollectorRegistry()
    machines: list[str] = []
    async with (
        serving_machines(config.sip2, database, keyring, registry=registry, tell=machines.append),
        working(runtime),
    ):
        await server.serve(
            config,
            database,
            keyring,
            registry=registry,
            neighbours=DOORS,
            tell=lambda address: opened(address, machines[0]),
        )


def _with_sip2(config: Config) -> Config:
    """The demonstration always serves machines."""
    return replace(config, sip2=replace(config.sip2, port=config.sip2.port or _SIP2_PORT))


def _check_ports(config: Config) -> None:
    """Say before the work what would go wrong after it. The servers open their ports themselves, once there is
    something to serve.
    """
    sip2 = config.sip2
    for host, port, setting in (
        (config.http_host, config.http_port, "FAELLES_HTTP_PORT"),
        (sip2.address, sip2.port or _SIP2_PORT, "FAELLES_SIP2_PORT"),
    ):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            socket.create_server((host, port), family=family).close()
        except OSError as problem:
            address = f"{host}:{port}"
            if problem.errno != errno.EADDRINUSE:
                raise MisconfiguredError("address_not_free", address=address) from problem
            example = f"{setting}={port + 1}"
            raise MisconfiguredError("demo_address_taken", address=address, example=example) from problem


async def _fill(runtime: Runtime, scale: Scale) -> None:
    country = plans(scale)
    totals = {
        Step.AGENCIES: len(country),
        Step.RECORDS: RECORD_UNITS,
        Step.PATRONS: sum(plan.patrons for plan in country),
        Step.ITEMS: sum(plan.items for plan in country),
        Step.LOANS: len(country),
    }
    with _bars() as progress:
        bars = {step: progress.add_task(words(code), total=totals[step]) for step, code in _STEPS.items()}
        is_new = await fill(
            runtime.database, runtime.keyring, scale, lambda step, more: progress.advance(bars[step], more)
        )
        if is_new:
            tidying = progress.add_task(words("demo_step_tidying"), total=None)
            await analyze(runtime.server.owner_url)
            progress.update(tidying, total=1, completed=1)


@contextmanager
def _bars() -> Iterator[Progress]:
    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=aside(), transient=True) as progress:
        yield progress


async def _samples(runtime: Runtime, wanted: Iterable[str]) -> list[AgencySample]:
    earlier = _read(runtime.config)
    tokens = {agency.isil: agency.token for agency in earlier.agencies} if earlier else {}
    return await choose_samples(runtime.database, runtime.keyring, wanted, tokens)


def _file(config: Config) -> Path:
    return config.state_directory / _FILE


def _read(config: Config) -> DemoFile | None:
    """The file of an earlier start, or None where there is none that can be read."""
    try:
        return msgspec.json.decode(_file(config).read_bytes(), type=DemoFile)
    except (OSError, msgspec.DecodeError):
        return None


def _write(config: Config, content: DemoFile) -> None:
    """In place of the one before, whole at every moment; it holds passwords, if only of people who do not exist."""
    new = _file(config).with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode=_PRIVATE)
    new.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2))
    new.replace(_file(config))
