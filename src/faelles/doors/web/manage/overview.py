"""Where managing begins: what there is to manage, for those who may."""

from litestar import Response, Router, get

from faelles.doors.rest.access import Example, signed_in
from faelles.doors.web.manage.frame import manage_page
from faelles.doors.web.request import WebRequest


@get("/manage", opt=signed_in(example=Example()))
async def overview(request: WebRequest) -> Response[bytes]:
    return manage_page(request, "overview", {})


router = Router(path="/", route_handlers=[overview])
