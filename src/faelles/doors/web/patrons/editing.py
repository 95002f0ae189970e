"""Changing what is known of a patron: name, address, protection, language, home branch, the desk's note."""

from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get, post
from msgspec import UNSET

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.patrons.frame import EDIT, THIS_PATRON, frame_of, patron_page
from faelles.doors.web.request import WebRequest
from faelles.ground.fields import Id, LongText, ShortText
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronId
from faelles.patrons.model import ChangePatron, Contact, PhoneText
from faelles.patrons.operations import change


class EditForm(msgspec.Struct, frozen=True, kw_only=True):
    """All of it as it shall be; what is empty is taken away. `sees_contact`: the address stood in the form."""

    version: Id
    name: ShortText
    home_branch: Id
    language: Language
    sees_contact: bool = False
    birth_date: date | None = None
    address_protected: bool = False
    street: ShortText | None = None
    postal_code: ShortText | None = None
    city: ShortText | None = None
    country: ShortText | None = None
    email: Annotated[str, msgspec.Meta(max_length=254)] | None = None
    phone: PhoneText | None = None
    note: LongText | None = None

    def __repr__(self) -> str:
        return "EditForm()"

    @property
    def contact(self) -> Contact:
        return Contact(
            street=self.street,
            postal_code=self.postal_code,
            city=self.city,
            country=self.country,
            email=self.email,
            phone=self.phone,
        )


@get("/patrons/{patron:int}/edit", opt=guarded(EDIT, example=THIS_PATRON))
async def show(request: WebRequest, patron: PathId) -> Response[bytes]:
    return await _page(request, patron)


async def _page(request: WebRequest, patron: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    frame = await request.run(lambda tx: frame_of(tx, request, patron))
    return patron_page(request, "edit", frame, refused=refused)


@post(
    "/patrons/{patron:int}/edit",
    opt=guarded(
        EDIT,
        example=Example(
            path={"patron": "{patron}"},
            body={"version": 1, "name": "Nyt Navn", "home_branch": "{branch}", "language": "da"},
        ),
    ),
)
async def save(request: WebRequest, patron: PathId) -> Response[bytes]:
    """Where somebody else was faster nothing is changed, and what was typed stays in the form."""

    async def do() -> Response[Any]:
        form = await request.typed(EditForm)
        asked = ChangePatron(
            version=form.version,
            name=form.name,
            birth_date=form.birth_date,
            home_branch=form.home_branch,
            language=form.language,
            address_protected=form.address_protected,
            contact=form.contact if form.sees_contact else UNSET,
            note=form.note,
        )
        await request.run(lambda tx: change(tx, request.caller, PatronId(patron), asked))
        return request.go_to(f"/patrons/{patron}?done=patron_changed")

    return await sent(request, "edit", do, lambda refused: _page(request, patron, refused))


router = Router(path="/", route_handlers=[save, show])
