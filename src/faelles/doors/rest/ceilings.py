"""The most that the nation lets anybody ask, over REST."""

from litestar import Router, get, post
from litestar.params import FromQuery, JSONBody

from faelles.doors.rest.access import Example, for_the_nation, guarded
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, Limit, QueryText
from faelles.doors.rest.request import ApiRequest
from faelles.people.model import Permission
from faelles.policies.ceilings import operations as ceilings
from faelles.policies.ceilings.model import CeilingRecord, ListCeilings, SetCeiling

_VIEW, _EDIT = Permission.POLICY_VIEW, Permission.POLICY_EDIT


@get("/ceilings", opt=guarded(_VIEW, example=Example()), summary="The most the nation lets anybody ask")
async def list_ceilings(
    request: ApiRequest,
    *,
    knob: QueryText = None,
    include_past_and_planned: FromQuery[bool] = False,
    limit: Limit = 50,
    after: After = None,
) -> Page[CeilingRecord]:
    """Those in force now, unless past and planned ones are asked for; the same for every municipality."""
    wanted = ListCeilings(
        knob=knob,
        include_past_and_planned=include_past_and_planned,
        after=read_cursor(after, int) or 0,
        limit=limit,
    )
    found = await request.read(lambda tx: ceilings.list_ceilings(tx, request.caller, wanted))
    return page(found, limit, key=lambda ceiling: ceiling.id)


@post(
    "/ceilings",
    opt=for_the_nation(
        _EDIT,
        example=Example(
            body={"knob": "replacement_processing_fee_ore", "highest_ore": 100_000_000, "source": "Takstkatalog 2026"}
        ),
    ),
    summary="Say the most that anybody may ask (the nation alone)",
)
async def set_ceiling(request: ApiRequest, data: JSONBody[SetCeiling]) -> CeilingRecord:
    """From now or a later moment on; ends the ceiling before it. Rules that say more are capped from that moment.

    403 for every municipality. What stands already is not written again.
    """
    return await request.run(lambda tx: ceilings.set_ceiling(tx, request.caller, data))


router = Router(
    path="/policies",
    route_handlers=[list_ceilings, set_ceiling],
    tags=["policies"],
)
