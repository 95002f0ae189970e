"""Where a patron belongs and who answers for them: memberships, guardians, classes, absences; and merging records."""

from datetime import date
from typing import Any

import msgspec
from litestar import Response, Router, get, post

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.patrons.frame import EDIT, THIS_PATRON, VIEW, PatronFrame, frame_with_relations, patron_page
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.fields import Id, Scan
from faelles.ground.ids import PatronId
from faelles.patrons.blocks import operations as blocks
from faelles.patrons.classes.model import ClassMember
from faelles.patrons.classes.operations import list_members
from faelles.patrons.looking.operations import meant
from faelles.patrons.merging.model import MergePatrons
from faelles.patrons.model import AbsencePeriod, NewMembership, PatronKind, Role
from faelles.patrons.relations import operations
from faelles.patrons.relations.model import AddGuardian, EndOn
from faelles.people.model import Permission
from faelles.policies.compiled import Settings
from faelles.policies.groups.model import Group, GroupKind
from faelles.policies.groups.operations import list_groups
from faelles.policies.operations import current_settings
from faelles.privacy.merging.operations import merge_patrons


class AbsenceForm(msgspec.Struct, frozen=True, kw_only=True):
    first_day: date
    last_day: date


class GuardianForm(msgspec.Struct, frozen=True, kw_only=True):
    """The adult by card or number."""

    card: Scan
    is_financially_responsible: bool = False

    def __repr__(self) -> str:
        return "GuardianForm()"


class MembershipForm(msgspec.Struct, frozen=True, kw_only=True):
    division: Id
    group: Id
    role: Role
    ends_on: date | None = None


class MergeForm(msgspec.Struct, frozen=True, kw_only=True):
    """The real patron, by card or number."""

    card: Scan

    def __repr__(self) -> str:
        return "MergeForm()"


async def memberships_of(tx: Transaction, request: WebRequest, frame: PatronFrame) -> list[dict[str, object]]:
    """Each with the names of its division and group."""
    settings = await current_settings(tx)
    groups = await list_groups(tx, request.caller, GroupKind.PATRON)
    names = {each.id: each.name(request.language) for each in groups}
    return [
        {
            "id": each.id,
            "division": settings.directory.divisions[each.division].name,
            "group": names.get(each.group, ""),
            "role": each.role,
            "starts_on": each.starts_on,
            "ends_on": each.ends_on,
        }
        for each in frame.panel.patron.memberships
    ]


@get("/patrons/{patron:int}/relations", opt=guarded(VIEW, example=THIS_PATRON))
async def show(request: WebRequest, patron: PathId) -> Response[bytes]:
    return await _page(request, patron)


async def _page(request: WebRequest, patron: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> tuple[PatronFrame, dict[str, object]]:
        frame = await frame_with_relations(tx, request, patron)
        settings = await current_settings(tx)
        groups = await list_groups(tx, request.caller, GroupKind.PATRON)
        return frame, {
            "memberships": await memberships_of(tx, request, frame),
            "members": await _members(tx, request, frame),
            "divisions": _divisions(settings),
            "groups": _choices(groups, request),
        }

    frame, more = await request.run(work)
    return patron_page(request, "relations", frame, refused=refused, more={"roles": tuple(Role), **more})


async def _members(tx: Transaction, request: WebRequest, frame: PatronFrame) -> list[ClassMember]:
    """Of a class; nobody else has any."""
    if frame.panel.patron.kind is not PatronKind.GROUP:
        return []
    return await list_members(tx, request.caller, frame.panel.patron.id)


def _divisions(settings: Settings) -> list[tuple[int, str]]:
    return sorted((int(number), division.name) for number, division in settings.directory.divisions.items())


def _choices(groups: list[Group], request: WebRequest) -> list[tuple[int, str]]:
    return [(each.id, each.name(request.language)) for each in groups if each.parent]


def _back(request: WebRequest, patron: int, done: str) -> Response[Any]:
    return request.go_to(f"/patrons/{patron}/relations?done={done}")


@post(
    "/patrons/{patron:int}/absences",
    opt=guarded(
        EDIT,
        example=Example(path={"patron": "{patron}"}, body={"first_day": "2150-12-01", "last_day": "2150-12-24"}),
    ),
)
async def be_away(request: WebRequest, patron: PathId) -> Response[bytes]:
    """Holds keep their place and are skipped meanwhile."""

    async def do() -> Response[Any]:
        form = await request.typed(AbsenceForm)
        period = AbsencePeriod(first_day=form.first_day, last_day=form.last_day)
        await request.run(lambda tx: blocks.set_absence(tx, request.caller, PatronId(patron), period))
        return _back(request, patron, "absence_set")

    return await sent(request, "absence", do, lambda refused: _page(request, patron, refused))


@post(
    "/patrons/{patron:int}/absences/{absence:int}/end",
    opt=guarded(EDIT, example=Example(path={"patron": "{patron}", "absence": "{absence}"})),
)
async def be_back(request: WebRequest, patron: PathId, absence: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        await request.run(lambda tx: blocks.remove_absence(tx, request.caller, PatronId(patron), absence))
        return _back(request, patron, "absence_ended")

    return await sent(request, "absence", do, lambda refused: _page(request, patron, refused))


@post(
    "/patrons/{patron:int}/guardians",
    opt=guarded(EDIT, example=Example(path={"patron": "{child}"}, body={"card": "{other_patron_card}"})),
)
async def add_guardian(request: WebRequest, patron: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        form = await request.typed(GuardianForm)

        async def work(tx: Transaction) -> None:
            asked = AddGuardian(
                guardian=await _whose(tx, request, form.card),
                is_financially_responsible=form.is_financially_responsible,
            )
            await operations.add_guardian(tx, request.caller, PatronId(patron), asked)

        await request.run(work)
        return _back(request, patron, "guardian_added")

    return await sent(request, "guardian", do, lambda refused: _page(request, patron, refused))


async def _whose(tx: Transaction, request: WebRequest, scan: str) -> PatronId:
    """The one patron that a scan stands for now. What is done with them notes the look."""
    return await meant(tx, request.caller, request.services.keyring, scan.strip())


@post(
    "/patrons/{patron:int}/guardians/{guardianship:int}/end",
    opt=guarded(EDIT, example=Example(path={"patron": "{child}", "guardianship": "{guardianship}"})),
)
async def end_guardian(request: WebRequest, patron: PathId, guardianship: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        await request.run(
            lambda tx: operations.end_guardian(tx, request.caller, PatronId(patron), guardianship, EndOn())
        )
        return _back(request, patron, "guardian_ended")

    return await sent(request, "guardian", do, lambda refused: _page(request, patron, refused))


@post(
    "/patrons/{patron:int}/memberships",
    opt=guarded(
        EDIT,
        example=Example(
            path={"patron": "{patron}"},
            body={"division": "{school_division}", "group": "{patron_group}", "role": "borrower"},
        ),
    ),
)
async def add_membership(request: WebRequest, patron: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        form = await request.typed(MembershipForm)
        new = NewMembership(division=form.division, group=form.group, role=form.role, ends_on=form.ends_on)
        await request.run(lambda tx: operations.add_membership(tx, request.caller, PatronId(patron), new))
        return _back(request, patron, "membership_added")

    return await sent(request, "membership", do, lambda refused: _page(request, patron, refused))


@post(
    "/patrons/{patron:int}/memberships/{membership:int}/end",
    opt=guarded(EDIT, example=Example(path={"patron": "{patron}", "membership": "{membership}"})),
)
async def end_membership(request: WebRequest, patron: PathId, membership: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        await request.run(
            lambda tx: operations.end_membership(tx, request.caller, PatronId(patron), membership, EndOn())
        )
        return _back(request, patron, "membership_ended")

    return await sent(request, "membership", do, lambda refused: _page(request, patron, refused))


@post(
    "/patrons/{patron:int}/merge",
    opt=guarded(
        Permission.PATRON_MERGE, example=Example(path={"patron": "{patron}"}, body={"card": "{other_patron_card}"})
    ),
)
async def merge(request: WebRequest, patron: PathId) -> Response[bytes]:
    """A temporary patron turns out to be somebody: everything that hangs on the one hangs on the other."""

    async def do() -> Response[Any]:
        form = await request.typed(MergeForm)

        async def work(tx: Transaction) -> PatronId:
            real = await _whose(tx, request, form.card)
            await merge_patrons(tx, request.caller, MergePatrons(temporary=patron, real=real))
            return real

        real = await request.run(work)
        return request.go_to(f"/patrons/{real}?done=merged")

    return await sent(request, "merge", do, lambda refused: _page(request, patron, refused))


router = Router(
    path="/",
    route_handlers=[
        add_guardian,
        add_membership,
        be_away,
        be_back,
        end_guardian,
        end_membership,
        merge,
        show,
    ],
)
