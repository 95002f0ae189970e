"""Rules to be seen: every knob at one place for one pair of groups, and one knob with why it is as it is."""

from itertools import groupby
from typing import Annotated, Final

import msgspec
from litestar import Response, get
from litestar.params import FromQuery, QueryParameter

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathCode, QueryId
from faelles.doors.web import sheet
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal
from faelles.doors.web.manage.frame import manage_page
from faelles.doors.web.manage.policies import values
from faelles.doors.web.manage.policies.sections import OTHER, SECTIONS, section_of
from faelles.doors.web.manage.policies.spot import Choice, Spot, placements, places, read_spot, tree
from faelles.doors.web.request import WebRequest
from faelles.ground import i18n
from faelles.ground.database import Transaction
from faelles.ground.errors import ForbiddenError, NotFoundError
from faelles.ground.ids import NATION
from faelles.people.model import Permission
from faelles.policies.access import require_reach
from faelles.policies.compiled import Settings
from faelles.policies.groups.model import GroupKind
from faelles.policies.groups.operations import list_groups
from faelles.policies.model import Scope, ScopeNode
from faelles.policies.operations import current_settings, explain_at, list_knobs, list_rules
from faelles.policies.places import path_to
from faelles.policies.requests import (
    ExplainAt,
    ExplanationShown,
    KnobShown,
    ListRules,
    RuleFilter,
    RuleRecord,
)

At = Annotated[str, QueryParameter(max_length=40)]
"""The place; give it the default `agency`."""

_VIEW: Final = Permission.POLICY_VIEW
_MOST_RULES: Final = 200


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What can be asked for."""

    places: list[Choice]
    patrons: list[Choice]
    materials: list[Choice]

    def place(self, at: str) -> str:
        return _name(self.places, at)

    def patron(self, group: int) -> str:
        return _name(self.patrons, str(group))

    def material(self, group: int) -> str:
        return _name(self.materials, str(group))


class KnobLine(msgspec.Struct, frozen=True, kw_only=True):
    """One knob as it is at the place. `is_here`: a rule of this very cell says it."""

    knob: KnobShown
    shown: str
    explanation: ExplanationShown
    is_here: bool


def _name(choices: list[Choice], value: str) -> str:
    return next((shown.strip() for known, shown in choices if known == value), "")


@get("/manage/policies", opt=guarded(_VIEW, example=Example()))
async def show_policies(
    request: WebRequest,
    at: At = "agency",
    patron: QueryId = None,
    material: QueryId = None,
    only_here: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
) -> Response[bytes]:
    spot = read_spot(at, patron, material)

    async def work(tx: Transaction) -> dict[str, object]:
        lines = await lines_at(tx, request, spot)
        return {
            "spot": spot,
            "choices": await choices_of(tx, request, spot),
            "sections": _sections([line for line in lines if line.is_here or not only_here]),
            "only_here": only_here,
        }

    return manage_page(request, "policies", await request.read(work))


@get("/manage/policies.csv", opt=guarded(_VIEW, example=Example()))
async def policies_as_sheet(
    request: WebRequest, at: At = "agency", patron: QueryId = None, material: QueryId = None
) -> Response[bytes]:
    spot = read_spot(at, patron, material)
    lines = await request.read(lambda tx: lines_at(tx, request, spot))
    headings = ["web_knob", "web_knob_code", "web_value", "web_comes_from", "web_patron_group", "web_material_group"]
    return sheet.sheet(request, "rules", headings, [_row(line) for line in lines])


def _row(line: KnobLine) -> list[str]:
    setting = line.explanation.setting
    from_rule = setting.rule
    origin = (
        (from_rule.place, from_rule.patron_group_name, from_rule.material_group_name) if from_rule else ("", "", "")
    )
    return [line.knob.title, line.knob.name, line.shown, origin[0] or setting.source_text, *origin[1:]]


def _sections(lines: list[KnobLine]) -> list[tuple[str, list[KnobLine]]]:
    order = [*SECTIONS, OTHER]
    in_order = sorted(lines, key=lambda line: order.index(section_of(line.knob.name)))
    return [(name, list(group)) for name, group in groupby(in_order, key=lambda line: section_of(line.knob.name))]


async def lines_at(tx: Transaction, request: WebRequest, spot: Spot, knob: str | None = None) -> list[KnobLine]:
    """Every knob, or one, as it is at the spot. Raises NotFoundError for a knob that there is not."""
    knobs = {each.name: each for each in await list_knobs(tx, request.caller)}
    if knob is not None and knob not in knobs:
        raise NotFoundError("knob_unknown", knob=knob)
    wanted = ExplainAt(
        scope=spot.scope,
        scope_id=spot.scope_id,
        patron_group=spot.patron,
        material_group=spot.material,
        knobs=[knob] if knob else [],
    )
    found = await explain_at(tx, request.caller, wanted)
    return [
        KnobLine(
            knob=knobs[each.knob],
            shown=values.shown(knobs[each.knob], each.setting.value, request.language),
            explanation=each,
            is_here=_says_it_here(each, spot, tx),
        )
        for each in found
    ]


def _scope_id(spot: Spot, tx: Transaction) -> int | None:
    """The place as rules have it, which name agency and nation by number too."""
    return {Scope.NATION: NATION, Scope.AGENCY: tx.agency}.get(spot.scope, spot.scope_id)


def _says_it_here(explanation: ExplanationShown, spot: Spot, tx: Transaction) -> bool:
    rule = explanation.setting.rule
    if rule is None:
        return False
    here = (spot.scope, _scope_id(spot, tx), spot.patron, spot.material)
    return (rule.scope, rule.scope_id, rule.patron_group, rule.material_group) == here


async def choices_of(tx: Transaction, request: WebRequest, spot: Spot) -> Choices:
    settings = await current_settings(tx)
    language = request.language
    listed = places(settings, i18n.text("policy_scope_nation", language))
    branch = _branch_of(settings, spot)
    after = next((number for number, (value, _) in enumerate(listed, 1) if value == f"branch:{branch}"), len(listed))
    return Choices(
        places=[*listed[:after], *placements(settings, spot), *listed[after:]],
        patrons=tree(await list_groups(tx, request.caller, GroupKind.PATRON), language),
        materials=tree(await list_groups(tx, request.caller, GroupKind.MATERIAL), language),
    )


def _branch_of(settings: Settings, spot: Spot) -> int | None:
    if spot.scope is Scope.PLACEMENT:
        return next((each.branch for each in settings.directory.placements.values() if each.id == spot.scope_id), None)
    return spot.scope_id if spot.scope is Scope.BRANCH else None


@get(
    "/manage/policies/{knob:str}",
    opt=guarded(_VIEW, example=Example(path={"knob": "loan_days"}, query={"at": "agency", "patron": "{patron_group}"})),
)
async def show_knob(
    request: WebRequest, knob: PathCode, at: At = "agency", patron: QueryId = None, material: QueryId = None
) -> Response[bytes]:
    return await knob_page(request, knob, read_spot(at, patron, material))


async def knob_page(
    request: WebRequest,
    knob: str,
    spot: Spot,
    *,
    refused: Refusal = NOTHING_REFUSED,
    tried: object = None,
    typed: dict[str, str] | None = None,
) -> Response[bytes]:
    """One knob at one spot: what it is, why, its history, and the form to change it. `tried`: what a draft that was
    tried out would do, with the form as it was `typed`.
    """

    async def work(tx: Transaction) -> dict[str, object]:
        [line] = await lines_at(tx, request, spot, knob)
        settings = await current_settings(tx)
        return {
            "spot": spot,
            "choices": await choices_of(tx, request, spot),
            "line": line,
            "history": await history_of(tx, request, knob, spot),
            "may_edit": _may_edit(request, settings, line.knob, spot),
            "value": lambda value: values.shown(line.knob, value, request.language),
            "typed_value": values.typed(line.knob, line.explanation.setting.value),
            "restorable": lambda value: values.typed(line.knob, value),
            "no_limit": values.NO_LIMIT,
            "tried": tried,
            "typed": typed or {},
            "now": tx.now,
        }

    return manage_page(request, "knob", await request.read(work), refused=refused)


def _may_edit(request: WebRequest, settings: Settings, knob: KnobShown, spot: Spot) -> bool:
    """Whether a form is worth showing; the operation asks again."""
    if spot.scope not in knob.scopes or (spot.scope is Scope.NATION) != (request.caller.agency == NATION):
        return False
    path = path_to(settings.directory, ScopeNode(spot.scope, spot.scope_id or request.caller.agency))
    try:
        require_reach(request.caller, path)
    except ForbiddenError:
        return False
    return True


async def history_of(tx: Transaction, request: WebRequest, knob: str, spot: Spot) -> list[RuleRecord]:
    """The rules of this very cell, the latest first; those that never came into force are left out."""
    wanted = RuleFilter(
        knob=knob,
        scope=spot.scope,
        scope_id=_scope_id(spot, tx) or None,
        patron_group=spot.patron,
        material_group=spot.material,
        include_past_and_planned=True,
    )
    found = await list_rules(tx, request.caller, ListRules(filter=wanted, limit=_MOST_RULES))
    return [rule for rule in reversed(found) if not rule.was_never_in_force]
