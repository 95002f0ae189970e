"""What a roster means for a school: who is new, who moves, who has left. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import msgspec

from faelles.ground.ids import PatronId
from faelles.patrons.classes.model import Enrolment, LineOutcome, Pupil, RosterLine
from faelles.patrons.classes.roster import Read
from faelles.patrons.classes.rules import school_year

ClassKey = tuple[int, str]
"""Starting year and track."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the library knows before the import. Identifiers are those that hold, by what the roster says."""

    by_uni_login: Mapping[str, PatronId]
    by_cpr: Mapping[str, PatronId]
    names: Mapping[PatronId, str]
    have_uni_login: frozenset[PatronId]
    have_cpr: frozenset[PatronId]
    classes: Mapping[ClassKey, PatronId]
    enrolled: Mapping[PatronId, Sequence[Enrolment]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A line that is taken: `patron` is None for somebody new, whom `person` tells apart within the file."""

    pupil: Pupil
    patron: PatronId | None
    person: str
    class_key: ClassKey
    outcome: LineOutcome
    problem: str | None


@dataclass(slots=True)
class Plan:
    placed: list[Placed] = field(default_factory=list)
    refused: list[RosterLine] = field(default_factory=list)
    ended: list[Enrolment] = field(default_factory=list)

    def new_classes(self, known: Known) -> list[ClassKey]:
        return sorted({each.class_key for each in self.placed} - known.classes.keys())

    def lines(self) -> list[RosterLine]:
        taken = [
            RosterLine(line=each.pupil.line, outcome=each.outcome, patron=each.patron, problem=each.problem)
            for each in self.placed
        ]
        return sorted([*taken, *self.refused], key=lambda line: line.line)


def plan(lines: Sequence[Read], known: Known, today: date, *, whole_school: bool) -> Plan:
    """Take every line that can be taken, and end whatever the roster no longer says."""
    made = Plan()
    by_person: defaultdict[str, list[Placed]] = defaultdict(list)
    for line in lines:
        if isinstance(line, RosterLine):
            made.refused.append(line)
            continue
        placed = _place(line, known, today)
        before = by_person[placed.person]
        problem = placed.problem if placed.outcome is LineOutcome.REFUSED else _repeated(placed, before)
        if problem:
            made.refused.append(RosterLine(line=line.line, outcome=LineOutcome.REFUSED, problem=problem))
        else:
            made.placed.append(placed)
            before.append(placed)
    made.ended = list(_ended(made, known, whole_school=whole_school))
    return made


def _place(pupil: Pupil, known: Known, today: date) -> Placed:
    by_uni_login = known.by_uni_login.get(pupil.uni_login or "")
    by_cpr = known.by_cpr.get(pupil.cpr or "")
    patron = by_uni_login or by_cpr
    placed = Placed(
        pupil=pupil,
        patron=patron,
        person=str(patron or pupil.uni_login or pupil.cpr),
        class_key=(school_year(today) - pupil.grade, pupil.track),
        outcome=LineOutcome.CREATED,
        problem=None,
    )
    if patron is None:
        return placed
    if (by_uni_login and by_cpr and by_uni_login != by_cpr) or (pupil.cpr and not by_cpr and patron in known.have_cpr):
        return replace(placed, outcome=LineOutcome.REFUSED, problem="roster_identifiers_disagree")
    return replace(placed, outcome=_outcome(placed, patron, known), problem=_remark(pupil, patron, known))


def _outcome(placed: Placed, patron: PatronId, known: Known) -> LineOutcome:
    class_id = known.classes.get(placed.class_key)
    theirs = [each for each in known.enrolled.get(patron, ()) if each.role == placed.pupil.role]
    if any(each.class_id == class_id for each in theirs):
        return LineOutcome.UNCHANGED
    return LineOutcome.MOVED if theirs and placed.pupil.role == "pupil" else LineOutcome.JOINED


def _remark(pupil: Pupil, patron: PatronId, known: Known) -> str | None:
    """A roster renames nobody and takes nobody's login away; it says that somebody should look."""
    if pupil.uni_login and pupil.uni_login not in known.by_uni_login and patron in known.have_uni_login:
        return "roster_uni_login_differs"
    return "roster_name_differs" if known.names.get(patron, pupil.name) != pupil.name else None


def _repeated(placed: Placed, before: Sequence[Placed]) -> str | None:
    """A teacher has several classes, a pupil has one, and nobody is in one class twice."""
    for other in before:
        if other.class_key == placed.class_key:
            return "roster_line_repeated"
        if "pupil" in {other.pupil.role, placed.pupil.role}:
            return "roster_pupil_in_two_classes"
    return None


def _ended(made: Plan, known: Known, *, whole_school: bool) -> Iterator[Enrolment]:
    """Enrolments that the roster no longer has: of its classes (or the whole school), in the roles it speaks of.

    While a line is refused nobody is taken to have left, for it may be theirs. A pupil who moves leaves the old class
    in any case, whichever it is.
    """
    stays = {(known.classes.get(each.class_key), each.patron, each.pupil.role) for each in made.placed}
    roles = {each.pupil.role for each in made.placed}
    classes = {known.classes.get(each.class_key) for each in made.placed}
    pupils = {each.patron for each in made.placed if each.pupil.role == "pupil"}
    for each in (one for theirs in known.enrolled.values() for one in theirs):
        if (each.class_id, each.patron, each.role) in stays or each.role not in roles:
            continue
        is_gone = not made.refused and (whole_school or each.class_id in classes)
        if is_gone or (each.role == "pupil" and each.patron in pupils):
            yield each


def numbered(lines: Sequence[RosterLine], new: Mapping[int, PatronId]) -> list[RosterLine]:
    """The lines with the ids that new patrons were given, by line number."""
    return [msgspec.structs.replace(line, patron=new.get(line.line, line.patron)) for line in lines]
