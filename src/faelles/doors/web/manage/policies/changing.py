"""Rules to be changed: tried out first, then set; ended, and brought back from their history."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, Router, post

from faelles.circulation.consequences.model import RulesForeseen
from faelles.circulation.consequences.operations import foresee_rules
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathCode, PathId
from faelles.doors.web.forms import Refusal, sent
from faelles.doors.web.manage.policies import values
from faelles.doors.web.manage.policies.pages import knob_page, lines_at, policies_as_sheet, show_knob, show_policies
from faelles.doors.web.manage.policies.spot import Spot, read_spot
from faelles.doors.web.request import FORM_FIELD, WebRequest, read_as
from faelles.ground.database import Transaction
from faelles.ground.fields import Id, ShortText
from faelles.ground.ids import RuleId
from faelles.people.model import Permission
from faelles.policies.operations import current_settings, end_rule, set_rule, simulate
from faelles.policies.requests import Coordinates, EndRule, KnobShown, SetRule, Simulate, SubjectDifferences

_EDIT: Final = Permission.POLICY_EDIT
EXAMPLES: Final = 3
"""How many examples a draft can be tried out on."""


class SpotForm(msgspec.Struct, frozen=True, kw_only=True):
    """Where, for whom and for what."""

    at: Annotated[str, msgspec.Meta(max_length=40)]
    patron: Id
    material: Id

    @property
    def spot(self) -> Spot:
        return read_spot(self.at, self.patron, self.material)


class RuleForm(SpotForm, frozen=True, kw_only=True):
    """A rule as it is typed. The days are those of the municipality; `last_day` is the last on which it holds."""

    value: Annotated[str, msgspec.Meta(max_length=100)] = ""
    is_unlimited: bool = False
    is_locked: bool = False
    first_day: date | None = None
    last_day: date | None = None
    reason: ShortText | None = None
    do: Annotated[str, msgspec.Meta(pattern="^(try|save)$")] = "save"


class RestoreForm(SpotForm, frozen=True, kw_only=True):
    """A value that once stood in the cell, as the program writes it."""

    value: Annotated[str, msgspec.Meta(max_length=100)]


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft would do: to the examples that were chosen, and to the loans that are out."""

    examples: list[SubjectDifferences]
    foreseen: RulesForeseen


_CELL: Final = {"at": "agency", "patron": "{patron_group}", "material": "{material_group}"}


@post(
    "/manage/policies/{knob:str}",
    opt=guarded(_EDIT, example=Example(path={"knob": "loan_days"}, body={"value": "21", **_CELL})),
    status_code=200,
)
async def change_knob(request: WebRequest, knob: PathCode) -> Response[bytes]:
    """Try a rule out or set it, by the button that was pressed."""
    spot = (await request.typed(SpotForm)).spot

    async def do() -> Response[bytes]:
        form = await request.typed(RuleForm)
        if form.do == "try":
            return await knob_page(
                request, knob, spot, tried=await _tried(request, knob, form), typed=await _typed(request)
            )
        await request.run(lambda tx: _set(tx, request, knob, form))
        return request.go_to(f"/manage/policies/{knob}?{spot.query}&done=rule_set")

    async def again(refused: Refusal) -> Response[bytes]:
        return await knob_page(request, knob, spot, refused=refused, typed=await _typed(request))

    return await sent(request, "rule", do, again)


async def _typed(request: WebRequest) -> dict[str, str]:
    return {name: str(value) for name, value in (await request.form()).items() if name != FORM_FIELD}


async def _set(tx: Transaction, request: WebRequest, knob: str, form: RuleForm) -> None:
    await set_rule(tx, request.caller, await _draft(tx, request, knob, form))


async def _tried(request: WebRequest, knob: str, form: RuleForm) -> Tried:
    subjects = _examples(await _typed(request), form)

    async def work(tx: Transaction) -> Tried:
        draft = await _draft(tx, request, knob, form)
        drafts = Simulate(drafts=[draft], subjects=subjects)
        return Tried(
            examples=await simulate(tx, request.caller, drafts),
            foreseen=await foresee_rules(tx, request.caller, [draft]),
        )

    return await request.read(work)


def _examples(typed: dict[str, str], form: RuleForm) -> list[Coordinates]:
    """The branches and groups that were chosen to try the draft on; the rule's own cell where none were."""
    chosen = []
    for number in range(1, EXAMPLES + 1):
        branch, patron, material = (typed.get(f"{part}_{number}", "") for part in ("branch", "patron", "material"))
        if branch.isdecimal() and int(branch):
            chosen.append(_coordinates(int(branch), patron or str(form.patron), material or str(form.material)))
    return chosen or [Coordinates(patron_group=form.patron, material_group=form.material)]


def _coordinates(branch: int, patron: str, material: str) -> Coordinates:
    return read_as(
        Coordinates, {"item_branch": branch, "desk_branch": branch, "patron_group": patron, "material_group": material}
    )


async def _draft(tx: Transaction, request: WebRequest, knob: str, form: RuleForm) -> SetRule:
    """The rule that the form asks for, on the municipality's own clock."""
    [line] = await lines_at(tx, request, form.spot, knob)
    zone = ZoneInfo((await current_settings(tx)).directory.agency.time_zone)
    return SetRule(
        knob=knob,
        value=_value(line.knob, form),
        scope=form.spot.scope,
        scope_id=form.spot.scope_id,
        patron_group=form.patron,
        material_group=form.material,
        is_locked=form.is_locked,
        valid_from=_begin(form.first_day, zone, tx.now),
        valid_until=None if form.last_day is None else _midnight(form.last_day + timedelta(days=1), zone),
        reason=form.reason,
    )


def _value(knob: KnobShown, form: RuleForm) -> bool | int | str | None:
    return None if form.is_unlimited else values.read(knob, form.value)


def _begin(day: date | None, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Today means from now on."""
    return None if day is None or day == now.astimezone(zone).date() else _midnight(day, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


@post(
    "/manage/policies/{knob:str}/restored",
    opt=guarded(_EDIT, example=Example(path={"knob": "loan_days"}, body={"value": "30", **_CELL})),
    status_code=200,
)
async def restore_value(request: WebRequest, knob: PathCode) -> Response[bytes]:
    """What stood in the cell before holds again, from now on."""
    form = await request.typed(RestoreForm)
    again = RuleForm(
        at=form.at,
        patron=form.patron,
        material=form.material,
        value=form.value,
        is_unlimited=form.value == values.NO_LIMIT,
    )

    async def do() -> Response[bytes]:
        await request.run(lambda tx: _set(tx, request, knob, again))
        return request.go_to(f"/manage/policies/{knob}?{form.spot.query}&done=rule_set")

    return await sent(request, "restore", do, lambda refused: knob_page(request, knob, form.spot, refused=refused))


@post(
    "/manage/rules/{rule:int}/end",
    opt=guarded(
        _EDIT,
        example=Example(
            path={"rule": "{rule}"}, body={"knob": "loan_days", "at": "agency", "patron": 1, "material": 1}
        ),
    ),
    status_code=200,
)
async def stop_rule(request: WebRequest, rule: PathId) -> Response[bytes]:
    """Whatever is less specific speaks again, from now on."""
    form = await request.typed(SpotForm)
    knob = str((await request.form()).get("knob", ""))

    async def do() -> Response[bytes]:
        ended = await request.run(lambda tx: end_rule(tx, request.caller, RuleId(rule), EndRule()))
        return request.go_to(f"/manage/policies/{ended.knob}?{form.spot.query}&done=rule_ended")

    return await sent(request, "end", do, lambda refused: knob_page(request, knob, form.spot, refused=refused))


router = Router(
    path="/",
    # Those that show stand with those that change: one address has one router.
    route_handlers=[change_knob, policies_as_sheet, restore_value, show_knob, show_policies, stop_rule],
)
