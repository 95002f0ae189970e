"""Looking events up, and whom a colleague looked at."""

from datetime import timedelta

import pytest

from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ForbiddenError
from faelles.ground.events import Event, EventFilter, append
from faelles.ground.i18n import Language
from faelles.people.event_log import operations
from faelles.people.event_log.model import EventsSearched
from faelles.people.model import Caller, Grant, Permission, system_caller
from town import Town

PAST = [
    Event(kind="loan.opened", loan=11, item=7, dimensions={"branch": 5}),
    Event(kind="loan.returned", loan=11, item=7, dimensions={"branch": 6}),
    Event(kind="branch.closed", subject=6),
    Event(kind="hold.placed", hold=12),
]


async def search(database: Database, town: Town, wanted: EventFilter, **paging) -> EventsSearched:
    caller = system_caller(town.agency)
    return await database.run(
        town.agency, SYSTEM, lambda tx: operations.search_events(tx, caller, wanted, **paging), read_only=True
    )


async def past(database: Database, town: Town) -> None:
    await database.run(town.agency, SYSTEM, lambda tx: append(tx, *PAST))


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        (EventFilter(kind="loan.returned"), ["loan.returned"]),
        (EventFilter(kind="loan.*"), ["loan.returned", "loan.opened"]),
        (EventFilter(loan=11), ["loan.returned", "loan.opened"]),
        (EventFilter(hold=12), ["hold.placed"]),
        (EventFilter(item=7, branch=5), ["loan.opened"]),
        (EventFilter(branch=6), ["branch.closed", "loan.returned"]),
        (EventFilter(kind="loan.%"), []),
    ],
    ids=str,
)
async def test_events_are_found_by_what_they_are_about(database: Database, town: Town, wanted: EventFilter, kinds):
    await past(database, town)
    assert [event.kind for event in (await search(database, town, wanted)).events] == kinds


async def test_a_period_bounds_the_search(database: Database, town: Town):
    await past(database, town)
    now = await database.run(town.agency, SYSTEM, _now)
    assert (await search(database, town, EventFilter(since=now + timedelta(minutes=1)))).events == []
    assert (await search(database, town, EventFilter(kind="hold.*", until=now + timedelta(minutes=1)))).events != []


async def test_pages_follow_each_other_to_the_end(database: Database, town: Town):
    await past(database, town)
    wanted, seen, position = EventFilter(kind="*"), [], None
    while True:
        page = await search(database, town, wanted, before=position, limit=3)
        seen += [event.id for event in page.events]
        position = page.reached
        if position is None:
            break
    everything = await search(database, town, wanted, limit=200)
    assert seen == [event.id for event in everything.events]
    assert len(seen) == len(set(seen)) > 3


async def test_a_search_for_something_rare_stops_and_goes_on(
    database: Database, town: Town, monkeypatch: pytest.MonkeyPatch
):
    await past(database, town)
    monkeypatch.setattr(operations, "LOOKED_THROUGH", 2)
    first = await search(database, town, EventFilter(kind="loan.opened"))
    assert (first.events, first.reached is None) == ([], False)
    second = await search(database, town, EventFilter(kind="loan.opened"), before=first.reached)
    assert [event.kind for event in second.events] == ["loan.opened"]


async def test_only_those_who_may_read_all_of_it_search(database: Database, town: Town):
    caller = Caller(
        agency=town.agency,
        actor=Actor(ActorKind.STAFF, 1),
        language=Language.DANISH,
        grants=(Grant(frozenset({Permission.EVENT_READ}), town.library),),
    )
    with pytest.raises(ForbiddenError):
        await database.run(
            town.agency, caller.actor, lambda tx: operations.search_events(tx, caller, EventFilter()), read_only=True
        )


async def _now(tx: Transaction):
    return tx.now
