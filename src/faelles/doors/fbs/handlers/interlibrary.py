"""Another library, or its web site, asks for a title of ours."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from faelles.doors.fbs.call import Call, Handler
from faelles.interlibrary.lending import item_requested
from faelles.interlibrary.model import ItemRequested, RequestedResult

_RESULTS: Final = MappingProxyType(
    {
        RequestedResult.OK: "OK",
        RequestedResult.PATRON_NOT_FOUND: "PATRON_NOT_FOUND",
        RequestedResult.RECORD_NOT_FOUND: "RECORD_NOT_FOUND",
        RequestedResult.NOT_RESERVABLE: "MATERIAL_NOT_RESERVABLE",
        RequestedResult.SENDING_FAILED: "SENDING_FAILURE",
    }
)


class Issue(msgspec.Struct, frozen=True):
    year: str | None = None
    volume: str | None = None
    number: str | None = None


class Asked(msgspec.Struct, frozen=True, rename="camel"):
    record_id: str
    requesting_agency: str
    enduser_id: str
    periodical: Issue | None = None


class InterlibraryLoanResponse(msgspec.Struct, frozen=True, kw_only=True):
    result: str
    successful: bool


async def request_item(call: Call) -> InterlibraryLoanResponse:
    """The library that asks waits as the patron that it is here."""
    asked = call.body(Asked)
    issue = asked.periodical or Issue()
    wanted = ItemRequested(
        record_number=asked.record_id,
        requesting_isil=asked.requesting_agency,
        end_user=asked.enduser_id,
        periodical_year=issue.year or None,
        periodical_volume=issue.volume or None,
        periodical_number=issue.number or None,
    )
    services = call.services
    result = await item_requested(services.database, call.caller, services.keyring, services.installation, wanted)
    return InterlibraryLoanResponse(result=_RESULTS[result], successful=result is RequestedResult.OK)


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType({"request_item": request_item})
