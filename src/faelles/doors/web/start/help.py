"""A page of help: what is done where, and the keys."""

from collections.abc import Set as AbstractSet
from typing import Final

from litestar import Response, Router, get

from faelles.doors.rest.access import Example, signed_in
from faelles.doors.web.request import WebRequest
from faelles.people.model import Permission

TOPICS: Final[tuple[tuple[str, str, AbstractSet[Permission]], ...]] = (
    ("desk", "/desk", {Permission.CHECKOUT}),
    ("refused", "/desk", {Permission.CHECKOUT}),
    ("offline", "/desk", {Permission.CHECKOUT}),
    ("class", "/group-loan", {Permission.CHECKOUT}),
    ("patrons", "/patrons", {Permission.PATRON_VIEW}),
    ("fees", "/patrons", {Permission.PATRON_VIEW, Permission.FEE_VIEW}),
    ("titles", "/titles", {Permission.CATALOG_VIEW}),
    ("holds", "/lists/hold-shelf", {Permission.LOGISTICS}),
    ("way", "/lists/on-the-way", {Permission.LOGISTICS}),
    ("work", "/lists/work", {Permission.WORKLIST}),
    ("tills", "/tills", {Permission.TILL_OPERATE}),
    ("rules", "/manage/policies", {Permission.POLICY_VIEW}),
    ("closings", "/manage/closings", {Permission.AGENCY_EDIT}),
    ("staff", "/manage/staff", {Permission.PEOPLE_VIEW}),
    ("events", "/manage/events", {Permission.EVENT_READ}),
)
"""A topic, the page it is about, and what it takes to see both: what somebody may not do, they need not read."""


@get("/help", opt=signed_in(example=Example()))
async def show(request: WebRequest) -> Response[bytes]:
    topics = [(name, path) for name, path, needed in TOPICS if all(map(request.caller.may, needed))]
    return request.page("start/help.html", {"topics": topics})


router = Router(path="/", route_handlers=[show])
