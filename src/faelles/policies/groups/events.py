"""What the trees tell. `subject` is the group."""

from faelles.ground.events import Event
from faelles.policies.groups.model import Group, GroupKind


def group_added(kind: GroupKind, group: Group) -> Event:
    return Event(
        kind=f"{kind.value}_group_added", subject=group.id, dimensions={"code": group.code, "parent": group.parent}
    )


def group_renamed(kind: GroupKind, group: Group) -> Event:
    return Event(
        kind=f"{kind.value}_group_renamed",
        subject=group.id,
        dimensions={"code": group.code, "name_da": group.name_da, "name_en": group.name_en},
    )
