"""What may be said for a key. Pure."""

from collections.abc import Iterator, Mapping

from faelles.agencies.settings.model import DECLARED, NO, YES, Declared, Form, SetSetting, Setting
from faelles.ground.errors import FieldProblem


def setting_problems(declared: Declared, request: SetSetting) -> Iterator[FieldProblem]:
    if declared.form is not Form.LIST and len(request.values) != 1:
        yield FieldProblem("values", "setting_needs_one_value", {})
    elif declared.form is Form.YES_NO and request.values[0] not in (YES, NO):
        yield FieldProblem("values.0", "setting_yes_or_no", {})
    elif declared.form is Form.NUMBER and not request.values[0].isdecimal():
        yield FieldProblem("values.0", "setting_number", {})


def in_force(stored: Mapping[str, tuple[str, ...]]) -> list[Setting]:
    """Every key with what holds."""
    return [
        Setting(key=key, form=declared.form, values=stored.get(key, declared.default), is_default=key not in stored)
        for key, declared in DECLARED.items()
    ]


def values_in(stored: Mapping[str, tuple[str, ...]], key: str) -> tuple[str, ...]:
    """The texts that hold."""
    return stored.get(key, DECLARED[key].default)


def is_on(stored: Mapping[str, tuple[str, ...]], key: str) -> bool:
    return values_in(stored, key)[:1] == (YES,)
