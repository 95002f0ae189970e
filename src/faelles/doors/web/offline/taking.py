"""What the desk did while nobody answered, sent afterwards in its order: facts, each with its own time and key.

The desk could not look a scan up; here it is looked up, and taken for what it is. What the desk told its borrower
stands: a book that has left the house is lent, whatever a rule would have said, and somebody looks at it.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from litestar import Response, Router, get, post

from faelles.circulation.desk.blocks import Block
from faelles.circulation.loans.model import Outcome
from faelles.circulation.loans.offline import record_offline
from faelles.circulation.loans.offline_model import Happened, OfflineAnswer, OfflineEntry
from faelles.circulation.looking.operations import ScanAnswer, ScanMeaning, ScanRequest, identify_scan
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import QueryId
from faelles.doors.web.desk import answers
from faelles.doors.web.desk.answers import Entry, Tone
from faelles.doors.web.offline.advice import advice_on
from faelles.doors.web.request import FormKey, WebRequest
from faelles.ground import i18n
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, invalid_field
from faelles.ground.fields import Id, Scan
from faelles.ground.ids import BranchId
from faelles.patrons.blocks.card_list import list_blocked_cards
from faelles.patrons.looking.operations import stands_for
from faelles.people.model import Permission

_DONE_BEFORE: Final = "idempotency_key_reused"
_LENT: Final = {Outcome.LENT, Outcome.REPEATED}


class Told(StrEnum):
    """What the desk took the scan for."""

    CARD = "card"
    CHECKOUT = "checkout"
    RETURN = "return"


class TakenForm(msgspec.Struct, frozen=True, kw_only=True):
    """One scan. Who was open then: a `patron`, or the `card` that nobody could look up. `answering`: the class that
    answers for the loan, while whoever was open has it in hand.
    """

    scan: Scan
    branch: Id
    key: FormKey
    told: Told
    happened_at: datetime
    card: Scan | None = None
    patron: Id | None = None
    answering: Id | None = None

    def __repr__(self) -> str:
        return "TakenForm()"


@get("/desk/connection", opt=guarded(Permission.CHECKOUT, example=Example()))
async def connection(request: WebRequest) -> Response[bytes]:
    """Whether somebody answers, for whom, and with what its forms are signed."""
    caller = request.caller
    said = {
        "agency": str(caller.agency),
        "token": request.form_token,
        "may_send": caller.may(Permission.OFFLINE),
    }
    return _json(said)


@get("/desk/blocked-cards", opt=guarded(Permission.OFFLINE, example=Example(query={"branch": "{branch}"})))
async def blocked_cards(request: WebRequest, branch: QueryId = None) -> Response[bytes]:
    if branch is None:
        raise invalid_field("branch", "field_missing")
    caller, keyring = request.caller, request.services.keyring
    return _json(await request.run(lambda tx: list_blocked_cards(tx, caller, keyring, BranchId(branch))))


def _json(said: object) -> Response[bytes]:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(msgspec.json.encode(said), headers=headers)


@post(
    "/desk/offline-scans",
    opt=guarded(
        Permission.OFFLINE,
        example=Example(
            body={
                "scan": "{item_number}",
                "branch": "{branch}",
                "key": "a-scan-of-before",
                "told": "checkout",
                "happened_at": "2026-06-01T10:00:00Z",
                "card": "{card}",
            }
        ),
    ),
    status_code=200,
)
async def take(request: WebRequest) -> Response[bytes]:
    """One scan of before, taken as what happened. Sent again, it changes nothing."""
    form = await request.typed(TakenForm)
    try:
        entry = await request.run(lambda tx: _taken(tx, request, form))
    except ConflictError as problem:
        if problem.code != _DONE_BEFORE:
            raise
        # It was sent while somebody still answered, and only the answer was lost.
        entry = Entry(tone=Tone.DONE, code="web_offline_done_before", scanned=form.scan)
    return request.page("offline/answer.html", {"entry": entry})


async def _taken(tx: Transaction, request: WebRequest, form: TakenForm) -> Entry:
    scan = form.scan.strip()
    known = await identify_scan(tx, request.caller, request.services.keyring, ScanRequest(scan=scan))
    if _is_card(known, form.told):
        return _of_card(known, scan)
    is_lent = form.told is not Told.RETURN and (form.patron is not None or form.card is not None)
    in_hand = await _in_hand(tx, request, form) if is_lent else None
    entry = OfflineEntry(
        what=Happened.CHECKOUT if is_lent else Happened.RETURN,
        item=scan,
        branch=form.branch,
        happened_at=min(form.happened_at, tx.now) if form.happened_at.tzinfo else form.happened_at,
        card=form.card if is_lent and in_hand is None else None,
        patron=(form.answering or in_hand) if in_hand is not None else None,
        second_borrower=in_hand if form.answering not in {None, in_hand} else None,
    )
    answer = await record_offline(tx, request.caller, request.services.keyring, entry, form.key)
    return _told(answer, request, known, scan)


async def _in_hand(tx: Transaction, request: WebRequest, form: TakenForm) -> int | None:
    """Who was open then, where that is known by now. A card is looked up only where a class answers for it: else the
    loan is made under the card. One that is not one patron's, now, is left for the work list.
    """
    if form.patron is not None or form.answering is None or form.card is None:
        return form.patron
    return await stands_for(tx, request.caller, request.services.keyring, form.card)


def _is_card(known: ScanAnswer, told: Told) -> bool:
    """What is only one of the two is that, whatever the desk took it for; else the desk's word stands."""
    if known.meaning is ScanMeaning.PATRON:
        return True
    return told is Told.CARD and (bool(known.patrons) or known.item is None)


def _of_card(known: ScanAnswer, scan: str) -> Entry:
    """An unknown card is told of with the first book that was lent under it."""
    if len(known.patrons) == 1:
        return Entry(tone=Tone.DONE, code="web_offline_taken_card", patron=known.patrons[0])
    return Entry(tone=Tone.NOTICE, code="web_offline_taken_card_unknown", scanned=scan)


def _told(answer: OfflineAnswer, request: WebRequest, known: ScanAnswer, scan: str) -> Entry:
    lines = list(answers.where_to(answer.next, request.language))
    lines += _conflicts(answer.conflicts, answer.outcome, request)
    title = known.item.title if known.item else ""
    return Entry(
        tone=Tone.NOTICE if lines else Tone.DONE,
        code=f"web_offline_taken_{answer.outcome.value}",
        scanned=f"{scan} {title}".strip(),
        known=known,
        loan=answer.loan if answer.outcome in _LENT else None,
        lines=tuple(lines),
        conflicts=len(answer.conflicts),
    )


def _conflicts(conflicts: Sequence[Block], outcome: Outcome, request: WebRequest) -> list[str]:
    """What a rule would have said, and what to do about it now."""
    language = request.language
    said = [i18n.text(each.code, language, each.parameters) for each in conflicts]
    what = Happened.RETURN if outcome in {Outcome.RETURNED, Outcome.NOT_ON_LOAN} else Happened.CHECKOUT
    advised = advice_on(f"offline_{what.value}", [each.code for each in conflicts])
    return said + [i18n.text(code, language) for code in advised]


router = Router(path="/", route_handlers=[blocked_cards, connection, take])
