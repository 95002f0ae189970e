"""A new borrower at the desk: one form, and the patron is open when it is sent."""

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, Router, get, post

from faelles.doors.newcomers import group_of_birth
from faelles.doors.rest.access import Example, guarded
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.fields import Id, ShortText
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronGroupId
from faelles.patrons.identifiers import IdentifierKind
from faelles.patrons.model import (
    Contact,
    IdentifierText,
    NewIdentifier,
    NewMembership,
    PhoneText,
    Pin,
    RegisterPatron,
    Role,
)
from faelles.patrons.operations import register
from faelles.patrons.rules import birth_date, normalised
from faelles.people.model import Permission
from faelles.policies.groups.model import Group, GroupKind
from faelles.policies.groups.operations import list_groups
from faelles.policies.operations import current_settings

_EDIT: Final = Permission.PATRON_EDIT
_SECRET: Final = frozenset({"cpr", "pin"})


class NewBorrowerForm(msgspec.Struct, frozen=True, kw_only=True):
    """What is typed. Nothing of it is shown in a log, and the CPR number not even in the form again."""

    branch: Id
    key: Annotated[str, msgspec.Meta(min_length=8, max_length=64)]
    group: Id | None = None
    """None: that of their age."""
    name: ShortText | None = None
    birth_date: date | None = None
    cpr: IdentifierText | None = None
    card: IdentifierText | None = None
    street: ShortText | None = None
    postal_code: ShortText | None = None
    city: ShortText | None = None
    email: Annotated[str, msgspec.Meta(max_length=254)] | None = None
    phone: PhoneText | None = None
    pin: Pin | None = None
    language: Language = Language.DANISH

    def __repr__(self) -> str:
        return "NewBorrowerForm()"


@get("/patrons/new", opt=guarded(_EDIT, example=Example()))
async def ask(request: WebRequest) -> Response[bytes]:
    return await _form(request)


@post(
    "/patrons/new",
    opt=guarded(
        _EDIT,
        example=Example(
            body={
                "branch": "{branch}",
                "group": "{patron_group}",
                "key": "a-new-borrower",
                "name": "Ny Låner",
                "birth_date": "1990-05-17",
                "card": "NY12345678",
            }
        ),
    ),
    status_code=200,
)
async def add(request: WebRequest) -> Response[bytes]:
    """Sent twice, it is one patron; what does not fit is told beside what was typed."""

    async def do() -> Response[Any]:
        form = await request.typed(NewBorrowerForm)
        registered = await request.run(lambda tx: _register(tx, request, form))
        return request.go_to(f"/desk?patron={registered}")

    return await sent(request, "new", do, lambda refused: _form(request, refused), secret=_SECRET)


async def _register(tx: Transaction, request: WebRequest, form: NewBorrowerForm) -> int:
    desk = await desk_of(tx, request)
    given = [(IdentifierKind.CARD, form.card), (IdentifierKind.CPR, form.cpr), (IdentifierKind.EMAIL, form.email)]
    identifiers = tuple(NewIdentifier(kind, value) for kind, value in given if value)
    asked = RegisterPatron(
        name=form.name or "",
        home_branch=form.branch,
        birth_date=form.birth_date,
        language=form.language,
        contact=Contact(
            street=form.street,
            postal_code=form.postal_code,
            city=form.city,
            email=form.email,
            phone=form.phone,
        ),
        identifiers=identifiers,
        memberships=(
            NewMembership(
                division=desk.branch.division,
                role=Role.BORROWER,
                group=form.group or await _group_of_age(tx, form, identifiers),
            ),
        ),
        pin=form.pin,
    )
    registered = await register(tx, request.caller, request.services.keyring, asked, key=form.key)
    return registered.patron


async def _group_of_age(tx: Transaction, form: NewBorrowerForm, identifiers: Sequence[NewIdentifier]) -> PatronGroupId:
    settings = await current_settings(tx)
    today = local_date(tx.now, settings.directory.agency.time_zone)
    return group_of_birth(settings, birth_date(form.birth_date, normalised(identifiers)), today)


async def _form(request: WebRequest, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> tuple[Desk, list[Group]]:
        return await desk_of(tx, request), await list_groups(tx, request.caller, GroupKind.PATRON)

    desk, groups = await request.read(work)
    context = {
        "desk": desk,
        "groups": [(each.id, each.name(request.language)) for each in groups if each.parent],
        "refused": refused,
        "key": secrets.token_hex(12),
    }
    return request.page("patrons/new.html", context, status=refused.status)


router = Router(path="/", route_handlers=[add, ask])
