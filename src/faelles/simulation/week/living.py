"""What people and staff do in a day, each by the operation that a door would call."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final, TypeVar

from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds.changing import cancel_holds
from faelles.circulation.holds.model import CancelHolds, PlaceHolds, Together, Wish
from faelles.circulation.holds.operations import place_holds
from faelles.circulation.loans.model import CheckoutRequest, Outcome, ReturnAnswer, ReturnRequest
from faelles.circulation.loans.operations import checkout, return_item
from faelles.circulation.picking.model import ClaimPicks, ConfirmPick, NotOnShelf, Pick
from faelles.circulation.picking.operations import claim_picks, confirm_pick, note_not_on_shelf
from faelles.circulation.shelf.operations import list_to_clear
from faelles.circulation.transit.crates import pack_crate, put_in_crate, receive_crate, send_crate
from faelles.circulation.transit.model import PackCrate, PutInCrate, RouteSheet, Stop
from faelles.circulation.transit.operations import list_journeys
from faelles.circulation.transit.rounds import show_route_sheet
from faelles.ground.actor import Actor, ActorKind
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, HoldId, PatronId, RecordId
from faelles.patrons.blocks.operations import set_absence
from faelles.patrons.model import AbsencePeriod
from faelles.people.model import Caller, Grant, Permission
from faelles.simulation.clock import TurnedClock
from faelles.simulation.week.model import Size
from faelles.simulation.week.municipality import Municipality, popularity

Answer = TypeVar("Answer")

_AT_ONCE: Final = 6
"""People at their screens, and branches at work."""
_CRATE: Final = 200
_NOT_FOUND, _NEVER_COLLECTED, _LATER, _AWAY, _SEVERAL, _GIVEN_UP = 0.05, 0.08, 0.02, 0.03, 0.05, 0.01
"""Shares: of the copies looked for, of the holds that become ready, of those placed, of the people, of the orders, of
those who wait.
"""
_RETURNED_A_DAY: Final = 0.09


@dataclass
class Ready:
    """A copy on the hold shelf that somebody means to collect. `day` None: they forget it."""

    hold: HoldId
    item: str
    branch: BranchId
    day: date | None


@dataclass
class Life:
    """What is remembered between the hours: who waits, what is out, what stands ready."""

    town: Municipality
    size: Size
    database: Database
    keyring: Keyring
    clock: TurnedClock
    chance: Random
    wisher: dict[HoldId, PatronId] = field(default_factory=dict)
    placed_at: dict[HoldId, datetime] = field(default_factory=dict)
    ready_at: dict[HoldId, datetime] = field(default_factory=dict)
    ready: dict[HoldId, Ready] = field(default_factory=dict)
    out: list[str] = field(default_factory=list)
    """Copies that were out when the week began, and are still."""
    done: Counter[str] = field(default_factory=Counter)

    async def run(self, work: Callable[[Transaction], Awaitable[Answer]], caller: Caller | None = None) -> Answer:
        actor = (caller or self.town.librarian).actor
        return await self.database.run(self.town.agency, actor, work)

    # Before the week

    async def lend_half(self) -> None:
        """Every second copy is out, lent in the last weeks."""
        people, numbers = list(self.town.people.values()), sorted(self.town.home)
        self.out = self.chance.sample(numbers, len(numbers) // 2)
        loans = [(item, self.chance.choice(people)) for item in self.out]
        await self._several(self._lend(item, card, self.town.home[item]) for item, card in loans)

    async def _lend(self, item: str, card: str, branch: BranchId) -> bool:
        request = CheckoutRequest(borrower=Borrower(card=card), item=item, branch=branch)
        answer = await self.run(lambda tx: checkout(tx, self.town.librarian, self.keyring, request))
        self.done["lent" if answer.outcome is Outcome.LENT else "lending_refused"] += 1
        return answer.outcome is Outcome.LENT

    async def go_away(self, today: date) -> None:
        """Some are away for a while, and keep their places."""
        for patron in self.chance.sample(sorted(self.town.people), int(len(self.town.people) * _AWAY)):
            first = today + timedelta(days=self.chance.randrange(1, 5))
            away = AbsencePeriod(first_day=first, last_day=first + timedelta(days=self.chance.randrange(1, 20)))
            await self.run(partial(set_absence, caller=self.town.librarian, patron=patron, request=away))
            self.done["away"] += 1

    # People

    async def wish(self, number: int) -> None:
        """People place so many holds from home, some of them on any of several titles."""
        weights, orders = popularity(self.size.titles), []
        while number > 0:
            wanted = self.chance.randint(2, 3) if self.chance.random() < _SEVERAL else 1
            orders.append(self._order(weights, min(wanted, number)))
            number -= wanted
        await self._several(self._place(*order) for order in orders)

    def _order(self, weights: Sequence[float], number: int) -> tuple[PatronId, PlaceHolds]:
        patron = self.chance.choice(list(self.town.people))
        titles: set[RecordId] = set()
        while len(titles) < number:
            titles.update(self.chance.choices(self.town.titles, cum_weights=weights, k=number - len(titles)))
        today = self.clock.now.date()
        later = today + timedelta(days=self.chance.randrange(5, 40)) if self.chance.random() < _LATER else None
        return patron, PlaceHolds(
            patron=Borrower(patron=patron),
            wishes=tuple(Wish(record=title) for title in sorted(titles)),
            pickup=self.chance.choice(self.town.branches),
            together=Together.PARALLEL,
            all_or_nothing=False,
            active_from=later,
        )

    async def _place(self, patron: PatronId, request: PlaceHolds) -> None:
        caller = Caller(
            agency=self.town.agency,
            actor=Actor(ActorKind.PATRON, patron),
            language=Language.DANISH,
            grants=(Grant(permissions=frozenset({Permission.OWN_ACCOUNT})),),
            patron=patron,
        )
        placing = await self.run(lambda tx: place_holds(tx, caller, self.keyring, request), caller)
        for each in placing.holds:
            if each.hold is None:
                self.done["refused"] += 1
            else:
                self.wisher[each.hold], self.placed_at[each.hold] = patron, self.clock.now
                self.done["placed"] += 1

    async def give_up(self) -> None:
        """Some do not want to wait any longer."""
        waiting = [hold for hold in self.wisher if hold not in self.ready_at]
        given_up = [hold for hold in waiting if self.chance.random() < _GIVEN_UP]
        for first in range(0, len(given_up), _CRATE):
            request = CancelHolds(holds=tuple(given_up[first : first + _CRATE]))
            await self.run(partial(cancel_holds, caller=self.town.librarian, request=request))
        self.done["given_up"] += len(given_up)

    async def collect(self, today: date, open_branches: Sequence[BranchId]) -> None:
        """Whoever means to come today comes, where the branch is open."""
        here = [each for each in self.ready.values() if each.branch in open_branches]
        coming = [each for each in here if each.day is not None and each.day <= today]
        await self._several(self._collect(each) for each in coming)

    async def _collect(self, ready: Ready) -> None:
        del self.ready[ready.hold]
        await self._lend(ready.item, self.town.people[self.wisher[ready.hold]], ready.branch)

    async def hand_in(self, open_branches: Sequence[BranchId]) -> None:
        """Of what is out some comes back each day, most of it where it belongs."""
        if not open_branches:
            return
        coming = [item for item in self.out if self.chance.random() < _RETURNED_A_DAY]
        back = set(coming)
        self.out = [item for item in self.out if item not in back]
        desks = {item: self._desk_for(item, open_branches) for item in coming}
        await self._several(self.scan(item, branch) for item, branch in desks.items())

    def _desk_for(self, item: str, open_branches: Sequence[BranchId]) -> BranchId:
        home = self.town.home[item]
        is_home = home in open_branches and self.chance.random() < 0.7  # noqa: PLR2004 - a share of those who hand in
        return home if is_home else self.chance.choice(open_branches)

    # Staff

    async def scan(self, item: str, branch: BranchId) -> None:
        """A copy is in hand at a branch; whoever has it does what the answer says."""
        request = ReturnRequest(item=item, branch=branch)
        self._note(await self.run(lambda tx: return_item(tx, self.town.librarian, request)), item, branch)

    def _note(self, answer: ReturnAnswer, item: str, branch: BranchId) -> None:
        self.done["scanned"] += 1
        stop = answer.next
        if stop is None or stop.stop is not Stop.HOLD_SHELF or stop.hold is None or stop.shelf_number is None:
            return
        self.ready_at.setdefault(stop.hold, self.clock.now)
        forgets = self.chance.random() < _NEVER_COLLECTED
        day = None if forgets else self.clock.now.date() + timedelta(days=self.chance.randrange(4))
        self.ready[stop.hold] = Ready(stop.hold, item, branch, day)

    async def open_up(self, open_branches: Sequence[BranchId]) -> None:
        """Each branch clears its hold shelf, then walks along its shelves with the pick list."""
        await self._several(self._morning(branch) for branch in open_branches)

    async def _morning(self, branch: BranchId) -> None:
        caller = self.town.librarian
        for each in await self.run(lambda tx: list_to_clear(tx, caller, branch, limit=500)):
            self.ready.pop(each.hold, None)
            await self.scan(each.item_number, branch)
            self.done["cleared"] += 1
        picks = await self.run(lambda tx: claim_picks(tx, caller, ClaimPicks(branch=branch, most=200)))
        while picks:
            for pick in picks:
                await self._fetch(pick, branch)
            picks = await self.run(lambda tx: claim_picks(tx, caller, ClaimPicks(branch=branch, most=200)))

    async def _fetch(self, pick: Pick, branch: BranchId) -> None:
        """Find it or not. What nobody asks for any more, because another of somebody's holds was filled meanwhile, is
        scanned back onto its shelf.
        """
        caller = self.town.librarian
        if self.chance.random() < _NOT_FOUND:
            missed = NotOnShelf(hold=pick.hold, item=pick.item_number)
            with suppress(ConflictError, NotFoundError):
                await self.run(lambda tx: note_not_on_shelf(tx, caller, missed))
                self.done["not_on_shelf"] += 1
            return
        request = ConfirmPick(branch=branch, item=pick.item_number)
        try:
            answer = await self.run(lambda tx: confirm_pick(tx, caller, request))
        except ConflictError:
            self.done["fetched_in_vain"] += 1
            await self.scan(pick.item_number, branch)
            return
        self.done["fetched"] += 1
        self._note(answer, pick.item_number, branch)

    async def drive(self, van: int, day: date) -> None:
        """A van's round: at each stop its crates are left and scanned, then those for later stops are packed."""
        caller = self.town.librarian
        sheet = await self.run(lambda tx: show_route_sheet(tx, caller, van, day))
        on_board: dict[BranchId, list[tuple[int, list[str]]]] = defaultdict(list)
        for place, stop in enumerate(sheet.stops):
            if stop.is_closed:
                continue
            for crate, items in on_board.pop(stop.branch, []):
                await self.run(partial(receive_crate, caller=caller, crate=crate))
                await self._several(self.scan(item, stop.branch) for item in items)
            for ahead in _later(sheet, place):
                on_board[ahead] += await self._pack(stop.branch, ahead, f"{van}-{day:%m%d}-{place}")

    async def _pack(self, here: BranchId, there: BranchId, label: str) -> list[tuple[int, list[str]]]:
        """The crates from one branch to another, with what lies in them; none where nothing waits."""
        caller = self.town.librarian
        waiting = await self.run(
            lambda tx: list_journeys(tx, caller, from_branch=here, to_branch=there, limit=5 * _CRATE)
        )
        items: list[str] = [each.item_number for each in waiting if each.crate is None]
        crates = []
        for first in range(0, len(items), _CRATE):
            some = items[first : first + _CRATE]
            packed = PackCrate(label=f"{label}-{here}-{there}-{first}", branch=here, to=there)
            crate = (await self.run(partial(pack_crate, caller=caller, request=packed))).id
            put = PutInCrate(items=tuple(some))
            await self.run(partial(put_in_crate, caller=caller, crate=crate, request=put))
            await self.run(partial(send_crate, caller=caller, crate=crate))
            crates.append((crate, some))
            self.done["crates"] += 1
        return crates

    async def _several(self, works: Iterable[Coroutine[Any, Any, object]]) -> None:
        """Do it all, some at once."""
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(work: Coroutine[Any, Any, object]) -> None:
            async with room:
                await work

        await asyncio.gather(*(one(work) for work in works))


def _later(sheet: RouteSheet, place: int) -> list[BranchId]:
    """The branches that the round comes to after a stop and that somebody is at."""
    here = sheet.stops[place].branch
    ahead = [stop.branch for stop in sheet.stops[place + 1 :] if not stop.is_closed and stop.branch != here]
    return list(dict.fromkeys(ahead))
