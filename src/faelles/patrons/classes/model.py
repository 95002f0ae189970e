"""School classes and their rosters."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from faelles.ground.fields import Id, ShortText
from faelles.ground.ids import BranchId, PatronId
from faelles.patrons.looking.model import PatronSummary

ClassRole = Literal["pupil", "teacher"]
StartingYear = Annotated[int, Meta(ge=1990, le=2100)]
Track = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[A-Za-zÆØÅæøå0-9][A-Za-zÆØÅæøå0-9 _-]*$(?!\n)")]


class StartClass(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class is known by its school, the year it was (or would have been) in grade 0, and its track: the B of 7.B."""

    branch: Id
    starting_year: StartingYear
    track: Track
    group: Id
    """The patron group the class itself borrows in."""


class AddClassMember(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    patron: Id
    role: ClassRole = "pupil"
    starts_on: date | None = None


class SchoolClass(Struct, frozen=True, kw_only=True):
    """`name` is what it is called on the day asked about: 7.B."""

    patron: PatronId
    branch: BranchId
    starting_year: int
    track: str
    name: str
    ended_on: date | None


class ClassMember(Struct, frozen=True, kw_only=True):
    patron: PatronSummary
    role: ClassRole
    starts_on: date | None
    ends_on: date | None


class ImportRoster(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A school's roster as its administration exports it (CSV with Danish headings, UTF-8 or Latin-1).

    A file of only some classes ends the membership of nobody outside them; `whole_school` says that the file has
    them all.
    """

    branch: Id
    file: Annotated[bytes, Meta(min_length=1, max_length=2_000_000)]
    pupil_group: Id
    teacher_group: Id
    class_group: Id
    whole_school: bool = False
    dry_run: bool = True

    def __repr__(self) -> str:
        return f"ImportRoster(branch={self.branch}, dry_run={self.dry_run})"


class LineOutcome(StrEnum):
    CREATED = "created"
    JOINED = "joined"
    """Known to the library, new in the class."""
    MOVED = "moved"
    """From another class of the school."""
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class RosterLine(Struct, frozen=True, kw_only=True):
    """What becomes of one line of the file (its number counts the heading as 1). `problem` is a code: why a line is
    refused, or what somebody should look at although it was taken.
    """

    line: int
    outcome: LineOutcome
    patron: PatronId | None = None
    problem: str | None = None


class RosterReport(Struct, frozen=True, kw_only=True):
    lines: list[RosterLine]
    classes_started: list[str]
    left: list[PatronId]
    """Members who are gone from the roster; their membership of the class has ended."""
    dry_run: bool


class PupilText(Struct, frozen=True, kw_only=True):
    """The texts of one line, with their bounds."""

    name: ShortText
    class_name: ShortText


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupil:
    """One line of a roster, understood."""

    line: int
    name: str
    grade: int
    track: str
    role: ClassRole
    birth_date: date | None
    uni_login: str | None
    cpr: str | None
    email: str | None

    def __repr__(self) -> str:
        return f"Pupil(line={self.line})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """Somebody in a class today."""

    class_id: PatronId
    patron: PatronId
    role: ClassRole
