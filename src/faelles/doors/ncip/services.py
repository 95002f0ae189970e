"""Which services are served."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final

from faelles.doors.ncip.changing import cancel_request_item, renew_item, request_item, update_request_item
from faelles.doors.ncip.looking import lookup_item, lookup_request, lookup_user
from faelles.doors.ncip.model import Answer, Asked
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.people.model import Caller

Service = Callable[[Transaction, Caller, Keyring, Asked], Awaitable[Answer]]

SERVICES: Final[Mapping[str, Service]] = MappingProxyType(
    {
        "LookupUser": lookup_user,
        "LookupItem": lookup_item,
        "LookupRequest": lookup_request,
        "RequestItem": request_item,
        "UpdateRequestItem": update_request_item,
        "CancelRequestItem": cancel_request_item,
        "RenewItem": renew_item,
    }
)
"""Those that are one transaction; a new user is looked up elsewhere first."""
CREATE: Final = "CreateUser"
