import asyncio

import pytest

from catalog.titles import act, add_record
from faelles.catalog import operations
from faelles.catalog.model import NewIssue, NewProvisionalRecord, NewRecord, RecordChange
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError, RefusedError
from faelles.ground.events import read_next
from faelles.ground.i18n import Language
from faelles.ground.ids import NATION, RecordId
from faelles.people.model import Caller, Grant, Permission
from faelles.simulation.store import until_readable
from town import Town

ISBN = "9780306406157"


async def view(database: Database, town: Town, record):
    return await act(database, town.agency, lambda tx, caller: operations.view_record(tx, caller, record))


async def number(database: Database, town: Town, typed):
    return await act(database, town.agency, lambda tx, caller: operations.find_by_number(tx, caller, typed))


async def succeed(database: Database, agency, record, successor):
    return await act(
        database, agency, lambda tx, caller: operations.succeed_record(tx, caller, record.id, successor.id)
    )


async def test_a_local_record_gets_a_number_of_the_agency(database: Database, town: Town):
    record = await add_record(database, town.agency, "Byens historie")
    assert record.identifier == f"{town.isil.removeprefix('DK-')}-katalog:{record.id}"
    assert await number(database, town, record.identifier) == (record,)


async def test_a_record_is_found_by_isbn_however_it_is_written(database: Database, town: Town):
    record = await add_record(database, town.agency, "Med ISBN", isbns=("0-306-40615-2",))
    assert record in await number(database, town, "978-0-306-40615-7")
    assert (await view(database, town, record.id)).isbns == (ISBN,)


async def test_a_wrong_isbn_is_refused(database: Database, town: Town):
    with pytest.raises(InvalidRequestError):
        await add_record(database, town.agency, "Med forkert ISBN", isbns=("9780306406158",))


async def test_one_identifier_is_one_record(database: Database, town: Town):
    await add_record(database, town.agency, "Den ene", identifier="x-katalog:1")
    with pytest.raises(ConflictError, match="record_known_already"):
        await add_record(database, town.agency, "Den anden", identifier="x-katalog:1")


async def test_a_neighbour_finds_none_of_our_records(database: Database, town: Town, neighbour: Town):
    record = await add_record(database, town.agency, "Hemmelig", isbns=(ISBN,))
    assert record not in await number(database, neighbour, ISBN)
    assert await number(database, neighbour, record.identifier) == ()
    with pytest.raises(NotFoundError):
        await view(database, neighbour, record.id)


async def test_the_nations_records_are_read_by_all_and_changed_by_none(database: Database, town: Town):
    record = await add_record(database, NATION, "Hele landets")
    assert (await view(database, town, record.id)).record == record
    with pytest.raises(ConflictError, match="record_not_yours"):
        await act(
            database,
            town.agency,
            lambda tx, caller: operations.change_record(tx, caller, record.id, RecordChange(version=1, title="Vores")),
        )


async def test_a_change_keeps_what_it_does_not_name(database: Database, town: Town):
    record = await add_record(database, town.agency, "Gammel titel", year=1999, subjects=("krimi",))
    change = RecordChange(version=record.version, title="Ny titel", year=None)
    changed = await act(
        database, town.agency, lambda tx, caller: operations.change_record(tx, caller, record.id, change)
    )
    assert (changed.title, changed.year, changed.subjects, changed.version) == ("Ny titel", None, ("krimi",), 2)


async def test_of_two_changes_to_one_version_one_is_told_to_read_again(database: Database, town: Town):
    record = await add_record(database, town.agency, "Titel")
    outcomes = await asyncio.gather(
        *(
            act(
                database,
                town.agency,
                lambda tx, caller, title=title: operations.change_record(
                    tx, caller, record.id, RecordChange(version=1, title=title)
                ),
            )
            for title in ("Min", "Din")
        ),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ConflictError", "Record"]


async def test_whoever_asks_for_a_replaced_record_gets_the_last_in_the_line(database: Database, town: Town):
    first, second, third = [await add_record(database, town.agency, title) for title in ("Et", "To", "Tre")]
    await succeed(database, town.agency, first, second)
    await succeed(database, town.agency, second, third)
    assert (await view(database, town, first.id)).record.id == third.id
    assert [record.id for record in await number(database, town, first.identifier)] == [third.id]


async def test_no_circle_of_successors_can_be_closed(database: Database, town: Town):
    first, second, third = [await add_record(database, town.agency, title) for title in ("Et", "To", "Tre")]
    await succeed(database, town.agency, first, second)
    await succeed(database, town.agency, second, third)
    with pytest.raises(ConflictError):
        await succeed(database, town.agency, third, first)


async def test_no_circle_is_closed_by_several_at_once_either(database: Database, town: Town):
    ring = [await add_record(database, town.agency, f"Ring {place}") for place in range(4)]
    outcomes = await asyncio.gather(
        *(succeed(database, town.agency, record, ring[place - 3]) for place, record in enumerate(ring)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes].count(ConflictError) == 1
    assert len({(await view(database, town, record.id)).record.id for record in ring}) == 1


async def test_a_provisional_record_becomes_the_real_one(database: Database, town: Town):
    provisional = await act(
        database,
        town.agency,
        lambda tx, caller: operations.create_provisional_record(
            tx, caller, NewProvisionalRecord(title="Ukendt bog", isbn=ISBN)
        ),
    )
    assert provisional.is_provisional
    real = await add_record(database, NATION, "Kendt bog")
    await succeed(database, town.agency, provisional, real)
    seen = await view(database, town, provisional.id)
    assert (seen.record.id, seen.record.is_provisional, seen.isbns) == (real.id, False, (ISBN,))


async def test_the_same_request_twice_makes_one_provisional_record(database: Database, town: Town):
    made = [
        await act(
            database,
            town.agency,
            lambda tx, caller: operations.create_provisional_record(
                tx, caller, NewProvisionalRecord(title="Ukendt bog"), key="one"
            ),
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]


async def test_an_alias_is_another_way_to_the_record_in_this_agency_only(
    database: Database, town: Town, neighbour: Town
):
    record = await add_record(database, NATION, "Kendt under to numre")
    await act(database, town.agency, lambda tx, caller: operations.add_alias(tx, caller, record.id, "gammel-17"))
    assert await number(database, town, "gammel-17") == (record,)
    assert await number(database, neighbour, "gammel-17") == ()
    with pytest.raises(ConflictError, match="record_alias_taken"):
        await act(database, town.agency, lambda tx, caller: operations.add_alias(tx, caller, record.id, "gammel-17"))
    await act(database, town.agency, lambda tx, caller: operations.remove_alias(tx, caller, record.id, "gammel-17"))
    assert await number(database, town, "gammel-17") == ()


async def test_issues_are_listed_newest_first_page_by_page(database: Database, town: Town):
    record = await add_record(database, NATION, "Bådnyt", is_periodical=True)
    for year, issue in ((2023, "1"), (2024, "2"), (2024, "1")):
        new = NewIssue(year=year, volume=str(year - 1999), number=issue)
        await act(
            database, town.agency, lambda tx, caller, new=new: operations.create_issue(tx, caller, record.id, new)
        )

    async def page(after):
        return await act(
            database,
            town.agency,
            lambda tx, caller: operations.list_issues(tx, caller, record.id, limit=2, after=after),
        )

    first = await page(None)
    rest = await page(first.next)
    assert [(issue.year, issue.number) for issue in (*first.issues, *rest.issues)] == [
        (2024, "1"),
        (2024, "2"),
        (2023, "1"),
    ]
    assert rest.next is None


async def test_an_issue_is_there_once_and_only_of_a_periodical(database: Database, town: Town):
    periodical = await add_record(database, town.agency, "Bådnyt", is_periodical=True)
    book = await add_record(database, town.agency, "En bog")
    new = NewIssue(year=2024, number="1")
    await act(database, town.agency, lambda tx, caller: operations.create_issue(tx, caller, periodical.id, new))
    with pytest.raises(ConflictError, match="issue_known_already"):
        await act(database, town.agency, lambda tx, caller: operations.create_issue(tx, caller, periodical.id, new))
    with pytest.raises(RefusedError, match="record_is_no_periodical"):
        await act(database, town.agency, lambda tx, caller: operations.create_issue(tx, caller, book.id, new))


async def test_looking_and_changing_each_need_their_permission(database: Database, town: Town):
    record = await add_record(database, town.agency, "Titel")
    reader = Caller(
        agency=town.agency,
        actor=SYSTEM,
        language=Language.DANISH,
        grants=(Grant(frozenset({Permission.CATALOG_VIEW})),),
    )
    async with database.transaction(town.agency, SYSTEM) as tx:
        assert (await operations.view_record(tx, reader, record.id)).record == record
        with pytest.raises(ForbiddenError):
            await operations.create_record(tx, reader, NewRecord(title="Ny", material_type="book"))
        with pytest.raises(ForbiddenError):
            await operations.search_words(tx, without_grants(reader), "titel", limit=10)


def without_grants(caller: Caller) -> Caller:
    return Caller(agency=caller.agency, actor=caller.actor, language=caller.language, grants=())


async def test_every_change_tells_one_event(database: Database, town: Town):
    first = await add_record(database, town.agency, "Et")
    second = await add_record(database, town.agency, "To")
    await succeed(database, town.agency, first, second)
    await until_readable(database)
    async with database.transaction(town.agency, SYSTEM) as tx:
        told = [(event.kind, event.subject) for event in await read_next(tx, "test")]
    assert told == [("record_created", first.id), ("record_created", second.id), ("record_succeeded", first.id)]


async def test_a_record_that_never_was_is_not_found(database: Database, town: Town):
    with pytest.raises(NotFoundError, match="record_unknown"):
        await view(database, town, RecordId(2**53 - 1))


@pytest.mark.parametrize("material_type", ["nonsense", "Book"])
async def test_a_material_type_nobody_knows_is_refused(database: Database, town: Town, material_type: str):
    new = NewRecord(title="Ny", material_type=material_type)
    with pytest.raises(InvalidRequestError) as refusal:
        await act(database, town.agency, lambda tx, caller: operations.create_record(tx, caller, new))
    assert refusal.value.problems[0].code == "material_type_unknown"
    made = await act(
        database,
        town.agency,
        lambda tx, caller: operations.create_record(tx, caller, NewRecord(title="Ny", material_type="book")),
    )
    change = RecordChange(version=made.version, material_type=material_type)
    with pytest.raises(InvalidRequestError):
        await act(database, town.agency, lambda tx, caller: operations.change_record(tx, caller, made.id, change))
