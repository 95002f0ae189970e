"""What can be done with the catalogue. Reading asks for CATALOG_VIEW, changing for CATALOG_EDIT.

An agency changes its own records only; the nation's are changed by callers of agency 0.
"""

from collections.abc import Sequence

import asyncpg
import msgspec
from msgspec import UNSET

from faelles.agencies import store as agencies
from faelles.catalog import events, issue_store, material_types, name_store, rules, store
from faelles.catalog.model import (
    FoundPage,
    Issue,
    IssuePage,
    IssuePosition,
    NewIssue,
    NewProvisionalRecord,
    NewRecord,
    Record,
    RecordChange,
    RecordView,
    SearchField,
    Succession,
    TitlePage,
    TitlePosition,
)
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError, RefusedError, invalid_field
from faelles.ground.events import append
from faelles.ground.fields import is_plausible
from faelles.ground.idempotency import recall, remember
from faelles.ground.ids import RecordId
from faelles.people.model import Caller, Permission

MOST_SKIPPED = 2000
"""As far as a search by words can be leafed through; nobody at a desk reads so many."""


async def view_record(tx: Transaction, caller: Caller, record: RecordId) -> RecordView:
    """The record that now stands for `record`, and the names of all it replaced. Raises NotFoundError."""
    caller.require(Permission.CATALOG_VIEW)
    current = await current_record(tx, record)
    earlier = await store.predecessors(tx, current.id)
    aliases, isbns = await name_store.names(tx, earlier)
    return RecordView(record=current, aliases=aliases, isbns=isbns)


async def find_by_number(tx: Transaction, caller: Caller, typed: str) -> tuple[Record, ...]:
    """Records known by a FAUST number, identifier, alias or ISBN, successors followed; the agency's own first.

    More than one only where two records share an ISBN, or agency and nation use one name for two.
    """
    caller.require(Permission.CATALOG_VIEW)
    found = await store.find_numbered(tx, rules.number_wanted(typed))
    return tuple(await store.find_current(tx, found))


async def search_words(
    tx: Transaction, caller: Caller, words: str, *, field: SearchField = SearchField.ANYWHERE, limit: int, skip: int = 0
) -> FoundPage:
    """Records with all of `words` (the last may be half typed) in title, creators or subjects, best first."""
    caller.require(Permission.CATALOG_VIEW)
    if skip > MOST_SKIPPED:
        raise invalid_field("skip", "search_too_far", highest=MOST_SKIPPED)
    found = await store.search_words(tx, words, field, most=limit + 1, skip=skip)
    return FoundPage(records=tuple(found[:limit]), next_skip=skip + limit if len(found) > limit else None)


async def titles_beginning(
    tx: Transaction, caller: Caller, beginning: str, *, limit: int, after: TitlePosition | None = None
) -> TitlePage:
    """Records whose title begins so, in Danish alphabetical order."""
    caller.require(Permission.CATALOG_VIEW)
    found = await store.titles_beginning(tx, beginning, after, limit + 1)
    return TitlePage(
        records=tuple(record for record, _ in found[:limit]),
        next=found[limit - 1][1] if len(found) > limit else None,
    )


async def create_record(tx: Transaction, caller: Caller, new: NewRecord, *, key: str | None = None) -> Record:
    """Add a record of the agency's own. Raises ConflictError `record_known_already`."""
    caller.require(Permission.CATALOG_EDIT)
    if earlier := await recall(tx, "create_record", key, new, RecordId):
        return await current_record(tx, earlier)
    record = await _add(tx, new, is_provisional=False)
    await remember(tx, "create_record", key, new, record.id)
    return record


async def create_provisional_record(
    tx: Transaction, caller: Caller, new: NewProvisionalRecord, *, key: str | None = None
) -> Record:
    """Add a stand-in for a book that nobody knows, so that it can be lent now and catalogued later."""
    caller.require(Permission.CATALOG_EDIT)
    if earlier := await recall(tx, "create_provisional_record", key, new, RecordId):
        return await current_record(tx, earlier)
    isbns = () if new.isbn is None else (new.isbn,)
    known = NewRecord(title=new.title, material_type=new.material_type, creators=new.creators, isbns=isbns)
    record = await _add(tx, known, is_provisional=True)
    await remember(tx, "create_provisional_record", key, new, record.id)
    return record


async def change_record(tx: Transaction, caller: Caller, record: RecordId, change: RecordChange) -> Record:
    """Raises ConflictError `changed_meanwhile` when `change.version` is no longer the one that stands."""
    caller.require(Permission.CATALOG_EDIT)
    before = await _own_record(tx, caller, record)
    given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
    if "material_type" in given:
        material_types.require_known(given["material_type"])
    after = await store.update_record(tx, msgspec.structs.replace(before, **given))
    if after is None:
        raise ConflictError("changed_meanwhile")
    await append(tx, events.record_changed(after))
    return after


async def succeed_record(tx: Transaction, caller: Caller, record: RecordId, successor: RecordId) -> Succession:
    """Let `successor` take the place of `record`, for good: whoever asks for the one is given the other.

    Issues move along. Copies are another room's: call `items.operations.merge_records`, which begins here.
    """
    caller.require(Permission.CATALOG_EDIT)
    await store.lock_successions(tx)
    old = await _own_record(tx, caller, record)
    new = await current_record(tx, successor)
    if why := rules.why_not_succeeded_by(old, new, set(await store.successors(tx, successor)), caller.agency):
        raise ConflictError(why)
    await store.set_successor(tx, old.id, new.id)
    twins = await issue_store.move_issues(tx, old.id, new.id)
    succession = Succession(record=old.id, successor=new.id, issues=twins)
    await append(tx, events.record_succeeded(succession))
    return succession


async def add_alias(tx: Transaction, caller: Caller, record: RecordId, alias: str) -> None:
    """Let `record`, the nation's or the agency's, be found under `alias` in this agency too."""
    caller.require(Permission.CATALOG_EDIT)
    named = await current_record(tx, record)
    try:
        await name_store.add_alias(tx, named.id, alias)
    except asyncpg.UniqueViolationError:
        raise ConflictError("record_alias_taken") from None
    await append(tx, events.record_named(named, alias))


async def remove_alias(tx: Transaction, caller: Caller, record: RecordId, alias: str) -> None:
    caller.require(Permission.CATALOG_EDIT)
    named = await current_record(tx, record)
    if not await name_store.remove_alias(tx, named.id, alias):
        raise NotFoundError("record_alias_unknown")
    await append(tx, events.record_name_removed(named, alias))


async def create_issue(tx: Transaction, caller: Caller, record: RecordId, new: NewIssue) -> Issue:
    """Add an issue of a periodical, the nation's or the agency's. The issue is the agency's own."""
    caller.require(Permission.CATALOG_EDIT)
    if new.published_on is not None and not is_plausible(new.published_on):
        raise invalid_field("published_on", "date_out_of_range")
    periodical = await current_record(tx, record)
    if not periodical.is_periodical:
        raise RefusedError("record_is_no_periodical")
    try:
        issue = await issue_store.insert_issue(tx, periodical.id, new)
    except asyncpg.UniqueViolationError:
        raise ConflictError("issue_known_already") from None
    await append(tx, events.issue_created(issue))
    return issue


async def list_issues(
    tx: Transaction, caller: Caller, record: RecordId, *, limit: int, after: IssuePosition | None = None
) -> IssuePage:
    """Newest first."""
    caller.require(Permission.CATALOG_VIEW)
    periodical = await current_record(tx, record)
    found = await issue_store.list_issues(tx, periodical.id, after, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return IssuePage(issues=tuple(found[:limit]), next=None if last is None else IssuePosition(last.year, last.id))


async def current_record(tx: Transaction, record: RecordId) -> Record:
    """The record that now stands for `record`; for rooms above, which have asked for permission themselves."""
    found = await store.find_current(tx, [record])
    if not found:
        raise NotFoundError("record_unknown")
    return found[0]


async def records_before(tx: Transaction, record: RecordId) -> Sequence[RecordId]:
    """`record` and all the records whose place it took; copies may still be filed under any of them."""
    return await store.predecessors(tx, record)


async def _add(tx: Transaction, new: NewRecord, *, is_provisional: bool) -> Record:
    material_types.require_known(new.material_type)
    isbns = _normal_isbns(new.isbns)
    number = await store.draw_number(tx)
    identifier = new.identifier or f"{await _owner_code(tx)}-{rules.LOCAL_BASE}:{number}"
    try:
        record = await store.insert_record(tx, number, identifier, new, is_provisional=is_provisional)
    except asyncpg.UniqueViolationError:
        raise ConflictError("record_known_already", identifier=identifier) from None
    await name_store.add_isbns(tx, record.id, isbns)
    await append(tx, events.record_created(record))
    return record


async def _owner_code(tx: Transaction) -> str:
    agency = await agencies.find_agency(tx, tx.agency)
    if agency is None:
        raise NotFoundError("agency_unknown")
    return rules.owner_code(agency.isil)


async def _own_record(tx: Transaction, caller: Caller, record: RecordId) -> Record:
    found = await store.find_record(tx, record)
    if found is None:
        raise NotFoundError("record_unknown")
    if found.agency != caller.agency:
        raise ConflictError("record_not_yours")
    return found


def _normal_isbns(written: Sequence[str]) -> list[str]:
    normal = [rules.normal_isbn(isbn) for isbn in written]
    if None in normal:
        raise invalid_field("isbns", "isbn_wrong")
    return [isbn for isbn in normal if isbn is not None]
