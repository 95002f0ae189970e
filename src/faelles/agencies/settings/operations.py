"""Reading and changing a division's settings."""

from faelles.agencies import store as agencies
from faelles.agencies.operations import refuse
from faelles.agencies.settings import rules, store
from faelles.agencies.settings.model import DECLARED, YES, SetSetting, Setting
from faelles.ground import events as log
from faelles.ground.database import Read, Transaction
from faelles.ground.errors import ForbiddenError, NotFoundError
from faelles.ground.ids import DivisionId
from faelles.people.model import Caller, Permission


async def list_settings(tx: Transaction, caller: Caller, division: DivisionId) -> list[Setting]:
    caller.require(Permission.AGENCY_VIEW)
    if division not in {each.id for each in await agencies.list_divisions(tx)}:
        raise NotFoundError("division_unknown")
    return rules.in_force(await store.load(tx, division))


async def show_setting(tx: Transaction, caller: Caller, division: DivisionId, key: str) -> Setting:
    """Raises NotFoundError `setting_unknown` for a key that the program does not know."""
    found = next((each for each in await list_settings(tx, caller, division) if each.key == key), None)
    if found is None:
        raise NotFoundError("setting_unknown")
    return found


async def set_setting(tx: Transaction, caller: Caller, division: DivisionId, key: str, request: SetSetting) -> Setting:
    _require_division(caller, division)
    await show_setting(tx, caller, division, key)
    refuse(list(rules.setting_problems(DECLARED[key], request)))
    await store.save(tx, division, key, request.values)
    await log.append(tx, log.Event(kind="division_setting.set", subject=division, dimensions={"key": key}))
    return await show_setting(tx, caller, division, key)


async def clear_setting(tx: Transaction, caller: Caller, division: DivisionId, key: str) -> None:
    """Let it be as the program has it."""
    _require_division(caller, division)
    await store.forget(tx, division, key)
    await log.append(tx, log.Event(kind="division_setting.cleared", subject=division, dimensions={"key": key}))


async def values_of(tx: Transaction, division: DivisionId, key: str) -> tuple[str, ...]:
    """For other rooms: the texts that hold."""
    return rules.values_in(await store.load(tx, division), key)


async def text_of(tx: Transaction, division: DivisionId, key: str) -> str:
    """For other rooms: the one text that holds."""
    return (*await values_of(tx, division, key), "")[0]


async def is_on(tx: Transaction, division: DivisionId, key: str) -> bool:
    return await text_of(tx, division, key) == YES


def asked_for(tx: Transaction, division: DivisionId) -> Read[dict[str, tuple[str, ...]]]:
    """What is stored, together with more that is asked; `rules.is_on` reads it."""
    return store.asked_for(tx, division)


def _require_division(caller: Caller, division: DivisionId) -> None:
    caller.require(Permission.AGENCY_EDIT)
    held = caller.divisions(Permission.AGENCY_EDIT)
    if held is not None and division not in held:
        raise ForbiddenError("permission_missing", permission=Permission.AGENCY_EDIT.value)
