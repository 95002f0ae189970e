"""What a division has set, and what its patrons may choose from."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from faelles.agencies.settings.model import LANGUAGES, NOTIFICATION_PROTOCOLS
from faelles.agencies.settings.operations import show_setting
from faelles.doors.fbs import models
from faelles.doors.fbs.call import Call, Handler
from faelles.patrons.profile.operations import list_interests


async def configuration(call: Call) -> str:
    """What is set for a key, as one text; several values are parted by commas."""
    return ",".join(await _values(call, call.path["key"]))


async def configuration_list(call: Call) -> list[str]:
    return list(await _values(call, call.path["key"]))


async def languages(call: Call) -> list[str]:
    """What the library speaks with its patrons, as codes."""
    return list(await _values(call, LANGUAGES))


async def notification_protocols(call: Call) -> list[models.NotificationProtocol]:
    """Ways of being told besides e-mail and SMS."""
    return [models.NotificationProtocol(name, name) for name in await _values(call, NOTIFICATION_PROTOCOLS)]


async def _values(call: Call, key: str) -> tuple[str, ...]:
    return (await call.read(lambda tx: show_setting(tx, call.caller, call.division, key))).values


async def interests(call: Call) -> models.PatronInterests:
    offered = await call.read(lambda tx: list_interests(tx, call.caller))
    return models.PatronInterests({each.code: each.name for each in offered})


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "configuration": configuration,
        "configuration_list": configuration_list,
        "languages": languages,
        "notification_protocols": notification_protocols,
        "interests": interests,
    }
)
