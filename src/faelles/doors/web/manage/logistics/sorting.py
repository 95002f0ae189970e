"""Into which bin of a sorter a returned copy goes: the machine's rules, in their order."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

import msgspec
from litestar import Response, Router, get, post

from faelles.catalog.material_types import known
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import manage_page
from faelles.doors.web.manage.people.machines import find
from faelles.doors.web.manage.policies.spot import Choice, tree
from faelles.doors.web.request import WebRequest, read_as
from faelles.doors.web.titles.names import Names, shelf_name
from faelles.ground import i18n
from faelles.ground.alphabet import by_name
from faelles.ground.database import Transaction
from faelles.ground.errors import FieldProblem, InvalidRequestError
from faelles.ground.ids import MachineId
from faelles.people.machines.terminal import Alert, Bin, SortRule
from faelles.people.model import Permission, Place
from faelles.people.terminals import operations as terminals
from faelles.people.terminals.model import ProfileChange
from faelles.policies.compiled import Settings
from faelles.policies.operations import current_settings

_VIEW, _EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
_THIS_MACHINE: Final = {"machine": "{machine}"}
_MOST_RULES: Final = 500
_CONDITIONS: Final = ("alert", "hold", "foreign", "destination", "material_group", "material_type", "placement")
"""The fields of a rule beside its bin, in the order in which they are asked and told."""


class RejectForm(msgspec.Struct, frozen=True, kw_only=True):
    default_bin: Bin | None = None


@get("/manage/machines/{machine:int}/sorting", opt=guarded(_VIEW, example=Example(path=_THIS_MACHINE)))
async def show_sorting(request: WebRequest, machine: PathId) -> Response[bytes]:
    return await _sorting(request, machine)


async def _sorting(request: WebRequest, machine: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        found = await find(tx, request, machine)
        profile = await terminals.show_profile(tx, request.caller, MachineId(machine))
        settings = await current_settings(tx)
        choices = _choices(request, settings, found.branch)
        return {
            "machine": found,
            "profile": profile,
            "rules": [msgspec.structs.asdict(rule) for rule in profile.sorting],
            "told": [_told(rule, choices) for rule in profile.sorting],
            "choices": choices,
            "conditions": _CONDITIONS,
            "blank": dict.fromkeys(("bin", *_CONDITIONS)),
            "may_edit": _EDIT in request.caller.permissions_at(Place(found.division, found.branch)),
        }

    return manage_page(request, "sorting", await request.read(work), refused=refused)


def _choices(request: WebRequest, settings: Settings, here: int) -> dict[str, list[Choice]]:
    """What each condition may be: the value, and what is shown for it."""
    say = partial(i18n.text, language=request.language)
    directory, names = settings.directory, Names(request.language)
    yes_no = [("true", say("web_yes")), ("false", say("web_no"))]
    placements = [(str(each.id), shelf_name(each)) for each in directory.placements.values() if each.branch == here]
    return {
        "alert": [(each.value, say(f"web_sort_alert_{each.value}")) for each in Alert],
        "hold": yes_no,
        "foreign": yes_no,
        "destination": [(str(each.id), each.name) for each in by_name(directory.branches.values())],
        "material_group": tree(list(settings.material_groups.values()), request.language),
        "material_type": sorted(((each, names.material(each)) for each in known()), key=lambda each: each[1]),
        "placement": sorted(placements, key=lambda each: each[1]),
    }


def _told(rule: SortRule, choices: Mapping[str, list[Choice]]) -> list[tuple[str, str]]:
    """The conditions of a rule, each with what it asks for."""
    asked = [(name, getattr(rule, name)) for name in _CONDITIONS]
    return [(name, _shown(value, choices[name])) for name, value in asked if value is not None]


def _shown(value: object, choices: list[Choice]) -> str:
    wanted = str(value).lower() if isinstance(value, bool) else str(value)
    return next((shown.strip() for each, shown in choices if each == wanted), wanted)


@post(
    "/manage/machines/{machine:int}/sorting",
    opt=guarded(
        _EDIT, example=Example(path=_THIS_MACHINE, body={"bin-0": "3", "alert-0": "hold_elsewhere", "default_bin": "1"})
    ),
    status_code=200,
)
async def set_sorting(request: WebRequest, machine: PathId) -> Response[bytes]:
    """All rules as they are to be; one whose bin was emptied is gone. The machine hears of it within a minute."""

    async def do() -> Response[bytes]:
        typed = {name: str(value) for name, value in (await request.form()).items()}
        reject = await request.typed(RejectForm)
        change = ProfileChange(sorting=read_rules(typed), default_bin=reject.default_bin)
        await request.run(lambda tx: terminals.change_profile(tx, request.caller, MachineId(machine), change))
        return request.go_to(f"/manage/machines/{machine}/sorting?done=saved")

    return await sent(request, "sorting", do, lambda refused: _sorting(request, machine, refused))


def read_rules(typed: Mapping[str, str]) -> tuple[SortRule, ...]:
    """The rules of the form, in the order of their places. Raises InvalidRequestError naming every misfit."""
    rows: list[tuple[int, int, SortRule]] = []
    problems: list[FieldProblem] = []
    for number in range(_MOST_RULES):
        given = {name: typed.get(f"{name}-{number}", "").strip() for name in ("bin", *_CONDITIONS)}
        if not given["bin"]:
            continue
        try:
            rule = read_as(SortRule, {name: value for name, value in given.items() if value})
        except InvalidRequestError as refused:
            problems += [replace(each, field=f"{each.field}-{number}") for each in refused.problems]
        else:
            rows.append((_place(typed.get(f"place-{number}", "")), number, rule))
    if problems:
        raise InvalidRequestError(problems=problems)
    return tuple(rule for _, _, rule in sorted(rows, key=lambda row: row[:2]))


def _place(typed: str) -> int:
    """Last, where nobody says."""
    return int(typed) if typed.isdecimal() and len(typed) <= len(str(_MOST_RULES)) else _MOST_RULES


router = Router(path="/", route_handlers=[set_sorting, show_sorting])
