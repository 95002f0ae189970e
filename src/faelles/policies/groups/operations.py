"""What can be done with the group trees. The nation's groups are changed in a transaction of the nation alone."""

from faelles.ground import events
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, ForbiddenError, NotFoundError
from faelles.people.model import Caller, Permission
from faelles.policies.access import require_whole_agency
from faelles.policies.groups import store
from faelles.policies.groups.events import group_added, group_renamed
from faelles.policies.groups.model import AddGroup, Group, GroupKind, RenameGroup


async def list_groups(tx: Transaction, caller: Caller, kind: GroupKind) -> list[Group]:
    """The whole tree: the nation's groups and the agency's own, parents first."""
    caller.require(Permission.POLICY_VIEW)
    return await store.list_groups(tx, kind)


async def add_group(tx: Transaction, caller: Caller, kind: GroupKind, request: AddGroup) -> Group:
    """Add a group of the agency's own below one of its own or the nation's. The same request again finds it there.

    Raises NotFoundError for an unknown parent, ConflictError for a code that means another group.
    """
    require_whole_agency(caller)
    known = await store.list_groups(tx, kind)
    if request.parent not in {group.id for group in known}:
        raise NotFoundError("group_unknown", group=request.parent)
    same = next((group for group in known if group.code == request.code), None)
    if same is not None:
        if (same.agency, same.parent, same.name_da, same.name_en) == (
            tx.agency,
            request.parent,
            request.name_da,
            request.name_en,
        ):
            return same
        raise ConflictError("group_code_taken")
    wished = Group(
        id=0,
        agency=tx.agency,
        parent=request.parent,
        code=request.code,
        name_da=request.name_da,
        name_en=request.name_en,
    )
    [added] = await store.insert_groups(tx, kind, [wished])
    await events.append(tx, group_added(kind, added))
    return added


async def rename_group(tx: Transaction, caller: Caller, kind: GroupKind, group: int, request: RenameGroup) -> Group:
    """Give a group new names; its code stays. Raises ForbiddenError for a group of the nation's."""
    require_whole_agency(caller)
    known = {known.id: known for known in await store.list_groups(tx, kind)}.get(group)
    if known is None:
        raise NotFoundError("group_unknown", group=group)
    if known.agency != tx.agency:
        raise ForbiddenError("group_is_the_nations", group=group)
    renamed = await store.rename_group(tx, kind, group, request)
    if renamed is None:
        raise NotFoundError("group_unknown", group=group)
    await events.append(tx, group_renamed(kind, renamed))
    return renamed
