"""`faelles policy`: ask the rules why."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import typer

from faelles.doors.command.acting import Branch, Desk, Token, as_staff, request
from faelles.doors.command.output import AsJson, show, show_table
from faelles.doors.command.words import words
from faelles.ground.errors import invalid_field
from faelles.policies.groups.model import GroupKind
from faelles.policies.groups.operations import list_groups
from faelles.policies.operations import explain, list_knobs
from faelles.policies.requests import Explain, ExplanationShown, KnobShown, KnobValue, RuleShown

app = typer.Typer(help=words("command_policy"), no_args_is_help=True)

Knobs = Annotated[list[str] | None, typer.Argument(help=words("command_knobs"), show_default=False)]
PatronGroup = Annotated[str, typer.Option(help=words("command_patron_group"))]
MaterialGroup = Annotated[str, typer.Option(help=words("command_material_group"))]
LoanKind = Annotated[str, typer.Option(help=words("command_loan_kind"))]
Moment = Annotated[datetime | None, typer.Option("--at", help=words("command_at"), show_default=False)]


@app.command("explain", help=words("command_explain"))
def explain_knobs(
    knobs: Knobs = None,
    *,
    patron_group: PatronGroup = "any",
    material_group: MaterialGroup = "any",
    loan_kind: LoanKind = "loan",
    branch: Branch = None,
    at: Moment = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> list[ExplanationShown]:
        here = await desk.branch(branch) if branch or desk.usual_branch else None
        coordinates = {
            "item_branch": here,
            "desk_branch": here,
            "patron_group": await _group(desk, GroupKind.PATRON, patron_group, "--patron-group"),
            "material_group": await _group(desk, GroupKind.MATERIAL, material_group, "--material-group"),
            "loan_kind": loan_kind,
        }
        given = {name: value for name, value in coordinates.items() if value is not None}
        moment = at.astimezone() if at else None
        asked = request(Explain, {"coordinates": given, "knobs": knobs or [], "at": moment})
        return await explain(desk.tx, desk.caller, asked)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    for explanation in found:
        _show_explanation(explanation)


@app.command("knobs", help=words("command_list_knobs"))
def show_knobs(*, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[KnobShown]:
        return await list_knobs(desk.tx, desk.caller)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    show_table(
        ["command_knob", "command_title", "command_unit", "command_default_value", "command_scopes"],
        [(each.name, each.title, each.unit, _value(each.default), ", ".join(each.scopes)) for each in found],
    )


async def _group(desk: Desk, kind: GroupKind, code: str, option: str) -> int:
    """The group with that code, the nation's or the agency's own."""
    for group in await list_groups(desk.tx, desk.caller, kind):
        if group.code == code:
            return group.id
    raise invalid_field(option, "command_group_unknown", group=code[:64])


def _show_explanation(explanation: ExplanationShown) -> None:
    setting = explanation.setting
    show_table(
        ["command_value", "command_place", "command_patrons", "command_materials", "command_because"],
        [
            _line(setting.value, setting.rule, setting.source_text),
            *(_line(lost.rule.value, lost.rule, lost.why_text) for lost in explanation.runners_up),
        ],
        title=f"{explanation.title} ({explanation.knob})",
    )


def _line(value: KnobValue, rule: RuleShown | None, because: str) -> Iterable[object]:
    if rule is None:
        return (_value(value), "", "", "", because)
    return (_value(value), rule.place, rule.patron_group_name, rule.material_group_name, f"{because} (#{rule.id})")


def _value(value: KnobValue) -> str:
    if isinstance(value, bool):
        return words("command_yes") if value else words("command_no")
    return words("command_none") if value is None else str(value)
