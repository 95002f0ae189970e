"""What becomes of holds, small enough to read at one sitting: no database, no policy, nothing shared with the product
but its words. The state machine holds the product against it.

The world: two branches open on the same days, no vans. A hold may be collected for a week. A copy belongs to one branch
and is sent home from the other.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from circulation.reference import due

WAITING = ("pending", "matched")
BOUND = ("captured", "in_transit", "ready")
PICKUP_DAYS = 7


@dataclass(eq=False)
class Copy:
    name: str
    title: str
    home: str
    state: str = "available"
    to: str | None = None
    """Where it is on its way to."""
    reader: str | None = None
    is_missed: bool = False
    shelf: tuple[str, int] | None = None
    """Branch and number, where it stands on a hold shelf."""


@dataclass(eq=False)
class Hold:
    reader: str
    title: str
    pickup: str
    wanted: Copy | None
    active_from: date | None
    interest_until: date
    order: int
    """Holds that were placed together have one order."""
    is_parallel: bool
    state: str = "pending"
    copy: Copy | None = None
    number: int | None = None
    deadline: date | None = None

    @property
    def is_open(self) -> bool:
        return self.state in (*WAITING, *BOUND)


@dataclass
class ReferenceHolds:
    copies: dict[str, Copy]
    today: date
    lines: dict[str, list[Hold]]
    """Of each title the open holds in the order of their ranks, bound ones too."""
    holds: list[Hold] = field(default_factory=list)
    away: dict[str, tuple[date, date]] = field(default_factory=dict)
    orders: int = 0

    # Wishing

    def place(
        self,
        reader: str,
        wishes: list[tuple[str, Copy | None]],
        pickup: str,
        *,
        active_from: date | None = None,
        interest_until: date | None = None,
    ) -> list[frozenset[str]]:
        """All or nothing: what stands against each wish, and the holds only where nothing does."""
        against: list[frozenset[str]] = []
        granted: list[Hold] = []
        self.orders += 1
        for title, wanted in wishes:
            found = self._against(reader, title, wanted, granted)
            against.append(found)
            if not found:
                until = interest_until or max(active_from or self.today, self.today) + timedelta(days=180)
                granted.append(Hold(reader, title, pickup, wanted, active_from, until, self.orders, len(wishes) > 1))
        if not any(against):
            for hold in granted:
                self.lines[hold.title].append(hold)
                self.holds.append(hold)
        return against

    def _against(self, reader: str, title: str, wanted: Copy | None, granted: list[Hold]) -> frozenset[str]:
        mine = [hold for hold in (*self.lines[title], *granted) if (hold.reader, hold.title) == (reader, title)]
        found = {"already_reserved"} if mine else set()
        if any((hold.wanted is None) != (wanted is None) for hold in mine):
            found.add("held_both_ways")
        if any(copy.reader == reader and copy.title == title for copy in self.copies.values()):
            found.add("already_loaned")
        return frozenset(found)

    def cancel(self, hold: Hold) -> None:
        if hold.is_open:
            self._close(hold, "cancelled")

    def change_pickup(self, hold: Hold, pickup: str) -> str | None:
        if not hold.is_open:
            return "hold_is_over"
        if hold.state == "ready" and hold.pickup != pickup:
            hold.state, hold.number, hold.deadline = "captured", None, None
        hold.pickup = pickup
        return None

    def move(self, hold: Hold, to: str) -> str | None:
        line = self.lines.get(hold.title, [])
        waiting = [each for each in line if each.state in WAITING]
        if hold not in waiting:
            return "hold_waits_no_longer"
        at, others = waiting.index(hold), [each for each in waiting if each is not hold]
        place = {"top": 0, "up": max(at - 1, 0), "down": min(at + 1, len(others)), "bottom": len(others)}[to]
        if place != at:
            line.remove(hold)
            line.insert(len(line) if place == len(others) else line.index(others[place]), hold)
        return None

    # Planning

    def match(self) -> None:
        for title, line in self.lines.items():
            free = [copy for copy in self.copies.values() if copy.title == title and self._is_free(copy)]
            asked_for = {hold.wanted for hold in line if hold.state in WAITING and hold.wanted is not None}
            for hold in line:
                if hold.state in WAITING:
                    self._plan(hold, free, asked_for)

    def _plan(self, hold: Hold, free: list[Copy], asked_for: set[Copy]) -> None:
        fitting = [copy for copy in free if hold.wanted in {None, copy}] if self.why_idle(hold) is None else []
        best = min(fitting, key=lambda copy: (copy.home != hold.pickup, copy in asked_for), default=None)
        hold.state, hold.copy = ("pending", None) if best is None else ("matched", best)
        if best is not None:
            free.remove(best)

    def _is_free(self, copy: Copy) -> bool:
        is_there = copy.state == "available" and not copy.is_missed and copy.shelf is None
        return is_there and self.bound_to(copy) is None

    def why_idle(self, hold: Hold) -> str | None:
        if hold.active_from is not None and hold.active_from > self.today:
            return "not_yet_active"
        if hold.interest_until < self.today:
            return "interest_over"
        first, last = self.away.get(hold.reader, (date.max, date.min))
        return "absent" if first <= self.today <= last else None

    def bound_to(self, copy: Copy) -> Hold | None:
        return next((hold for hold in self.lines[copy.title] if hold.copy is copy and hold.state in BOUND), None)

    def not_on_shelf(self, hold: Hold) -> str | None:
        if hold.state != "matched" or hold.copy is None or hold.copy.state != "available":
            return "not_on_pick_list"
        hold.copy.is_missed = True
        hold.state, hold.copy = "pending", None
        return None

    # Copies in hand

    def check_in(self, copy: Copy, branch: str, *, by_staff: bool) -> tuple[Hold | None, list[tuple[Hold, str]]]:
        """Whose it is, if anybody's, and who was passed over for it with the reason."""
        bound = self.bound_to(copy)
        passed: list[tuple[Hold, str]] = []
        if bound is None:
            bound, passed = self._first(copy)
            if bound is not None:
                self._capture(bound, copy)
        copy.reader, copy.to, copy.is_missed = None, None, False
        stood = copy.shelf
        if not (bound is not None and bound.state == "ready" and bound.pickup == branch):
            copy.shelf = None
        if bound is None:
            self._lay(copy, None if copy.home == branch else copy.home)
        else:
            self._serve(bound, copy, branch, stood, by_staff=by_staff)
        return bound, passed

    def _first(self, copy: Copy) -> tuple[Hold | None, list[tuple[Hold, str]]]:
        passed = []
        for hold in self.lines[copy.title]:
            if hold.state in WAITING:
                other = "wanted_copy_out" if hold.wanted not in {None, copy} else None
                why = self.why_idle(hold) or other
                if why is None:
                    return hold, passed
                passed.append((hold, why))
        return None, passed

    def _capture(self, hold: Hold, copy: Copy) -> None:
        for other in self.lines[copy.title]:
            if other is not hold and other.copy is copy and other.state == "matched":
                other.state, other.copy = "pending", None
        hold.state, hold.copy = "captured", copy
        self._end_parallel(hold)

    def _serve(self, hold: Hold, copy: Copy, branch: str, stood: tuple[str, int] | None, *, by_staff: bool) -> None:
        """It gets a number of its own: the one under which it `stood` for somebody else is free only from now on."""
        if hold.pickup != branch:
            hold.state, hold.number, hold.deadline = "in_transit", None, None
            self._lay(copy, hold.pickup)
            return
        self._lay(copy, None)
        if hold.state == "ready":
            return
        hold.state = "captured"
        if by_staff:
            places = [stood, *(each.shelf for each in self.copies.values())]
            taken = {place[1] for place in places if place is not None and place[0] == branch}
            number = next(number for number in range(1, len(taken) + 2) if number not in taken)
            hold.state, hold.number, hold.deadline = "ready", number, due(self.today, PICKUP_DAYS)
            copy.shelf = (branch, number)

    def _lay(self, copy: Copy, to: str | None) -> None:
        copy.state, copy.to = ("available", None) if to is None else ("in_transit", to)

    def check_out(self, reader: str, copy: Copy) -> frozenset[str]:
        """What stands against it; nobody has the copy."""
        bound = self.bound_to(copy)
        if bound is not None and bound.reader != reader:
            return frozenset({"on_hold_for_other"})
        mine = [hold for hold in self.lines[copy.title] if hold.reader == reader and hold.wanted in {None, copy}]
        filled = bound or next(iter(mine), None)
        copy.state, copy.reader, copy.to, copy.shelf = "on_loan", reader, None, None
        if filled is not None:
            self._close(filled, "collected")
            filled.copy = copy
            self._end_parallel(filled)
        for hold in self.lines[copy.title]:
            if hold.copy is copy and hold.state == "matched":
                hold.state, hold.copy = "pending", None
        return frozenset()

    # Time

    def night(self, days: int) -> None:
        self.today += timedelta(days=days)
        for hold in self.holds:
            if hold.state in WAITING and hold.interest_until < self.today:
                self._close(hold, "expired")
        for hold in [each for each in self.holds if each.state == "ready"]:
            if hold.deadline is not None and hold.deadline < self.today and hold.copy is not None:
                copy = hold.copy
                self._close(hold, "expired")
                following, _ = self._first(copy)
                if following is not None:
                    self._capture(following, copy)
        self.match()

    def _end_parallel(self, filled: Hold) -> None:
        for other in self.holds:
            if filled.is_parallel and other.order == filled.order and other.state in WAITING:
                self._close(other, "cancelled")

    def _close(self, hold: Hold, state: str) -> None:
        self.lines[hold.title].remove(hold)
        hold.state = state
        if hold.copy is not None and state == "cancelled":
            hold.copy = None

    def picture(self) -> dict[str, object]:
        numbers = {hold: number for number, hold in enumerate(self.holds)}
        return {
            "holds": [
                (
                    hold.state,
                    hold.copy.name if hold.copy and hold.is_open else None,
                    hold.pickup,
                    hold.number if hold.is_open else None,
                    hold.deadline if hold.is_open else None,
                )
                for hold in self.holds
            ],
            "lines": {title: [numbers[hold] for hold in line] for title, line in self.lines.items()},
            "copies": {copy.name: (copy.state, copy.to, copy.shelf) for copy in self.copies.values()},
        }
