"""A division's settings: what web sites, apps and kiosks ask for by key, in words, on one page."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import Response, Router, get, post

from faelles.agencies import operations as agencies
from faelles.agencies.settings import operations as settings
from faelles.agencies.settings.model import DECLARED, Form, SetSetting, Setting
from faelles.agencies.settings.rules import setting_problems
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import manage_page
from faelles.doors.web.request import WebRequest, read_as
from faelles.ground.database import Transaction
from faelles.ground.errors import FieldProblem, InvalidRequestError, NotFoundError
from faelles.ground.ids import DivisionId
from faelles.people.model import Permission

_VIEW, _EDIT = Permission.AGENCY_VIEW, Permission.AGENCY_EDIT
_THIS_DIVISION: Final = {"division": "{division}"}


def field_of(key: str) -> str:
    """A setting's name in the form, and of its words in the catalogues."""
    return key.replace(".", "_").lower()


@get("/manage/divisions/{division:int}/settings", opt=guarded(_VIEW, example=Example(path=_THIS_DIVISION)))
async def show_settings(request: WebRequest, division: PathId) -> Response[bytes]:
    return await _settings(request, division)


async def _settings(request: WebRequest, division: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        caller = request.caller
        found = next((each for each in await agencies.list_divisions(tx, caller) if each.id == division), None)
        if found is None:
            raise NotFoundError("division_unknown")
        held = caller.divisions(_EDIT)
        return {
            "division": found,
            "settings": await settings.list_settings(tx, caller, DivisionId(division)),
            "field_of": field_of,
            "may_edit": caller.may(_EDIT) and (held is None or division in held),
        }

    return manage_page(request, "settings", await request.read(work), refused=refused)


@post(
    "/manage/divisions/{division:int}/settings",
    opt=guarded(_EDIT, example=Example(path=_THIS_DIVISION, body={"loaner_pincode_length_min": "5"})),
    status_code=200,
)
async def set_settings(request: WebRequest, division: PathId) -> Response[bytes]:
    """What stands as the program has it is not kept as the division's own."""

    async def do() -> Response[bytes]:
        wanted = _read(await request.form())

        async def work(tx: Transaction) -> None:
            caller, where = request.caller, DivisionId(division)
            for each in await settings.list_settings(tx, caller, where):
                await _set(tx, request, where, each, wanted.get(each.key, each.values))

        await request.run(work)
        return request.go_to(f"/manage/divisions/{division}/settings?done=saved")

    return await sent(request, "settings", do, lambda refused: _settings(request, division, refused))


async def _set(
    tx: Transaction, request: WebRequest, division: DivisionId, stands: Setting, wanted: tuple[str, ...]
) -> None:
    if wanted == stands.values:
        return
    if wanted == DECLARED[stands.key].default:
        await settings.clear_setting(tx, request.caller, division, stands.key)
    else:
        await settings.set_setting(tx, request.caller, division, stands.key, SetSetting(values=wanted))


def _read(typed: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The values that were typed, by key. Raises InvalidRequestError naming every field that does not fit."""
    found = {key: _values(DECLARED[key].form, typed[field_of(key)]) for key in DECLARED if field_of(key) in typed}
    problems = list(_problems(found))
    if problems:
        raise InvalidRequestError(problems=problems)
    return found


def _values(form: Form, text: object) -> tuple[str, ...]:
    """A list has one text a line."""
    if form is Form.LIST:
        return tuple(line.strip() for line in str(text).splitlines() if line.strip())
    return (str(text).strip(),)


def _problems(found: Mapping[str, tuple[str, ...]]) -> Iterable[FieldProblem]:
    for key, values in found.items():
        try:
            asked = read_as(SetSetting, {"values": values})
        except InvalidRequestError as problem:
            yield from (FieldProblem(field_of(key), each.code, each.parameters) for each in problem.problems)
        else:
            found_wrong = setting_problems(DECLARED[key], asked)
            yield from (FieldProblem(field_of(key), each.code, each.parameters) for each in found_wrong)


router = Router(path="/", route_handlers=[set_settings, show_settings])
