"""What a division has set, and what its patrons may choose from."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from faelles.agencies.settings.model import LANGUAGES, NOTIFICATION_PROTOCOLS
from faelles.agencies.settings.operations import show_setting
from faelles.doors.fbs import choice_models as choices
from faelles.doors.fbs.call import Call, Handler
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.ids import PatronGroupId
from faelles.patrons.looking.operations import members_of_groups
from faelles.patrons.profile.operations import list_interests
from faelles.policies.groups.model import Group


async def configuration(call: Call) -> str:
    """What is set for a key, as one text; several values are parted by commas."""
    return ",".join(await _values(call, call.path["key"]))


async def configuration_list(call: Call) -> list[str]:
    return list(await _values(call, call.path["key"]))


async def languages(call: Call) -> list[str]:
    """What the library speaks with its patrons, as codes."""
    return list(await _values(call, LANGUAGES))


async def notification_protocols(call: Call) -> list[choices.NotificationProtocol]:
    """Ways of being told besides e-mail and SMS."""
    return [choices.NotificationProtocol(name, name) for name in await _values(call, NOTIFICATION_PROTOCOLS)]


async def _values(call: Call, key: str) -> tuple[str, ...]:
    return (await call.read(lambda tx: show_setting(tx, call.caller, call.division, key))).values


async def interests(call: Call) -> choices.PatronInterests:
    offered = await call.read(lambda tx: list_interests(tx, call.caller))
    return choices.PatronInterests({each.code: each.name for each in offered})


async def patron_groups(call: Call) -> choices.PatronGroup:
    """The tree of patron groups, each with how many of the division's patrons are in it or below it."""

    async def work(tx: Transaction) -> choices.PatronGroup:
        settings = await call.settings(tx)
        today = local_date(tx.now, settings.directory.agency.time_zone)
        members = await members_of_groups(tx, call.caller, call.division, today)
        groups = settings.patron_groups.values()
        root = next(group for group in groups if group.parent is None)
        return _tree(root, list(groups), members)

    return await call.read(work)


def _tree(group: Group, groups: Sequence[Group], members: Mapping[PatronGroupId, int]) -> choices.PatronGroup:
    children = tuple(_tree(each, groups, members) for each in groups if each.parent == group.id)
    return choices.PatronGroup(
        patron_group_id=group.id,
        name=group.code,
        description=group.name_da,
        members_count=members.get(PatronGroupId(group.id), 0) + sum(each.members_count for each in children),
        child_groups=children,
    )


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "configuration": configuration,
        "configuration_list": configuration_list,
        "languages": languages,
        "notification_protocols": notification_protocols,
        "interests": interests,
        "patron_groups": patron_groups,
    }
)
