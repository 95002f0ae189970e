"""Letting the operator's supporters in, for a time; and when they have been let in."""

from typing import Annotated

from litestar import Response, Router, get, post
from litestar.params import QueryParameter

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import PAGE, manage_page
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.fields import HIGHEST_ID
from faelles.people.model import Permission
from faelles.people.support import operations as support
from faelles.people.support.model import NewSupportGrant, SupportGrant

Position = Annotated[int, QueryParameter(ge=0, le=HIGHEST_ID)]

_GRANT = Permission.SUPPORT_GRANT


@get("/manage/support", opt=guarded(Permission.PEOPLE_VIEW, example=Example()))
async def show_support(request: WebRequest, after: Position = 0) -> Response[bytes]:
    return await _support(request, after)


async def _support(request: WebRequest, after: int = 0, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        found = await support.list_support_grants(tx, request.caller, after=after, limit=PAGE)
        return {
            "open": [each for each in found if _is_open(tx, each)],
            "past": [each for each in reversed(found) if not _is_open(tx, each)],
            "more": found[-1].id if len(found) == PAGE else None,
        }

    return manage_page(request, "support", await request.read(work), refused=refused)


def _is_open(tx: Transaction, grant: SupportGrant) -> bool:
    return grant.revoked_at is None and grant.expires_at > tx.now


@post(
    "/manage/support",
    opt=guarded(_GRANT, example=Example(body={"reason": "Fejl ved fornyelse", "hours": 2})),
    status_code=200,
)
async def grant_support(request: WebRequest) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(NewSupportGrant)
        await request.run(lambda tx: support.grant_support(tx, request.caller, form))
        return request.go_to("/manage/support?done=support_granted")

    return await sent(request, "support", do, lambda refused: _support(request, 0, refused))


@post(
    "/manage/support/{grant:int}/revoked",
    opt=guarded(_GRANT, example=Example(path={"grant": "{support_grant}"}, body={})),
    status_code=200,
)
async def revoke_support(request: WebRequest, grant: PathId) -> Response[bytes]:
    """At once, whoever is inside."""

    async def do() -> Response[bytes]:
        await request.run(lambda tx: support.revoke_support(tx, request.caller, grant))
        return request.go_to("/manage/support?done=support_revoked")

    return await sent(request, "revoke", do, lambda refused: _support(request, 0, refused))


router = Router(path="/", route_handlers=[grant_support, revoke_support, show_support])
