"""Holds driven at random on a real database beside a small reference: placing, changing, planning, fetching,
travelling, shelving, collecting, and days that pass. The two never disagree, and nobody is passed over without a reason
on record.

FAELLES_TEST_EXAMPLES is how many lives are tried; a nightly run tries more.
"""

import asyncio
import json
import os
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from datetime import date, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from circulation.holds.reference import Copy, Hold, ReferenceHolds
from circulation.holds.test_changing import cancel, change, move
from circulation.holds.wishing import match_all, title_of
from circulation.lending_library import MONDAY, Clock, LendingLibrary
from circulation.real_desk import World, furnish
from circulation.reference import local_day
from circulation.state_machines import try_out
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds.matcher import match_dirty_titles
from faelles.circulation.holds.model import MoveTo, PlaceHolds, Placing, Together, Wish
from faelles.circulation.holds.nightly import turn_day
from faelles.circulation.holds.operations import place_holds
from faelles.circulation.loans.model import Outcome, ReturnAnswer, ReturnRequest
from faelles.circulation.loans.operations import return_item
from faelles.circulation.picking.model import NotOnShelf
from faelles.circulation.picking.operations import note_not_on_shelf
from faelles.circulation.shelf.operations import expire_shelf
from faelles.ground.actor import Actor, ActorKind
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.database.pool import open_database
from faelles.ground.errors import FaellesError
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, HoldId, RecordId
from faelles.people.model import Caller, Grant, Permission
from faelles.policies.knobs import DEBT_LIMIT_ORE

EXAMPLES = int(os.environ.get("FAELLES_TEST_EXAMPLES", "12"))
STEPS = 30
READERS = ("anna", "bo", "clara", "dan")
COPIES = {
    "novel 1": ("novel", "main"),
    "novel 2": ("novel", "suburb"),
    "novel 3": ("novel", "suburb"),
    "poems 1": ("poems", "main"),
    "atlas 1": ("atlas", "suburb"),
}
TITLES = ("novel", "poems", "atlas")
WORLD = World(
    readers=dict.fromkeys(READERS, "adult"),
    copies={name: ("book_adult", home) for name, (_, home) in COPIES.items()},
    limit=50,
)

readers, titles, copies = st.sampled_from(READERS), st.sampled_from(TITLES), st.sampled_from(list(COPIES))
branches, any_one = st.sampled_from(("main", "suburb")), st.integers(0, 100)
soon = st.sampled_from((None, None, timedelta(days=2), timedelta(days=9)))

Result = TypeVar("Result")

_HOLDS = """
SELECT h.id, h.record_id, h.state, c.number, h.pickup_branch_id, h.shelf_number, h.pickup_deadline
  FROM hold AS h LEFT JOIN copy AS c USING (agency_id, item_id) WHERE h.agency_id = $1 ORDER BY h.record_id, h.rank
"""
_COPIES = """
SELECT c.number, w.state, j.to_branch_id, s.branch_id, s.number AS shelf
  FROM copy AS c
  JOIN copy_whereabouts AS w USING (agency_id, item_id)
  LEFT JOIN journey AS j ON j.agency_id = c.agency_id AND j.item_id = c.item_id AND j.ended_at IS NULL
  LEFT JOIN shelf_place AS s ON s.agency_id = c.agency_id AND s.item_id = c.item_id AND s.emptied_at IS NULL
 WHERE c.agency_id = $1
"""
_FILE_UNDER = "UPDATE item SET record_id = $2 WHERE agency_id = $1 AND number = $3"
_CAPTURED = """
SELECT details FROM hold_match_log WHERE agency_id = $1 AND outcome = 'captured' ORDER BY id DESC LIMIT 1
"""
# A copy that is bound serves nobody else; a hold is filled once at most, by one copy.
_TWICE = """
SELECT item_id FROM hold WHERE agency_id = $1 AND closed_at IS NULL AND item_id IS NOT NULL
 GROUP BY item_id HAVING count(*) > 1
 UNION ALL
SELECT hold_id FROM event WHERE agency_id = $1 AND kind = 'hold.collected' GROUP BY hold_id HAVING count(*) > 1
 UNION ALL
SELECT record_id FROM hold WHERE agency_id = $1 AND closed_at IS NULL GROUP BY record_id, rank HAVING count(*) > 1
"""


class StoppedError(Exception):
    """What stops the matcher before it commits."""


class Wishes(RuleBasedStateMachine):
    """One life of a municipality with two branches, and its reference."""

    url: str
    keyring: Keyring

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._open = AsyncExitStack()
        self.ids: list[HoldId] = []
        self._run(self._found())
        self.model = ReferenceHolds(
            copies={name: Copy(name, *where) for name, where in COPIES.items()},
            today=local_day(MONDAY),
            lines={title: [] for title in TITLES},
        )

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(work)

    async def _found(self) -> None:
        clock = Clock(MONDAY)
        database = await self._open.enter_async_context(open_database(self.url, connections=1, clock=clock))
        desk = await furnish(database, self.keyring, clock, WORLD)
        self.library: LendingLibrary = desk.library
        self.readers, self.numbers = desk.readers, desk.copies
        self.branches: dict[str, BranchId] = {"main": self.library.town.main, "suburb": self.library.town.suburb}
        await self.library.set_rule(DEBT_LIMIT_ORE, None)
        self.records: dict[str, RecordId] = {}
        for name, (title, _) in COPIES.items():
            record = self.records.setdefault(title, await title_of(self.library, self.numbers[name]))
            await self._do(lambda tx, record=record, name=name: tx.execute(
                _FILE_UNDER, tx.agency, record, self.numbers[name]
            ))  # fmt: skip
        await match_all(self.library)

    async def _do(self, work: Any) -> Any:
        return await self.library.run(work)

    async def _said(self, work: Coroutine[Any, Any, object]) -> str | None:
        """The code of the error, None where there was none."""
        try:
            await work
        except FaellesError as problem:
            return problem.code
        return None

    def teardown(self) -> None:
        self._run(self._open.aclose())
        self._runner.close()

    def _any(self, number: int) -> tuple[Hold, HoldId]:
        place = number % len(self.ids)
        return self.model.holds[place], self.ids[place]

    def _place(self, reader: str, wishes: list[tuple[str, str | None]], pickup: str, **dates: date | None) -> None:
        expected = self.model.place(
            reader, [(title, self.model.copies[copy] if copy else None) for title, copy in wishes], pickup, **dates
        )
        request = PlaceHolds(
            patron=Borrower(patron=self.readers[reader].id),
            wishes=tuple(
                Wish(item=self.numbers[copy]) if copy else Wish(record=self.records[title]) for title, copy in wishes
            ),
            pickup=self.branches[pickup],
            together=Together.PARALLEL,
            **dates,
        )
        library = self.library
        placing: Placing = self._run(self._do(lambda tx: place_holds(tx, library.librarian, library.keyring, request)))
        assert [frozenset(block.code.value for block in each.blocks) for each in placing.holds] == expected
        self.ids += [each.hold for each in placing.holds if each.hold is not None]

    @rule(reader=readers, title=titles, pickup=branches, begins=soon, lasts=soon)
    def place(self, reader, title, pickup, begins, lasts):
        active = None if begins is None else self.model.today + begins
        until = None if lasts is None else (active or self.model.today) + lasts
        self._place(reader, [(title, None)], pickup, active_from=active, interest_until=until)

    @rule(reader=readers, copy=copies, pickup=branches)
    def place_on_one_copy(self, reader, copy, pickup):
        self._place(reader, [(COPIES[copy][0], copy)], pickup)

    @rule(reader=readers, wished=st.permutations(TITLES), pickup=branches)
    def place_parallel(self, reader, wished, pickup):
        self._place(reader, [(title, None) for title in wished[:2]], pickup)

    @precondition(lambda self: self.ids)
    @rule(number=any_one)
    def cancel(self, number):
        hold, known = self._any(number)
        self.model.cancel(hold)
        self._run(cancel(self.library, known))

    @precondition(lambda self: self.ids)
    @rule(number=any_one, to=st.sampled_from(list(MoveTo)))
    def move(self, number, to):
        hold, known = self._any(number)
        assert self._run(self._said(move(self.library, known, to))) == self.model.move(hold, to.value)

    @precondition(lambda self: self.ids)
    @rule(number=any_one, pickup=branches)
    def change_branch(self, number, pickup):
        hold, known = self._any(number)
        said = self._run(self._said(change(self.library, known, pickup=self.branches[pickup])))
        assert said == self.model.change_pickup(hold, pickup)

    @rule(reader=readers, days=st.sampled_from((1, 4, 12)))
    def be_away(self, reader, days):
        first, last = self.model.today, self.model.today + timedelta(days=days)
        self.model.away[reader] = (first, last)

        async def write(tx: Transaction) -> None:
            who = self.readers[reader].id
            await tx.execute("DELETE FROM absence WHERE agency_id = $1 AND patron_id = $2", tx.agency, who)
            await tx.execute(
                "INSERT INTO absence (agency_id, patron_id, period) VALUES ($1, $2, daterange($3, $4, '[]'))",
                tx.agency, who, first, last,
            )  # fmt: skip

        self._run(self._do(write))

    @rule()
    def match(self):
        """Whatever was marked since is enough: the reference plans everything anew."""
        self.model.match()
        self._run(match_all(self.library))

    @rule()
    def match_and_be_stopped(self):
        async def stopped(tx: Transaction) -> None:
            await match_dirty_titles(tx)
            raise StoppedError

        with suppress(StoppedError):
            self._run(self._do(stopped))

    @precondition(lambda self: self.ids)
    @rule(number=any_one)
    def look_in_vain(self, number):
        hold, known = self._any(number)
        librarian = self.library.librarian
        work = self._do(lambda tx: note_not_on_shelf(tx, librarian, NotOnShelf(hold=known)))
        assert self._run(self._said(work)) == self.model.not_on_shelf(hold)

    @rule(copy=copies, branch=branches, by_staff=st.booleans())
    def check_in(self, copy, branch, by_staff):
        expected, passed = self.model.check_in(self.model.copies[copy], branch, by_staff=by_staff)
        request = ReturnRequest(item=self.numbers[copy], branch=self.branches[branch])
        caller = self.library.librarian if by_staff else self._sorter()
        answer: ReturnAnswer = self._run(self._do(lambda tx: return_item(tx, caller, request)))
        names = {each: self.ids[place] for place, each in enumerate(self.model.holds)}
        assert answer.next.hold == (None if expected is None else names[expected])
        if passed and expected is not None:
            assert self._run(self._last_passed()) == [(names[hold], why) for hold, why in passed]

    def _sorter(self) -> Caller:
        return Caller(
            agency=self.library.town.agency,
            actor=Actor(ActorKind.MACHINE, 1),
            language=Language.DANISH,
            grants=(Grant(permissions=frozenset({Permission.RETURN})),),
        )

    async def _last_passed(self) -> list[tuple[int, str]]:
        row = (await self._do(lambda tx: tx.rows(_CAPTURED, tx.agency)))[0]
        return [(each["hold"], each["why"]) for each in json.loads(row["details"])["passed"]]

    @rule(reader=readers, copy=copies)
    def check_out(self, reader, copy):
        if self.model.copies[copy].reader is not None:
            return
        expected = self.model.check_out(reader, self.model.copies[copy])
        answer = self._run(self.library.lend(self.readers[reader], self.numbers[copy]))
        assert {block.code.value for block in answer.blocks} == expected
        assert (answer.outcome is Outcome.LENT) == (not expected)

    @rule(days=st.sampled_from((1, 3, 8)))
    def nights_pass(self, days):
        self.model.night(days)
        self.library.clock.pass_days(days)
        self._run(self._night())

    async def _night(self) -> None:
        for job in (turn_day, expire_shelf):
            cursor: str | None = None
            while True:
                part = await self._do(lambda tx, job=job, cursor=cursor: job(tx, self.model.today, cursor))
                cursor = part.next
                if cursor is None:
                    break
        await match_all(self.library)

    @invariant()
    def the_two_look_alike(self):
        assert self._run(self._picture()) == self.model.picture()

    @invariant()
    def nothing_is_taken_twice(self):
        assert self._run(self._do(lambda tx: tx.rows(_TWICE, tx.agency))) == []

    async def _picture(self) -> dict[str, object]:
        rows = await self._do(lambda tx: tx.rows(_HOLDS, tx.agency))
        places = {known: place for place, known in enumerate(self.ids)}
        names = {number: name for name, number in self.numbers.items()} | {None: None}
        where = {branch: name for name, branch in self.branches.items()} | {None: None}
        lines: dict[str, list[int]] = {title: [] for title in TITLES}
        holds: dict[int, tuple[object, ...]] = {}
        titles = {record: title for title, record in self.records.items()}
        for row in rows:
            is_open = row["state"] not in {"collected", "expired", "cancelled"}
            if is_open:
                lines[titles[row["record_id"]]].append(places[row["id"]])
            holds[places[row["id"]]] = (
                row["state"],
                names[row["number"]] if is_open else None,
                where[row["pickup_branch_id"]],
                int(row["shelf_number"]) if is_open and row["shelf_number"] else None,
                row["pickup_deadline"] if is_open else None,
            )
        copies = {
            names[row["number"]]: (
                row["state"],
                where[row["to_branch_id"]],
                (where[row["branch_id"]], row["shelf"]) if row["branch_id"] else None,
            )
            for row in await self._do(lambda tx: tx.rows(_COPIES, tx.agency))
        }
        return {"holds": [holds[place] for place in sorted(holds)], "lines": lines, "copies": copies}


def test_holds_do_what_the_reference_does(owner_url: str, keyring: Keyring):
    try_out(Wishes, owner_url, keyring, examples=EXAMPLES, steps=STEPS)
