"""What a change would do to what is out, and closing days that move it, over REST."""

from typing import Annotated

import msgspec
from litestar import Router, post
from litestar.params import JSONBody

from faelles.circulation.consequences import operations
from faelles.circulation.consequences.model import ClosingForeseen, RulesForeseen
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.clock_times import TypedDays
from faelles.doors.rest.request import ApiRequest
from faelles.people.model import Permission
from faelles.policies.requests import Moment, SetRule


class Drafts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules that might be set. `at`: the moment that is asked for; null: once all of them hold."""

    drafts: Annotated[list[SetRule], msgspec.Meta(min_length=1, max_length=200)]
    at: Moment | None = None


class Closing(TypedDays, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`dry_run`: only tell what would move."""

    dry_run: bool = False


@post(
    "/policies/touched-loans",
    opt=guarded(
        Permission.POLICY_VIEW,
        example=Example(body={"drafts": [{"knob": "max_renewals", "value": 1, "scope": "agency"}]}),
    ),
    status_code=200,
    summary="How many open loans some rules would be answered differently for",
)
async def touched_loans(request: ApiRequest, data: JSONBody[Drafts]) -> RulesForeseen:
    """From the next renewal, return or fee on: a rule never reaches back. Nothing is written."""
    return await request.read(lambda tx: operations.foresee_rules(tx, request.caller, data.drafts, data.at))


@post(
    "/closings",
    opt=guarded(
        Permission.AGENCY_EDIT,
        example=Example(
            body={
                "branches": ["{branch}"],
                "first_day": "2027-03-01",
                "last_day": "2027-03-02",
                "reason": "Flytning",
                "dry_run": True,
            }
        ),
    ),
    status_code=200,
    summary="Close days, and move what is due or to be picked up on them",
)
async def close_days(request: ApiRequest, data: JSONBody[Closing]) -> ClosingForeseen:
    """To the next open day, in the same transaction. A lender's due date stands."""
    verb = operations.foresee_closing if data.dry_run else operations.close_days
    return await request.run(lambda tx: verb(tx, request.caller, data.meant))


router = Router(path="/", route_handlers=[close_days, touched_loans], tags=["agencies"])
