"""Privacy over REST: the record of processing, the report, consents, a person's own file, erasure and its replay."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import Response, Router, get, post, put
from litestar.params import FromQuery, JSONBody, PathParameter

from faelles.doors.rest.access import OPT_KINDS, Example, guarded, own_account
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import AccountId, PatronId
from faelles.people.model import Caller, Permission
from faelles.privacy.consents import operations as consents
from faelles.privacy.consents.model import ConsentLine, ConsentSet, SetConsent
from faelles.privacy.erasing import operations as erasing
from faelles.privacy.erasing import replaying
from faelles.privacy.erasing.model import AskErasure, BookkeepingName, Erased, ErasureLine, OwnErasure, Replayed
from faelles.privacy.model import Standing
from faelles.privacy.operations import report
from faelles.privacy.person.model import PersonFile
from faelles.privacy.person.operations import own_file, person_file
from faelles.privacy.person.packing import packed
from faelles.privacy.record.model import Form, Record
from faelles.privacy.record.operations import record_of_processing
from faelles.privacy.record.printing import printed

_PRIVACY = Permission.PRIVACY
_PATRON = {"patron": "{patron}"}
_MOST_LINES = 10_000
_ZIP = "application/zip"
_CONTENT_TYPES = {Form.TEXT: "text/plain", Form.MARKDOWN: "text/markdown", Form.CSV: "text/csv"}


PathForm = Annotated[Form, PathParameter()]


class ReplayList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lines: Annotated[tuple[ErasureLine, ...], msgspec.Meta(min_length=1, max_length=_MOST_LINES)]


# -- What is kept


@get("/privacy/record", opt=guarded(_PRIVACY, example=Example()), summary="The record of processing activities")
async def show_record_of_processing(request: ApiRequest) -> Record:
    """GDPR article 30, from the register of everything that is kept of people, with the agency's own limits."""
    return await request.run(lambda tx: record_of_processing(tx, _speaking(request)))


@get(
    "/privacy/record/{form:str}",
    opt=guarded(_PRIVACY, example=Example(path={"form": "markdown"})) | {OPT_KINDS: tuple(_CONTENT_TYPES.values())},
    summary="The record of processing activities, printed",
)
async def print_record(request: ApiRequest, form: PathForm) -> Response[bytes]:
    """As text, Markdown or CSV (semicolons)."""
    record = await request.run(lambda tx: record_of_processing(tx, _speaking(request)))
    text = printed(record, form, request.language)
    return Response(text.encode(), headers={"content-type": f"{_CONTENT_TYPES[form]}; charset=utf-8"})


@get("/privacy/report", opt=guarded(_PRIVACY, example=Example()), summary="Whether anything is kept for too long")
async def show_privacy_report(request: ApiRequest, day: FromQuery[date | None] = None) -> Page[Standing]:
    """Every entry of the register with its oldest piece and what is `over` its limit on that day, today by default.
    After the night of the day nothing is.
    """
    found = await request.run(lambda tx: report(tx, _speaking(request), day))
    return Page(items=found, next=None)


# -- Consents


@get(
    "/patrons/{patron:int}/consents",
    opt=guarded(Permission.PATRON_VIEW, example=Example(path=_PATRON)),
    summary="What a patron agreed to, and took back",
)
async def list_consents(request: ApiRequest, patron: PathId) -> Page[ConsentLine]:
    found = await request.run(lambda tx: consents.list_consents(tx, request.caller, PatronId(patron)))
    return Page(items=found, next=None)


@put(
    "/patrons/{patron:int}/consents",
    opt=guarded(
        Permission.PATRON_EDIT,
        example=Example(path=_PATRON, body={"kind": "history", "is_given": True, "text_version": "2026-1"}),
    ),
    summary="Give a consent for a patron, or take it back",
)
async def write_consent(request: ApiRequest, patron: PathId, data: JSONBody[SetConsent]) -> ConsentSet:
    """What was kept for a consent alone is erased with it, at once."""
    keyring = request.services.keyring
    return await request.run(lambda tx: consents.set_consent(tx, request.caller, keyring, PatronId(patron), data))


@get("/own/consents", opt=own_account(example=Example()), summary="What I agreed to, and took back")
async def list_own_consents(request: ApiRequest) -> Page[ConsentLine]:
    return Page(items=await request.run(lambda tx: consents.list_own_consents(tx, request.caller)), next=None)


@put(
    "/own/consents",
    opt=own_account(example=Example(body={"kind": "newsletters", "is_given": False})),
    summary="Give a consent, or take it back",
)
async def write_own_consent(request: ApiRequest, data: JSONBody[SetConsent]) -> ConsentSet:
    """What was kept for a consent alone is erased with it, at once."""
    keyring = request.services.keyring
    return await request.run(lambda tx: consents.set_own_consent(tx, request.caller, keyring, data))


# -- A person's own file


@get(
    "/patrons/{patron:int}/file",
    opt=guarded(_PRIVACY, example=Example(path=_PATRON)),
    media_type=_ZIP,
    summary="Everything that is kept of a patron, to be handed to them",
)
async def hand_out_file(request: ApiRequest, patron: PathId) -> Response[bytes]:
    """A zip: data.json, and overview.html in the patron's language. The look is recorded."""
    keyring = request.services.keyring
    return _zip(await request.run(lambda tx: person_file(tx, request.caller, keyring, PatronId(patron))))


@get("/own/file", opt=own_account(example=Example()), media_type=_ZIP, summary="Everything that is kept of me")
async def fetch_own_file(request: ApiRequest) -> Response[bytes]:
    """A zip: data.json, and overview.html."""
    keyring = request.services.keyring
    return _zip(await request.run(lambda tx: own_file(tx, request.caller, keyring)))


def _zip(file: PersonFile) -> Response[bytes]:
    headers = {"content-type": _ZIP, "content-disposition": 'attachment; filename="person.zip"'}
    return Response(packed(file), headers=headers)


# -- Erasure


@post(
    "/patrons/{patron:int}/erasure",
    status_code=200,
    opt=guarded(_PRIVACY, example=Example(path={"patron": "{leaver}"})),
    summary="Erase a patron who asks for it",
)
async def erase_patron(request: ApiRequest, patron: PathId) -> Erased:
    """What the law keeps is named, with its last day. 409 with everything that stands in the way: open loans and holds,
    debts, credit. Asked again, it says what was done.
    """
    keyring = request.services.keyring
    return await request.run(lambda tx: erasing.erase(tx, request.caller, keyring, PatronId(patron)))


@post(
    "/own/erasure",
    status_code=200,
    opt=own_account(example=Example(body={"dry_run": True})),
    summary="Erase me",
)
async def erase_me(request: ApiRequest, data: JSONBody[AskErasure]) -> OwnErasure:
    """With `dry_run` what would stand in the way, and what the law would keep until when. 409 while something does. The
    session ends with the erasure.
    """
    keyring = request.services.keyring
    return await request.run(lambda tx: erasing.ask_own_erasure(tx, request.caller, keyring, data))


@get("/privacy/erasures", opt=guarded(_PRIVACY, example=Example()), summary="The list of erasures")
async def list_erasures(request: ApiRequest, limit: Limit = 200, after: After = None) -> Page[ErasureLine]:
    """To be kept beside the backups. It names nobody."""
    cursor = read_cursor(after, int) or 0
    found = await request.run(lambda tx: replaying.list_erasures(tx, request.caller, after=cursor, limit=limit))
    numbered = page(found, limit, key=lambda line: line[0])
    return Page(items=[line for _, line in numbered.items], next=numbered.next)


@post(
    "/privacy/replay",
    status_code=200,
    opt=guarded(
        _PRIVACY,
        example=Example(
            body={
                "lines": [{"isil": "{isil}", "person": "01ab", "what": "person", "erased_at": "2026-01-02T03:04:05Z"}]
            }
        ),
    ),
    summary="Erase again, after a backup was restored",
)
async def replay_erasures(request: ApiRequest, data: JSONBody[ReplayList]) -> Replayed:
    """Lines of other agencies are passed over; done twice it changes nothing."""
    keyring = request.services.keyring
    return await request.run(lambda tx: replaying.replay(tx, request.caller, keyring, data.lines))


@get(
    "/privacy/bookkeeping-names/{account:int}",
    opt=guarded(_PRIVACY, example=Example(path={"account": "{nameless_account}"})),
    summary="Whose an account was, for an audit",
)
async def open_bookkeeping_name(request: ApiRequest, account: PathId) -> BookkeepingName:
    """Of patrons who were erased, as long as the law on book-keeping asks. Each opening is an event."""
    keyring = request.services.keyring
    return await request.run(lambda tx: erasing.open_bookkeeping_name(tx, request.caller, keyring, AccountId(account)))


def _speaking(request: ApiRequest) -> Caller:
    """The caller, answered in the language the request asks for."""
    return msgspec.structs.replace(request.caller, language=request.language)


router = Router(
    path="/",
    tags=["privacy"],
    route_handlers=[
        show_record_of_processing,
        print_record,
        show_privacy_report,
        list_consents,
        write_consent,
        list_own_consents,
        write_own_consent,
        hand_out_file,
        fetch_own_file,
        erase_patron,
        erase_me,
        list_erasures,
        replay_erasures,
        open_bookkeeping_name,
    ],
)
