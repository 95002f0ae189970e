"""Where patrons belong, who answers for them, and what stops them, over REST."""

from typing import Final

from litestar import Router, delete, post
from litestar.params import JSONBody

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.answers import Made
from faelles.doors.rest.parameters import IdempotencyKey, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import PatronId
from faelles.patrons.blocks import operations as blocks
from faelles.patrons.blocks.model import SetBlock
from faelles.patrons.model import AbsencePeriod, NewMembership
from faelles.patrons.relations import operations as relations
from faelles.patrons.relations.model import AddGuardian, EndOn
from faelles.people.model import Permission

_EDIT: Final = Permission.PATRON_EDIT
_THIS: Final = {"patron": "{patron}"}


@post(
    "/{patron:int}/memberships",
    opt=guarded(
        _EDIT,
        example=Example(
            path=_THIS, body={"division": "{school_division}", "role": "teacher", "group": "{patron_group}"}
        ),
    ),
    summary="Make a patron a member of a division",
)
async def add_membership(request: ApiRequest, patron: PathId, data: JSONBody[NewMembership]) -> Made:
    """One at a time in each division; from today where `starts_on` is left out."""
    return Made(await request.run(lambda tx: relations.add_membership(tx, request.caller, PatronId(patron), data)))


@post(
    "/{patron:int}/memberships/{membership:int}/end",
    status_code=204,
    opt=guarded(_EDIT, example=Example(path=_THIS | {"membership": "{membership}"}, body={})),
    summary="End a membership",
)
async def end_membership(request: ApiRequest, patron: PathId, membership: PathId, data: JSONBody[EndOn]) -> None:
    """Without `last_day` yesterday was the last."""
    await request.run(lambda tx: relations.end_membership(tx, request.caller, PatronId(patron), membership, data))


@post(
    "/{patron:int}/guardians",
    opt=guarded(_EDIT, example=Example(path={"patron": "{child}"}, body={"guardian": "{other_patron}"})),
    summary="Let an adult answer for a patron",
)
async def add_guardian(request: ApiRequest, patron: PathId, data: JSONBody[AddGuardian]) -> Made:
    return Made(await request.run(lambda tx: relations.add_guardian(tx, request.caller, PatronId(patron), data)))


@post(
    "/{patron:int}/guardians/{guardianship:int}/end",
    status_code=204,
    opt=guarded(_EDIT, example=Example(path={"patron": "{child}", "guardianship": "{guardianship}"}, body={})),
    summary="End a guardianship",
)
async def end_guardian(request: ApiRequest, patron: PathId, guardianship: PathId, data: JSONBody[EndOn]) -> None:
    """Without `last_day` yesterday was the last. Claims keep whoever answered when they arose."""
    await request.run(lambda tx: relations.end_guardian(tx, request.caller, PatronId(patron), guardianship, data))


@post(
    "/{patron:int}/blocks",
    opt=guarded(Permission.PATRON_BLOCK, example=Example(path=_THIS, body={"code": "U", "division": "{division}"})),
    summary="Block a patron",
)
async def set_block(
    request: ApiRequest, patron: PathId, data: JSONBody[SetBlock], idempotency_key: IdempotencyKey = None
) -> Made:
    """In one division, or, without one, in the whole agency. O stolen card, U excluded, F extended exclusion, S
    self-service, W self-created, E debt, D deceased, M by hand.
    """
    return Made(
        await request.run(lambda tx: blocks.set_block(tx, request.caller, PatronId(patron), data, key=idempotency_key))
    )


@delete(
    "/{patron:int}/blocks/{block:int}",
    opt=guarded(Permission.PATRON_BLOCK, example=Example(path={"patron": "{other_patron}", "block": "{block}"})),
    summary="Lift a block",
)
async def lift_block(request: ApiRequest, patron: PathId, block: PathId) -> None:
    """By itself; the others stand."""
    await request.run(lambda tx: blocks.lift_block(tx, request.caller, PatronId(patron), block))


@post(
    "/{patron:int}/absences",
    opt=guarded(_EDIT, example=Example(path=_THIS, body={"first_day": "2026-12-01", "last_day": "2150-01-31"})),
    summary="Note that a patron is away",
)
async def set_absence(request: ApiRequest, patron: PathId, data: JSONBody[AbsencePeriod]) -> Made:
    """Holds keep their place and are skipped meanwhile."""
    return Made(await request.run(lambda tx: blocks.set_absence(tx, request.caller, PatronId(patron), data)))


@delete(
    "/{patron:int}/absences/{absence:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS | {"absence": "{absence}"})),
    summary="Take an absence away",
)
async def remove_absence(request: ApiRequest, patron: PathId, absence: PathId) -> None:
    await request.run(lambda tx: blocks.remove_absence(tx, request.caller, PatronId(patron), absence))


router = Router(
    path="/patrons",
    tags=["patrons"],
    route_handlers=[
        add_membership,
        end_membership,
        add_guardian,
        end_guardian,
        set_block,
        lift_block,
        set_absence,
        remove_absence,
    ],
)
