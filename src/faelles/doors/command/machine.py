"""`faelles machine`: self-checks, sorters, doors and readers, by staff who see to them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
import typer

from faelles.doors.command.acting import Branch, Desk, Token, as_staff, checked, request
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.words import words
from faelles.ground.errors import NotFoundError, invalid_field
from faelles.ground.ids import MachineId
from faelles.people.machines import operations as machines
from faelles.people.machines.model import Machine, MachineChange, MachineSecret, NewMachine
from faelles.people.machines.terminal import TerminalProfile
from faelles.people.model import MachineKind
from faelles.people.terminals import operations as terminals
from faelles.people.terminals.model import (
    TRACE_HOURS,
    TRACE_ROWS,
    ProfileChange,
    ProfileShown,
    StartTrace,
    TerminalStatus,
    TraceLine,
)

app = typer.Typer(help=words("command_machine"), no_args_is_help=True)

Name = Annotated[str, typer.Argument(help=words("machine_name"), show_default=False)]
OwnName = Annotated[str, typer.Argument(help=words("machine_own_name"), show_default=False)]
Kind = Annotated[MachineKind, typer.Option("--kind", help=words("machine_kind"))]
Called = Annotated[str, typer.Option("--name", help=words("machine_called"), show_default=False)]
Speaks = Annotated[str | None, typer.Option("--language", help=words("machine_language"), show_default=False)]
Settings = Annotated[list[str], typer.Argument(help=words("machine_settings"), show_default=False)]
Start = Annotated[bool, typer.Option("--start", help=words("machine_trace_start"))]
Stop = Annotated[bool, typer.Option("--stop", help=words("machine_trace_stop"))]
Hours = Annotated[int, typer.Option(help=words("machine_trace_hours"))]
Rows = Annotated[int, typer.Option(help=words("machine_trace_rows"))]
After = Annotated[int, typer.Option(min=0, help=words("machine_trace_after"))]
IsOn = Annotated[bool, typer.Argument(help=words("machine_maintenance_on"), show_default=False)]

_AT_A_TIME = 200
_TEXTS: Final = {"institution", "currency", "default_bin", "welcome", "library_name"}
"""Settings that are texts though they may look like numbers."""
_SETS: Final = {"extensions", "personal", "alerting"}
_NOTHING: Final = {"", "null"}
_AS_WE_CHOOSE: Final = TerminalProfile()


@app.command("list", help=words("machine_list"))
def list_all(*, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[TerminalStatus]:
        found: list[TerminalStatus] = []
        after = 0
        while page := await terminals.list_statuses(desk.tx, desk.caller, after=after, limit=_AT_A_TIME):
            found += page
            after = page[-1].machine
        return found

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    show_table(
        ["machine_username", "machine_kind_column", "command_name", "machine_state", "machine_last_seen"],
        [(each.username, each.kind, each.name, words(_state(each)), each.last_seen_at) for each in found],
    )


@app.command("create", help=words("machine_create"))
def create(
    username: OwnName,
    *,
    name: Called,
    kind: Kind = MachineKind.SELF_CHECK,
    branch: Branch = None,
    language: Speaks = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> MachineSecret:
        given = {"username": username, "name": name, "kind": kind, "language": language}
        new = request(NewMachine, given | {"branch": await desk.branch(branch)})
        return await machines.create_machine(desk.tx, desk.caller, new)

    _show_secret(as_staff(work, token=token, as_json=as_json), as_json=as_json)


@app.command("rotate-secret", help=words("machine_rotate"))
def rotate_secret(name: Name, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> MachineSecret:
        return await machines.replace_machine_secret(desk.tx, desk.caller, (await _named(desk, name)).id)

    _show_secret(as_staff(work, token=token, as_json=as_json), as_json=as_json)


@app.command("disable", help=words("machine_disable"))
def disable(name: Name, *, token: Token = None) -> None:
    _switch(name, token, is_disabled=True)
    tell("machine_disabled", name=name)


@app.command("enable", help=words("machine_enable"))
def enable(name: Name, *, token: Token = None) -> None:
    _switch(name, token, is_disabled=False)
    tell("machine_enabled", name=name)


def _switch(name: str, token: str | None, *, is_disabled: bool) -> None:
    async def work(desk: Desk) -> None:
        machine = await _named(desk, name)
        await machines.change_machine(desk.tx, desk.caller, machine.id, MachineChange(is_disabled=is_disabled))

    as_staff(work, token=token)


@app.command("show", help=words("machine_show"))
def show_one(name: Name, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> tuple[TerminalStatus, ProfileShown]:
        machine = (await _named(desk, name)).id
        status = await terminals.show_status(desk.tx, desk.caller, machine)
        return status, await terminals.show_profile(desk.tx, desk.caller, machine)

    status, profile = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show({"status": status, "profile": profile})
        return
    show_table(["command_what", "command_value"], _lines(status), title=status.username)
    show_table(
        ["machine_message", "machine_outcome", "machine_number"],
        [(each.message, words(f"machine_outcome_{each.outcome}"), each.number) for each in status.counts],
    )
    _show_profile(profile)


@app.command("set", help=words("machine_set"))
def change_profile(name: Name, settings: Settings, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> ProfileShown:
        change = _change(settings)
        return await terminals.change_profile(desk.tx, desk.caller, (await _named(desk, name)).id, change)

    profile = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(profile)
        return
    _show_profile(profile)


@app.command("trace", help=words("machine_trace"))
def trace(
    name: Name,
    *,
    start: Start = False,
    stop: Stop = False,
    hours: Hours = TRACE_HOURS,
    rows: Rows = TRACE_ROWS,
    after: After = 0,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> datetime | list[TraceLine]:
        if start and stop:
            raise invalid_field("--start", "command_only_one", options="--start, --stop")
        machine = (await _named(desk, name)).id
        if start:
            wanted = request(StartTrace, {"hours": hours, "rows": rows})
            return await terminals.start_trace(desk.tx, desk.caller, machine, wanted)
        if stop:
            await terminals.stop_trace(desk.tx, desk.caller, machine)
            return []
        return await _whole_trace(desk, machine, after)

    answer = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(answer)
    elif isinstance(answer, datetime):
        tell("machine_trace_started", until=answer)
    elif answer:
        show_table(
            ["machine_trace_id", "machine_trace_at", "machine_trace_direction", "machine_trace_frame"],
            [(each.id, each.at, words(f"machine_trace_{each.direction}"), each.frame) for each in answer],
        )
    else:
        tell("machine_trace_stopped" if stop else "machine_trace_empty")


@app.command("maintenance", help=words("machine_maintenance"))
def maintenance(is_on: IsOn, *, token: Token = None) -> None:
    async def work(desk: Desk) -> None:
        await terminals.set_maintenance(desk.tx, desk.caller, is_on=is_on)

    as_staff(work, token=token)
    tell("machine_maintenance_begun" if is_on else "machine_maintenance_over")


async def _named(desk: Desk, name: str) -> Machine:
    """The agency's machine with that username, whole or without the agency's ISIL in front."""
    wanted = name.strip().lower()
    after = 0
    while page := await machines.list_machines(desk.tx, desk.caller, after=after, limit=_AT_A_TIME):
        for machine in page:
            if wanted in {machine.username, machine.username.partition(".")[2]}:
                return machine
        after = page[-1].id
    raise NotFoundError("machine_not_found")


async def _whole_trace(desk: Desk, machine: MachineId, after: int) -> list[TraceLine]:
    found: list[TraceLine] = []
    while page := await terminals.read_trace(desk.tx, desk.caller, machine, after=after, limit=_AT_A_TIME):
        found += page
        after = page[-1].id
    return found


def _change(settings: Sequence[str]) -> ProfileChange:
    """`name=value` each: a text, a number, true or false, codes between commas, or JSON."""
    given: dict[str, object] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise invalid_field(setting[:64], "machine_setting_malformed")
        if name.strip() in given:
            raise invalid_field(name.strip()[:64], "machine_setting_twice")
        given[name.strip()] = _value(name.strip(), value.strip())
    return checked(ProfileChange, given)


def _value(name: str, text: str) -> object:
    if text in _NOTHING:
        return msgspec.to_builtins(getattr(_AS_WE_CHOOSE, name, None))
    if name in _TEXTS:
        return text
    if name in _SETS:
        return [code.strip() for code in text.strip("[]").split(",") if code.strip()]
    try:
        value: object = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return value


def _show_secret(made: MachineSecret, *, as_json: bool) -> None:
    if as_json:
        show(made)
        return
    tell("machine_secret_shown_once", username=made.username, secret=made.secret)


def _state(status: TerminalStatus) -> str:
    if status.is_disabled:
        return "machine_state_disabled"
    if status.in_maintenance:
        return "machine_state_maintenance"
    return "machine_state_connected" if status.connected_since else "machine_state_away"


def _lines(status: TerminalStatus) -> Iterator[tuple[str, object]]:
    yield words("command_name"), status.name
    yield words("machine_kind_column"), status.kind
    yield words("machine_state"), words(_state(status))
    yield words("machine_connected_since"), status.connected_since
    yield words("machine_connected_from"), status.connected_from
    yield words("machine_connected_over"), status.connected_over
    yield words("machine_served_by"), status.served_by
    yield words("machine_last_seen"), status.last_seen_at
    yield words("machine_traced_until"), status.traced_until


def _show_profile(profile: ProfileShown) -> None:
    own: Mapping[str, object] = msgspec.to_builtins(TerminalProfile(**msgspec.structs.asdict(profile)))
    show_table(
        ["machine_setting", "command_value", "machine_chosen"],
        [
            (name, _written(value), words("machine_chosen_yes") if name in own else None)
            for name, value in msgspec.to_builtins(profile).items()
        ],
        title=words("machine_profile"),
    )


def _written(value: object) -> str | None:
    """As `set` takes it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(sorted(value))
    return msgspec.json.encode(value).decode()
