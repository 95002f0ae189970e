"""The whole of circulation, driven at random on a real database beside the reference library: they never disagree.

FAELLES_TEST_EXAMPLES is how many lives of a library are tried; a nightly run tries more.
"""

import asyncio
import itertools
import os
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from circulation.lending_library import MONDAY, Clock
from circulation.real_desk import RealDesk, World, furnish
from circulation.reference import Said, is_kept
from circulation.state_machines import try_out
from faelles.ground.crypto import Keyring
from faelles.ground.database.pool import open_database

EXAMPLES = int(os.environ.get("FAELLES_TEST_EXAMPLES", "20"))
STEPS = 25
LIMIT = 3
READERS = {"anna": "adult", "bo": "adult", "clara": "child"}
COPIES = {
    "novel": ("book_adult", "main"),
    "poems": ("book_adult", "main"),
    "essays": ("book_adult", "main"),
    "atlas": ("book_adult", "suburb"),
    "film": ("film", "main"),
    "bestseller": ("quick_loan", "suburb"),
    "dictionary": ("reference", "main"),
}
WORLD = World(readers=READERS, copies=COPIES, limit=LIMIT)
BEFORE_ANYTHING = timedelta(days=400)
"""The rules of these libraries are older than anything that is entered late."""

readers, copies, branches = (
    st.sampled_from(list(READERS)),
    st.sampled_from(list(COPIES)),
    st.sampled_from(("main", "suburb")),
)
stacks = st.lists(st.tuples(copies, readers), min_size=1, max_size=3)
sometimes = st.sampled_from((False, False, True))
ago = st.sampled_from((timedelta(0), timedelta(hours=2), timedelta(days=1), timedelta(days=9), timedelta(days=40)))

Result = TypeVar("Result")


class Library(RuleBasedStateMachine):
    """One life of a library: a new municipality on the shared database, a neighbour with the same numbers, a clock."""

    url: str
    keyring: Keyring

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._open = AsyncExitStack()
        self._keys = itertools.count(1)
        self._kept: list[tuple[Callable[[], Awaitable[object]], object]] = []
        self.model = WORLD.model(MONDAY)
        self.desk, self.neighbour = self._run(self._found())
        self.before = len(self._run(self.desk.look()).events)

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(work)

    async def _found(self) -> tuple[RealDesk, RealDesk]:
        clock = Clock(MONDAY - BEFORE_ANYTHING)
        database = await self._open.enter_async_context(open_database(self.url, connections=1, clock=clock))
        desk = await furnish(database, self.keyring, clock, WORLD)
        neighbour = await furnish(database, self.keyring, clock, WORLD, like=desk)
        clock.now = MONDAY
        return desk, neighbour

    def teardown(self) -> None:
        try:
            look = self._run(self.neighbour.look())
            assert (look.picture, look.faults, len(look.events)) == (_untouched(), [], self.before)
        finally:
            self._run(self._open.aclose())
            self._runner.close()

    def _both(self, verb: str, *args: object, key: bool = False, **wishes: object) -> None:
        """Do the same in both libraries and compare what they say. With `key` it can be asked again."""
        self.model.note_loans()
        self._run(self.desk.note_loans())
        expected = getattr(self.model, verb)(*args, **wishes)
        with_key = {"key": f"key-{next(self._keys)}"} if key else {}

        def ask() -> Awaitable[object]:
            return getattr(self.desk, verb)(*args, **wishes, **with_key)

        assert self._run(ask()) == expected
        if key and is_kept(expected):
            self._kept.append((ask, expected))

    @rule(
        reader=readers, copy=copies, branch=branches, override=sometimes, renew_own=st.booleans(), dry=sometimes,
        key=st.booleans(),
    )  # fmt: skip
    def checkout(self, reader, copy, branch, override, renew_own, dry, key):
        wishes = {"override": override, "renew_own": renew_own, "dry": dry}
        self._both("checkout", reader, copy, branch, key=key and not dry, **wishes)

    @rule(pairs=stacks, branch=branches, first=st.none() | readers, key=st.booleans())
    def checkout_group(self, pairs, branch, first, key):
        self._both("checkout_group", pairs, branch, first=first, key=key)

    @rule(copy=copies, other=copies, key=st.booleans())
    def swap(self, copy, other, key):
        self._both("swap", copy, other, key=key)

    @rule(copy=copies, override=sometimes, key=st.booleans())
    def renew(self, copy, override, key):
        self._both("renew", copy, override=override, key=key)

    @rule(reader=readers, key=st.booleans())
    def renew_all(self, reader, key):
        self._both("renew_all", reader, key=key)

    @rule(copy=copies, branch=branches, key=st.booleans())
    def return_item(self, copy, branch, key):
        self._both("return_item", copy, branch, key=key)

    @rule(copy=copies, branch=branches, ago=ago, found=st.booleans())
    def return_from_the_book_drop(self, copy, branch, ago, found):
        self._both("return_item", copy, branch, at=self.model.now - ago, found=found)

    @rule(copy=copies, key=st.booleans())
    def undo_checkout(self, copy, key):
        self._both("undo_checkout", copy, key=key)

    @rule(copy=copies, key=st.booleans())
    def undo_return(self, copy, key):
        self._both("undo_return", copy, key=key)

    @rule(copy=copies, key=st.booleans())
    def lose(self, copy, key):
        self._both("lose", copy, key=key)

    @rule(copy=copies, key=st.booleans())
    def claim_returned(self, copy, key):
        self._both("claim_returned", copy, key=key)

    @rule(reader=readers, copy=copies, branch=branches, ago=ago)
    def offline_checkout(self, reader, copy, branch, ago):
        self._both("offline_checkout", reader, copy, branch, self.model.now - ago)

    @rule(copy=copies, branch=branches, ago=ago)
    def offline_return(self, copy, branch, ago):
        self._both("offline_return", copy, branch, self.model.now - ago)

    @rule(reader=readers, kroner=st.sampled_from((25, 250)), key=st.booleans())
    def charge(self, reader, kroner, key):
        self._both("charge", reader, kroner * 100, key=key)

    @precondition(lambda self: any(claim.owed for claim in self.model.books.claims))
    @rule(reader=readers, kroner=st.sampled_from((10, 25, 120, 230)))
    def pay(self, reader, kroner):
        reference = f"receipt-{next(self._keys)}"
        assert self._run(self.desk.pay(reader, kroner * 100, reference)) == self.model.pay(reader, kroner * 100)

    @precondition(lambda self: any(claim.owed for claim in self.model.books.claims))
    @rule(reader=readers)
    def pay_all(self, reader):
        owed = self.model.books.balance(reader)
        if owed > 0:
            said = self._run(self.desk.pay(reader, owed, f"receipt-{next(self._keys)}"))
            assert said == self.model.pay(reader, owed) == Said("paid")

    @precondition(lambda self: any(claim.owed for claim in self.model.books.claims))
    @rule(reader=readers, key=st.booleans())
    def waive(self, reader, key):
        self._both("waive", reader, key=key)

    @rule(days=st.sampled_from((1, 3, 8, 16, 31, 40)))
    def days_pass(self, days):
        self.model.now += timedelta(days=days)
        self.desk.library.clock.now = self.model.now

    @precondition(lambda self: self._kept)
    @rule(data=st.data())
    def repeat_a_request_with_its_key(self, data):
        """However long ago it was and whatever happened since: the first answer, and nothing changes."""
        ask, answer = data.draw(st.sampled_from(self._kept))
        assert self._run(ask()) == answer

    @invariant()
    def the_libraries_look_alike(self):
        """Nothing is out of joint, the books are in order; each change and each refusal is one event."""
        look = self._run(self.desk.look())
        assert look.faults == []
        assert look.picture == self.model.picture()
        assert look.events[self.before :] == self.model.events

    @invariant()
    def a_limit_is_exceeded_only_by_what_is_on_record(self):
        """By an override, also of a return that was none, or a fact that came late."""
        for reader in READERS:
            loans = self.model.loans_of(reader)
            assert len([loan for loan in loans if not loan.is_excused]) <= LIMIT


def _untouched() -> dict[str, object]:
    return {
        "items": dict.fromkeys(COPIES, ("available", None)),
        "loans": {},
        "balances": dict.fromkeys(READERS, 0),
        "overrides": [],
    }


def test_circulation_does_what_the_reference_library_does(owner_url: str, keyring: Keyring):
    try_out(Library, owner_url, keyring, examples=EXAMPLES, steps=STEPS)
