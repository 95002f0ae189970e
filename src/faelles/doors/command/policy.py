"""`faelles policy`: ask the rules why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from faelles.circulation.looking.explaining import CheckoutExplained, ExplainCheckout, explain_checkout
from faelles.doors.command import ceiling
from faelles.doors.command.acting import Branch, Desk, Token, as_staff, request
from faelles.doors.command.output import AsJson, show, show_table
from faelles.doors.command.unseen import unseen
from faelles.doors.command.words import LANGUAGE, words
from faelles.ground.errors import invalid_field
from faelles.policies.groups.model import GroupKind
from faelles.policies.groups.operations import list_groups
from faelles.policies.knob import Unit
from faelles.policies.operations import explain, list_knobs
from faelles.policies.requests import Explain, ExplanationShown, KnobShown, RuleShown
from faelles.policies.values import value_text

app = typer.Typer(help=words("command_policy"), no_args_is_help=True)
app.add_typer(ceiling.app, name="ceiling", rich_help_panel=words("command_panel_operator"))

Knobs = Annotated[list[str] | None, typer.Argument(help=words("command_knobs"), show_default=False)]
PatronGroup = Annotated[str, typer.Option(help=words("command_patron_group"))]
MaterialGroup = Annotated[str, typer.Option(help=words("command_material_group"))]
LoanKind = Annotated[str, typer.Option(help=words("command_loan_kind"))]
Card = Annotated[
    str | None, typer.Option("--card", help=words("command_explain_card"), show_default=False, callback=unseen)
]
Item = Annotated[str | None, typer.Option("--item", help=words("command_explain_item"), show_default=False)]
Moment = Annotated[datetime | None, typer.Option("--at", help=words("command_at"), show_default=False)]

_ANY, _LOAN = "any", "loan"


@dataclass(frozen=True, slots=True)
class _Groups:
    """Codes as they were typed."""

    patrons: str = _ANY
    materials: str = _ANY
    loan_kind: str = _LOAN


@app.command("explain", help=words("command_explain"))
def explain_knobs(
    knobs: Knobs = None,
    *,
    card: Card = None,
    item: Item = None,
    patron_group: PatronGroup = _ANY,
    material_group: MaterialGroup = _ANY,
    loan_kind: LoanKind = _LOAN,
    branch: Branch = None,
    at: Moment = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    about_groups = _Groups(patron_group, material_group, loan_kind)

    async def work(desk: Desk) -> list[ExplanationShown] | CheckoutExplained:
        moment = at.astimezone() if at else None
        if card is None and item is None:
            return await _explain_groups(desk, about_groups, branch, {"knobs": knobs or [], "at": moment})
        if card is None or item is None or about_groups != _Groups():
            raise invalid_field("--card", "command_card_and_item")
        asked = {
            "borrower": {"card": card},
            "item": item,
            "branch": await desk.branch(branch),
            "knobs": knobs or [],
            "at": moment,
        }
        return await explain_checkout(desk.tx, desk.caller, desk.keyring, request(ExplainCheckout, asked))

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    if isinstance(found, CheckoutExplained):
        _show_parties(found)
    for explanation in found.knobs if isinstance(found, CheckoutExplained) else found:
        _show_explanation(explanation)


async def _explain_groups(
    desk: Desk, about: _Groups, branch: str | None, asked: dict[str, object]
) -> list[ExplanationShown]:
    here = await desk.branch(branch) if branch or desk.usual_branch else None
    coordinates = {
        "item_branch": here,
        "desk_branch": here,
        "patron_group": await _group(desk, GroupKind.PATRON, about.patrons, "--patron-group"),
        "material_group": await _group(desk, GroupKind.MATERIAL, about.materials, "--material-group"),
        "loan_kind": about.loan_kind,
    }
    given = {name: value for name, value in coordinates.items() if value is not None}
    return await explain(desk.tx, desk.caller, request(Explain, asked | {"coordinates": given}))


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
        [(each.name, each.title, each.unit, _default(each), ", ".join(each.scopes)) for each in found],
    )


def _default(knob: KnobShown) -> str:
    return value_text(Unit(knob.unit), knob.default, LANGUAGE)


async def _group(desk: Desk, kind: GroupKind, code: str, option: str) -> int:
    """The group with that code, the nation's or the agency's own."""
    for group in await list_groups(desk.tx, desk.caller, kind):
        if group.code == code:
            return group.id
    raise invalid_field(option, "command_group_unknown", group=code[:64])


def _show_parties(explained: CheckoutExplained) -> None:
    parties = explained.parties
    lines = [
        ("command_patrons", parties.patron_group),
        ("command_materials", parties.material_group),
        ("command_division", parties.division),
        ("command_placement", parties.placement),
        ("command_desk", parties.desk),
    ]
    show_table(["command_what", "command_value"], [(words(code), value) for code, value in lines])


def _show_explanation(explanation: ExplanationShown) -> None:
    setting = explanation.setting
    show_table(
        ["command_value", "command_place", "command_patrons", "command_materials", "command_because"],
        [
            _line(setting.value_text, setting.rule, setting.source_text),
            *(_line(lost.rule.value_text, lost.rule, lost.why_text) for lost in explanation.runners_up),
        ],
        title=f"{explanation.title} ({explanation.knob})",
    )


def _line(value: str, rule: RuleShown | None, because: str) -> Iterable[object]:
    if rule is None:
        return (value, "", "", "", because)
    return (value, rule.place, rule.patron_group_name, rule.material_group_name, f"{because} (#{rule.id})")
