"""Notices over REST: wording and trying it out, wishes, what was sent to whom, and what could not be delivered."""

from collections.abc import Mapping
from datetime import time
from typing import Annotated

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from faelles.doors.rest.access import Example, guarded, own_account
from faelles.doors.rest.clock_times import ClockText
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, Limit, PathCode, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronId
from faelles.notices.looking import operations as looking
from faelles.notices.looking.model import (
    MessageLine,
    MessageView,
    ReportBounce,
    SentAgain,
    WriteToPatron,
    Written,
)
from faelles.notices.model import Form, Topic
from faelles.notices.templates import operations as templates
from faelles.notices.templates.model import NoticeTemplate, Preview, PreviewNotice, SetTemplate
from faelles.notices.wishes import operations as wishes
from faelles.notices.wishes.model import Channels, KindName, Wishes
from faelles.people.model import Permission

_THIS_PATRON = {"patron": "{patron}"}
_THIS_MESSAGE = {"message": "{notice_message}"}
_WORDING = {"kind": "hold_ready", "form": "full", "language": "da"}
_WISHES = {
    "channels": {"due": ["email"]},
    "kinds": {"loan_receipt": True},
    "quiet_from": "21:30",
    "quiet_until": "07:00",
}


class TypedWishes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As `Wishes`, with hours as people write them."""

    channels: Mapping[Topic, Channels] = {}
    kinds: Annotated[Mapping[KindName, bool], Meta(max_length=60)] = {}
    quiet_from: ClockText | None = None
    quiet_until: ClockText | None = None
    digest: bool = False

    @property
    def meant(self) -> Wishes:
        hours = [None if each is None else time.fromisoformat(each) for each in (self.quiet_from, self.quiet_until)]
        return Wishes(
            channels=self.channels, kinds=self.kinds, quiet_from=hours[0], quiet_until=hours[1], digest=self.digest
        )


PathForm = Annotated[Form, PathParameter()]
PathLanguage = Annotated[Language, PathParameter()]


@get("/templates", opt=guarded(Permission.AGENCY_VIEW, example=Example()), summary="The wording in force")
async def list_templates(request: ApiRequest) -> Page[NoticeTemplate]:
    """One for every kind, form and language: the agency's own, else the nation's, else the program's. One page."""
    return Page(items=await request.read(lambda tx: templates.list_templates(tx, request.caller)), next=None)


@get(
    "/templates/{kind:str}/{form:str}/{language:str}",
    opt=guarded(Permission.AGENCY_VIEW, example=Example(path=_WORDING)),
    summary="The wording of one kind",
)
async def show_template(request: ApiRequest, kind: PathCode, form: PathForm, language: PathLanguage) -> NoticeTemplate:
    return await request.read(lambda tx: templates.show_template(tx, request.caller, kind, form, language))


@put(
    "/templates/{kind:str}/{form:str}/{language:str}",
    opt=guarded(
        Permission.AGENCY_EDIT,
        example=Example(path=_WORDING, body={"subject": "Kom og hent", "body": "{{ entry.title }} er klar."}),
    ),
    summary="Word a kind anew",
)
async def set_template(
    request: ApiRequest, kind: PathCode, form: PathForm, language: PathLanguage, data: JSONBody[SetTemplate]
) -> NoticeTemplate:
    """Refused with its faults where it cannot be used: it is tried out before it is kept."""
    return await request.run(lambda tx: templates.set_template(tx, request.caller, kind, form, language, data))


@delete(
    "/templates/{kind:str}/{form:str}/{language:str}",
    opt=guarded(Permission.AGENCY_EDIT, example=Example(path={**_WORDING, "kind": "hold_expired"})),
    summary="Go back to the nation's wording, or the program's",
)
async def end_template(request: ApiRequest, kind: PathCode, form: PathForm, language: PathLanguage) -> None:
    await request.run(lambda tx: templates.end_template(tx, request.caller, kind, form, language))


@post(
    "/previews",
    status_code=200,
    opt=guarded(Permission.AGENCY_VIEW, example=Example(body={"kind": "due_soon", "patron": "{patron}"})),
    summary="Try out a wording on a patron's own data",
)
async def preview(request: ApiRequest, data: JSONBody[PreviewNotice]) -> Preview:
    """Sends nothing."""
    return await request.run(lambda tx: templates.preview(tx, request.caller, data))


@get(
    "/undeliverable",
    opt=guarded(Permission.WORKLIST, example=Example()),
    summary="Messages nobody took, or that came back",
)
async def list_undeliverable(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[MessageLine]:
    start = read_cursor(after, int) or 0
    lines = await request.run(lambda tx: looking.undeliverable(tx, request.caller, after=start, limit=limit))
    return page(lines, limit, key=lambda line: line.id)


@get(
    "/messages/{message:int}",
    opt=guarded(Permission.PATRON_VIEW, example=Example(path=_THIS_MESSAGE)),
    summary="One message, its words and each try to deliver it",
)
async def show_message(request: ApiRequest, message: PathId) -> MessageView:
    return await request.run(lambda tx: looking.show_message(tx, request.caller, message))


@post(
    "/messages/{message:int}/resend",
    opt=guarded(Permission.WORKLIST, example=Example(path={"message": "{failed_message}"})),
    summary="Say again what could not be delivered",
)
async def resend(request: ApiRequest, message: PathId) -> SentAgain:
    """By whatever reaches the patron now; what is no longer true is left out."""
    return await request.run(lambda tx: looking.resend(tx, request.caller, message))


@post(
    "/messages/{message:int}/settlement",
    status_code=204,
    opt=guarded(Permission.WORKLIST, example=Example(path={"message": "{failed_message}"})),
    summary="It was dealt with otherwise",
)
async def settle(request: ApiRequest, message: PathId) -> None:
    await request.run(lambda tx: looking.settle(tx, request.caller, message))


@post(
    "/messages/{message:int}/handover",
    status_code=204,
    opt=guarded(Permission.WORKLIST, example=Example(path={"message": "{failed_message}"})),
    summary="It was given to the patron on paper",
)
async def hand_over(request: ApiRequest, message: PathId) -> None:
    """That is written notice: the time of a warning of exclusion runs from today."""
    await request.run(lambda tx: looking.hand_over(tx, request.caller, message))


@post(
    "/messages/{message:int}/bounce",
    status_code=204,
    opt=guarded(Permission.WORKLIST, example=Example(path=_THIS_MESSAGE, body={"detail": "5.1.1"})),
    summary="A message that was taken came back",
)
async def report_bounce(request: ApiRequest, message: PathId, data: JSONBody[ReportBounce]) -> None:
    """For mail gateways that read what comes back. Told twice it is told once."""
    await request.run(lambda tx: looking.report_bounce(tx, request.caller, message, data))


@get(
    "/{patron:int}/messages",
    opt=guarded(Permission.PATRON_VIEW, example=Example(path=_THIS_PATRON)),
    summary="What was sent to a patron, the latest first",
)
async def list_messages(
    request: ApiRequest, patron: PathId, limit: Limit = 50, after: After = None
) -> Page[MessageLine]:
    before = read_cursor(after, int)
    lines = await request.run(
        lambda tx: looking.list_messages(tx, request.caller, PatronId(patron), before=before, limit=limit)
    )
    return page(lines, limit, key=lambda line: line.id)


@post(
    "/{patron:int}/messages",
    opt=guarded(
        Permission.PATRON_EDIT,
        example=Example(
            path=_THIS_PATRON, body={"branch": "{branch}", "text": "Du har glemt din paraply.", "key": "desk-1-4711"}
        ),
    ),
    summary="Write to a patron by hand",
)
async def write_to_patron(request: ApiRequest, patron: PathId, data: JSONBody[WriteToPatron]) -> Written:
    """The same key again is the same message."""
    keyring = request.services.keyring
    return await request.run(lambda tx: looking.write_to_patron(tx, request.caller, keyring, PatronId(patron), data))


@get(
    "/{patron:int}/notice-wishes",
    opt=guarded(Permission.PATRON_VIEW, example=Example(path=_THIS_PATRON)),
    summary="What a patron wishes about notices",
)
async def show_wishes(request: ApiRequest, patron: PathId) -> Wishes:
    return await request.run(lambda tx: wishes.show_wishes(tx, request.caller, PatronId(patron)))


@put(
    "/{patron:int}/notice-wishes",
    opt=guarded(Permission.PATRON_EDIT, example=Example(path=_THIS_PATRON, body=_WISHES)),
    summary="Set what a patron wishes about notices",
)
async def set_wishes(request: ApiRequest, patron: PathId, data: JSONBody[TypedWishes]) -> Wishes:
    return await request.run(lambda tx: wishes.set_wishes(tx, request.caller, PatronId(patron), data.meant))


@get("/notice-wishes", opt=own_account(example=Example()), summary="What I wish about notices")
async def show_own_wishes(request: ApiRequest) -> Wishes:
    return await request.read(lambda tx: wishes.show_own_wishes(tx, request.caller))


@put("/notice-wishes", opt=own_account(example=Example(body=_WISHES)), summary="Set what I wish about notices")
async def set_own_wishes(request: ApiRequest, data: JSONBody[TypedWishes]) -> Wishes:
    """By which way for which topic, single kinds on or off, hours not to be disturbed, all of a day in one message."""
    return await request.run(lambda tx: wishes.set_own_wishes(tx, request.caller, data.meant))


router = Router(
    path="/",
    route_handlers=[
        Router(
            path="/notices",
            route_handlers=[
                list_templates,
                show_template,
                set_template,
                end_template,
                preview,
                list_undeliverable,
                show_message,
                resend,
                settle,
                hand_over,
                report_bounce,
            ],
        ),
        Router(path="/patrons", route_handlers=[list_messages, write_to_patron, show_wishes, set_wishes]),
        Router(path="/own", route_handlers=[show_own_wishes, set_own_wishes]),
    ],
    tags=["notices"],
)
