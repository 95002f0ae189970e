"""School classes and rosters over REST."""

from datetime import date
from typing import Final

import msgspec
from litestar import Router, delete, get, post
from litestar.params import FromQuery, JSONBody

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page
from faelles.doors.rest.parameters import PathId
from faelles.doors.rest.request import ApiRequest
from faelles.doors.rest.validation import refuse_implausible_days
from faelles.ground.i18n import Language, text
from faelles.ground.ids import BranchId, PatronId
from faelles.patrons.classes import operations
from faelles.patrons.classes.importing import import_roster
from faelles.patrons.classes.model import (
    AddClassMember,
    ClassMember,
    ImportRoster,
    RosterLine,
    RosterReport,
    SchoolClass,
    StartClass,
)
from faelles.people.model import Permission

_VIEW: Final = Permission.PATRON_VIEW
_EDIT: Final = Permission.PATRON_EDIT
_THIS: Final = {"class_id": "{class}"}
_A_ROSTER: Final = "TmF2bjtLbGFzc2U7VU5JLUxvZ2luCkFubmEgQW5kZXJzZW47Ny5COw=="


class Started(msgspec.Struct, frozen=True):
    """The class's own patron id."""

    patron: PatronId


class ShownLine(RosterLine, frozen=True, kw_only=True):
    text: str | None
    """The problem in the caller's language."""


class ShownReport(msgspec.Struct, frozen=True, kw_only=True):
    lines: list[ShownLine]
    classes_started: list[str]
    left: list[PatronId]
    """Members who are gone from the roster."""
    dry_run: bool


@get(
    "/branches/{branch:int}/classes",
    opt=guarded(_VIEW, example=Example(path={"branch": "{school}"})),
    summary="A school's classes",
)
async def list_classes(request: ApiRequest, branch: PathId, on: FromQuery[date | None] = None) -> Page[SchoolClass]:
    """With the names they have on a day (today): always one page."""
    refuse_implausible_days({"on": on})
    classes = await request.run(lambda tx: operations.list_classes(tx, request.caller, BranchId(branch), on))
    return Page(items=classes, next=None)


@post(
    "/classes",
    opt=guarded(
        _EDIT,
        example=Example(body={"branch": "{school}", "starting_year": 2024, "track": "C", "group": "{patron_group}"}),
    ),
    summary="Start a class",
)
async def start_class(request: ApiRequest, data: JSONBody[StartClass]) -> Started:
    """`starting_year` is the year it is in grade 0."""
    return Started(await request.run(lambda tx: operations.start_class(tx, request.caller, data)))


@get("/classes/{class_id:int}/members", opt=guarded(_VIEW, example=Example(path=_THIS)), summary="Who is in a class")
async def list_class_members(
    request: ApiRequest, class_id: PathId, on: FromQuery[date | None] = None
) -> Page[ClassMember]:
    """On a day (today), in the order of names: always one page. Everybody shown is recorded as seen."""
    refuse_implausible_days({"on": on})
    members = await request.run(lambda tx: operations.list_members(tx, request.caller, PatronId(class_id), on))
    return Page(items=members, next=None)


@post(
    "/classes/{class_id:int}/members",
    status_code=204,
    opt=guarded(_EDIT, example=Example(path=_THIS, body={"patron": "{other_patron}"})),
    summary="Put somebody into a class",
)
async def add_class_member(request: ApiRequest, class_id: PathId, data: JSONBody[AddClassMember]) -> None:
    await request.run(lambda tx: operations.add_class_member(tx, request.caller, PatronId(class_id), data))


@delete(
    "/classes/{class_id:int}/members/{patron:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS | {"patron": "{child}"})),
    summary="Take somebody out of a class",
)
async def end_class_member(request: ApiRequest, class_id: PathId, patron: PathId) -> None:
    """Yesterday was the last day."""
    await request.run(lambda tx: operations.end_class_member(tx, request.caller, PatronId(class_id), PatronId(patron)))


@post(
    "/classes/roster",
    status_code=200,
    opt=guarded(
        _EDIT,
        example=Example(
            body={
                "branch": "{school}",
                "file": _A_ROSTER,
                "pupil_group": "{patron_group}",
                "teacher_group": "{patron_group}",
                "class_group": "{patron_group}",
            }
        ),
    ),
    summary="Import a class roster",
)
async def import_class_roster(request: ApiRequest, data: JSONBody[ImportRoster]) -> ShownReport:
    """`file` is a CSV file in base64, with Danish headings (Navn, Klasse, UNI-Login, CPR, Rolle ...). A dry run unless
    `dry_run` is false. The same file again changes nothing.
    """
    keyring = request.services.keyring
    report = await request.run(lambda tx: import_roster(tx, request.caller, keyring, data))
    return _shown(report, request.language)


def _shown(report: RosterReport, language: Language) -> ShownReport:
    return ShownReport(
        lines=[
            ShownLine(
                line=line.line,
                outcome=line.outcome,
                patron=line.patron,
                problem=line.problem,
                text=text(line.problem, language) if line.problem else None,
            )
            for line in report.lines
        ],
        classes_started=report.classes_started,
        left=report.left,
        dry_run=report.dry_run,
    )


router = Router(
    path="/",
    tags=["classes"],
    route_handlers=[
        list_classes,
        start_class,
        list_class_members,
        add_class_member,
        end_class_member,
        import_class_roster,
    ],
)
