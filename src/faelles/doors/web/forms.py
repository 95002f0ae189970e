"""Forms that did not fit: the page comes back with what was typed, each problem beside its field, nothing changed.

A page passes its `Refusal` to the template as `refused` and asks it for each form by name, for a page may have several:
`{% set form = refused.at("block") %}`. The macros of templates/forms.html do the rest.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from litestar import Response

from faelles.circulation.desk.blocks import CirculationRefusedError
from faelles.doors.web.request import FORM_FIELD, WebRequest
from faelles.ground import i18n
from faelles.ground.errors import (
    ConflictError,
    FaellesError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    RefusedError,
)

_TOLD_BESIDE: Final = (InvalidRequestError, ConflictError, RefusedError, NotFoundError, ForbiddenError)
"""What somebody at the form can do something about; the rest has a page of its own."""


class FormState(msgspec.Struct, frozen=True, kw_only=True):
    """One form as it is shown: empty at first, or as it came with what was wrong in it."""

    name: str
    typed: Mapping[str, str] = {}
    problems: Mapping[str, str] = {}
    """What is wrong with a field, by its name."""
    sentences: tuple[str, ...] = ()
    """What is wrong with the whole."""

    @property
    def is_refused(self) -> bool:
        return bool(self.problems or self.sentences)

    def value(self, field: str, stands: object = "") -> str:
        """What was typed into the field, else what stands there."""
        if self.is_refused:
            return self.typed.get(field, "")
        return "" if stands is None else str(stands)


class Refusal(msgspec.Struct, frozen=True):
    """What became of the forms of a page: at most one of them was sent."""

    form: FormState | None = None
    status: int = 200

    def at(self, name: str) -> FormState:
        return self.form if self.form is not None and self.form.name == name else FormState(name=name)


NOTHING_REFUSED: Final = Refusal()


async def sent(
    request: WebRequest,
    form: str,
    do: Callable[[], Awaitable[Response[Any]]],
    again: Callable[[Refusal], Awaitable[Response[Any]]],
    *,
    secret: frozenset[str] = frozenset(),
) -> Response[Any]:
    """Do what a form asks for; where it is refused, show `again` the page it is on.

    `secret` fields (a PIN, a CPR number) are never put into a page again.
    """
    try:
        return await do()
    except _TOLD_BESIDE as problem:
        return await again(await _refusal(request, form, problem, secret))


async def _refusal(request: WebRequest, form: str, problem: FaellesError, secret: frozenset[str]) -> Refusal:
    typed = {name: str(value) for name, value in (await request.form()).items() if name not in {FORM_FIELD, *secret}}
    language = request.language
    problems: dict[str, str] = {}
    sentences: list[str] = []
    if isinstance(problem, InvalidRequestError) and problem.problems:
        for each in problem.problems:
            said = i18n.text(each.code, language, each.parameters)
            field = each.field.rpartition(".")[2]
            if field:
                problems.setdefault(field, said)
            else:
                sentences.append(said)
    elif isinstance(problem, CirculationRefusedError):
        sentences += [i18n.text(block.code, language, block.parameters) for block in problem.blocks]
    else:
        sentences.append(i18n.text(problem.code, language, problem.parameters))
    state = FormState(name=form, typed=typed, problems=problems, sentences=tuple(sentences))
    return Refusal(state, problem.status)
