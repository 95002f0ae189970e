"""What is told of float groups."""

from faelles.ground.events import Event


def group_changed(group: int) -> Event:
    return Event(kind="float_group.changed", subject=group)


def group_dissolved(group: int) -> Event:
    return Event(kind="float_group.dissolved", subject=group)
