"""Knobs and rules over REST."""

from datetime import datetime

from litestar import Router, get, post
from litestar.params import FromQuery, JSONBody

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, Limit, PathId, QueryId, QueryText
from faelles.doors.rest.request import ApiRequest
from faelles.ground.errors import invalid_field
from faelles.ground.ids import RuleId
from faelles.people.model import Permission
from faelles.policies import operations
from faelles.policies.model import LoanKind, Scope
from faelles.policies.requests import (
    AllowCells,
    CellsAllowed,
    Coordinates,
    EndRule,
    Explain,
    ExplainAt,
    ExplanationShown,
    KnobShown,
    ListRules,
    RuleFilter,
    RuleRecord,
    SetRule,
    Simulate,
    SubjectDifferences,
)

_VIEW, _EDIT = Permission.POLICY_VIEW, Permission.POLICY_EDIT
_FILM_BUFFS = {"patron_group": "{patron_group}", "material_group": "{material_group}"}


# -- Asking


@get("/knobs", opt=guarded(_VIEW, example=Example()), summary="Every knob: type, bounds, where it may be set")
async def list_knobs(request: ApiRequest) -> Page[KnobShown]:
    """Always one page. `ceiling_ore` is the national ceiling in force."""
    return Page(items=await request.read(lambda tx: operations.list_knobs(tx, request.caller)), next=None)


@get(
    "/explanations",
    opt=guarded(_VIEW, example=Example(query={"knob": "loan_days", "item_branch": "{branch}", **_FILM_BUFFS})),
    summary="Why a knob has the value it has",
)
async def explain_policy(
    request: ApiRequest,
    knob: QueryText = None,
    item_branch: QueryId = None,
    item_placement: QueryId = None,
    patron_division: QueryId = None,
    desk_branch: QueryId = None,
    patron_group: QueryId = None,
    material_group: QueryId = None,
    loan_kind: FromQuery[LoanKind] = LoanKind.LOAN,
    at: FromQuery[datetime | None] = None,
) -> Page[ExplanationShown]:
    """The value, the rule that won, and the rules that lost with the reason; for all knobs unless one is named.

    A place or group that is not given is asked as "any".
    """
    coordinates = Coordinates(
        item_branch=item_branch,
        item_placement=item_placement,
        patron_division=patron_division,
        desk_branch=desk_branch,
        patron_group=patron_group or 1,
        material_group=material_group or 1,
        loan_kind=loan_kind,
    )
    if at is not None and at.tzinfo is None:
        raise invalid_field("at", "moment_needs_zone")
    wanted = Explain(coordinates=coordinates, knobs=[knob] if knob else [], at=at)
    return Page(items=await request.read(lambda tx: operations.explain(tx, request.caller, wanted)), next=None)


@get(
    "/values",
    opt=guarded(_VIEW, example=Example(query={"at_scope": "branch", "scope_id": "{branch}", **_FILM_BUFFS})),
    summary="What every knob is at one place of the tree, and where from",
)
async def values_at(
    request: ApiRequest,
    at_scope: FromQuery[Scope],
    scope_id: QueryId = None,
    knob: QueryText = None,
    patron_group: QueryId = None,
    material_group: QueryId = None,
    loan_kind: FromQuery[LoanKind] = LoanKind.LOAN,
) -> Page[ExplanationShown]:
    """As explanations, for that place alone: what rules of deeper places say is left out."""
    wanted = ExplainAt(
        scope=at_scope,
        scope_id=scope_id,
        patron_group=patron_group or 1,
        material_group=material_group or 1,
        loan_kind=loan_kind,
        knobs=[knob] if knob else [],
    )
    return Page(items=await request.read(lambda tx: operations.explain_at(tx, request.caller, wanted)), next=None)


@post(
    "/simulations",
    opt=guarded(
        _VIEW,
        example=Example(
            body={
                "drafts": [{"knob": "loan_days", "value": 21, "scope": "agency", **_FILM_BUFFS}],
                "subjects": [{"item_branch": "{branch}", **_FILM_BUFFS}],
            }
        ),
    ),
    summary="What some rules would change",
    status_code=200,
)
async def simulate_policy(request: ApiRequest, data: JSONBody[Simulate]) -> Page[SubjectDifferences]:
    """For each subject the knobs that would be answered differently, before and after. Nothing is written."""
    return Page(items=await request.read(lambda tx: operations.simulate(tx, request.caller, data)), next=None)


# -- Rules


@get("/rules", opt=guarded(_VIEW, example=Example()), summary="The agency's rules and the nation's")
async def list_rules(
    request: ApiRequest,
    *,
    knob: QueryText = None,
    at_scope: FromQuery[Scope | None] = None,
    scope_id: QueryId = None,
    patron_group: QueryId = None,
    material_group: QueryId = None,
    include_past_and_planned: FromQuery[bool] = False,
    limit: Limit = 50,
    after: After = None,
) -> Page[RuleRecord]:
    """Those in force now, unless past and planned ones are asked for. `agency` 0 is the nation."""
    wanted = ListRules(
        filter=RuleFilter(
            knob=knob,
            scope=at_scope,
            scope_id=scope_id,
            patron_group=patron_group,
            material_group=material_group,
            include_past_and_planned=include_past_and_planned,
        ),
        after=read_cursor(after, int) or 0,
        limit=limit,
    )
    rules = await request.read(lambda tx: operations.list_rules(tx, request.caller, wanted))
    return page(rules, limit, key=lambda rule: rule.id)


@post(
    "/rules",
    opt=guarded(_EDIT, example=Example(body={"knob": "loan_days", "value": 21, "scope": "agency", **_FILM_BUFFS})),
    summary="Give a knob a value in one cell",
)
async def set_rule(request: ApiRequest, data: JSONBody[SetRule]) -> RuleRecord:
    """Ends what stood in the cell; takes effect at the next transaction. The same rule again is not written again."""
    return await request.run(lambda tx: operations.set_rule(tx, request.caller, data))


@post(
    "/rules/{rule:int}/end",
    opt=guarded(_EDIT, example=Example(path={"rule": "{rule}"}, body={})),
    summary="End a rule",
    status_code=200,
)
async def end_rule(request: ApiRequest, rule: PathId, data: JSONBody[EndRule]) -> RuleRecord:
    """Now, or at a later moment. Whatever is less specific speaks again."""
    return await request.run(lambda tx: operations.end_rule(tx, request.caller, RuleId(rule), data))


@post(
    "/cells",
    opt=guarded(
        _EDIT,
        example=Example(
            body={
                "scope": "agency",
                "patron_groups": ["{patron_group}"],
                "material_groups": ["{material_group}"],
                "lendable": True,
                "renewable": True,
            }
        ),
    ),
    summary="Say what may be lent, reserved and renewed, for many pairs of groups",
    status_code=200,
)
async def allow_cells(request: ApiRequest, data: JSONBody[AllowCells]) -> CellsAllowed:
    """All pairs or none. Without a yes here for a pair, or for groups above it, nothing of it is lent."""
    return await request.run(lambda tx: operations.allow_cells(tx, request.caller, data))


router = Router(
    path="/policies",
    route_handlers=[
        list_knobs,
        explain_policy,
        values_at,
        simulate_policy,
        list_rules,
        set_rule,
        end_rule,
        allow_cells,
    ],
    tags=["policies"],
)
