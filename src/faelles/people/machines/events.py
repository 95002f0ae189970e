"""The facts about machines and API clients."""

from faelles.ground.events import Event
from faelles.ground.ids import BranchId, ClientId, MachineId
from faelles.people.model import MachineKind


def machine_created(machine: MachineId, kind: MachineKind, branch: BranchId) -> Event:
    return Event(kind="machine_created", subject=machine, dimensions={"machine_kind": kind.value, "branch": branch})


def machine_changed(machine: MachineId) -> Event:
    return Event(kind="machine_changed", subject=machine)


def machine_disabled(machine: MachineId) -> Event:
    return Event(kind="machine_disabled", subject=machine)


def machine_secret_replaced(machine: MachineId) -> Event:
    return Event(kind="machine_secret_replaced", subject=machine)


def client_created(client: ClientId) -> Event:
    return Event(kind="client_created", subject=client)


def client_changed(client: ClientId) -> Event:
    return Event(kind="client_changed", subject=client)


def client_disabled(client: ClientId) -> Event:
    return Event(kind="client_disabled", subject=client)


def client_secret_replaced(client: ClientId) -> Event:
    return Event(kind="client_secret_replaced", subject=client)
