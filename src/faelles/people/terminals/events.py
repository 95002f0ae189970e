"""The facts about SIP2 machines' settings. What they say and hear is no event."""

from collections.abc import Iterable

from faelles.ground.events import Event
from faelles.ground.ids import MachineId


def profile_changed(machine: MachineId, settings: Iterable[str]) -> Event:
    """`settings`: which, never what they are now: a library's own words may stand in them."""
    return Event(kind="terminal_profile_changed", subject=machine, dimensions={"settings": ",".join(sorted(settings))})


def trace_started(machine: MachineId, hours: int) -> Event:
    return Event(kind="terminal_trace_started", subject=machine, dimensions={"hours": hours})


def trace_stopped(machine: MachineId) -> Event:
    return Event(kind="terminal_trace_stopped", subject=machine)


def maintenance_changed(*, is_on: bool) -> Event:
    return Event(kind="terminal_maintenance_changed", dimensions={"is_on": is_on})
