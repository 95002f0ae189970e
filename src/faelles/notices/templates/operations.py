"""Reading, trying out and changing an agency's wording."""

from msgspec import structs

from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.errors import InvalidRequestError, NotFoundError
from faelles.ground.events import Event, append
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronId
from faelles.notices.model import Form, kinds
from faelles.notices.sending import facts_store
from faelles.notices.sending.composing import entry_of
from faelles.notices.sending.rules import could_be_said
from faelles.notices.sending.store import sender
from faelles.notices.templates import store
from faelles.notices.templates.engine import problems
from faelles.notices.templates.model import (
    FILLED,
    FRAME,
    Entry,
    NoticeTemplate,
    Preview,
    PreviewNotice,
    SetTemplate,
    made_up,
)
from faelles.notices.templates.wording import Addressed, Section, Wording, sample_values
from faelles.patrons.reach import patron_for
from faelles.people.model import Caller, Permission

_SHOWN = 5


async def list_templates(tx: Transaction, caller: Caller) -> list[NoticeTemplate]:
    """The wording in force for every kind, form and language."""
    caller.require(Permission.AGENCY_VIEW)
    wording = Wording(await store.written(tx))
    return [wording.template(*key) for key in sorted(store.own_wording())]


async def show_template(tx: Transaction, caller: Caller, kind: str, form: Form, language: Language) -> NoticeTemplate:
    caller.require(Permission.AGENCY_VIEW)
    _require_kind(kind)
    return Wording(await store.written(tx)).template(kind, form, language)


async def set_template(
    tx: Transaction, caller: Caller, kind: str, form: Form, language: Language, request: SetTemplate
) -> NoticeTemplate:
    """Word a kind anew, for the caller's agency; at the nation, for all who have no wording of their own.

    Raises InvalidRequestError with what is wrong with the wording.
    """
    caller.require_throughout(Permission.AGENCY_EDIT)
    _require_kind(kind)
    # Wording often differs between one and several, and by what is there to be said.
    sample = made_up(kind, language)
    tried = [sample_values(entries) for entries in ([sample], [sample, sample], [FILLED], [Entry()])]
    wrong = [*problems("subject", request.subject, *tried), *problems("body", request.body, *tried)]
    if wrong:
        raise InvalidRequestError(problems=wrong)
    await store.one_at_a_time(tx, kind)
    await store.end(tx, kind, form, language)
    number = await store.insert(tx, kind, form, language, request.subject, request.body)
    await append(tx, _event("notice_template.set", number, kind, form, language))
    return Wording(await store.written(tx)).template(kind, form, language)


async def end_template(tx: Transaction, caller: Caller, kind: str, form: Form, language: Language) -> None:
    """Go back to the nation's wording, or the program's. Raises NotFoundError where there is none to end."""
    caller.require_throughout(Permission.AGENCY_EDIT)
    _require_kind(kind)
    if not await store.end(tx, kind, form, language):
        raise NotFoundError("notice_template_unknown")
    await append(tx, _event("notice_template.ended", None, kind, form, language))


async def preview(tx: Transaction, caller: Caller, request: PreviewNotice) -> Preview:
    """What would be sent, in the wording given or in force: about a patron's own loans, holds and claims as they are
    now, else about something made up. Nothing is sent. Raises InvalidRequestError for wording that cannot be used.
    """
    caller.require(Permission.AGENCY_VIEW)
    _require_kind(request.kind)
    library, zone = await sender(tx)
    name, language, entries = "Karla Kofoed", request.language or Language.DANISH, list[Entry]()
    if request.patron is not None:
        known = await patron_for(tx, caller, PatronId(request.patron), Permission.PATRON_VIEW, "preview_notice")
        name, language = known.name, request.language or known.language
        entries = await _real(tx, caller, known.id, request.kind, language, zone)
    spoken_of = entries or [made_up(request.kind, language)]
    written = await store.written(tx)
    in_force = Wording(written).template(request.kind, request.form, language)
    tried = structs.replace(
        in_force,
        subject=in_force.subject if request.subject is None else request.subject,
        body=request.body or in_force.body,
    )
    values = {**sample_values(spoken_of), "name": name, "library": library}
    wrong = [*problems("subject", tried.subject, values), *problems("body", tried.body, values)]
    if wrong:
        raise InvalidRequestError(problems=wrong)
    wording = Wording({**written, (request.kind, request.form, language): tried})
    to = Addressed(name=name, library=library, form=request.form, language=language)
    subject, said = wording.message(to, [Section(request.kind, spoken_of)] if request.kind != FRAME else [])
    if request.kind == FRAME:
        said = wording.around(to, "…")
    return Preview(subject=subject, text=said, language=language, is_made_up=not entries)


async def _real(
    tx: Transaction, caller: Caller, patron: PatronId, kind: str, language: Language, zone: str
) -> list[Entry]:
    """What the patron has just now that the kind could speak of, as far as the caller may see it."""
    if kind == FRAME:
        return []
    about = kinds()[kind].about
    subjects = await facts_store.subjects_of(tx, about, patron, caller.divisions(Permission.PATRON_VIEW), _SHOWN)
    facts = await facts_store.load_facts(tx, about, subjects)
    today = local_date(tx.now, zone)
    return [entry_of(fact, language, today, zone) for fact in facts.values() if could_be_said(kind, fact, today)]


def _require_kind(kind: str) -> None:
    if kind != FRAME and kind not in kinds():
        raise NotFoundError("notice_kind_unknown", kind=kind[:40])


def _event(kind: str, number: int | None, about: str, form: Form, language: Language) -> Event:
    return Event(kind=kind, subject=number, dimensions={"kind": about, "form": form.value, "language": language.value})
