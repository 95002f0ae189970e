"""What all screens that manage share: the frame, and the sentence for what was done just now."""

from collections.abc import Mapping
from functools import partial
from typing import Final, TypeVar

import msgspec
from babel.dates import format_skeleton
from babel.numbers import format_decimal
from litestar import Response

from faelles.doors.web.clock import clock_text
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal
from faelles.doors.web.request import WebRequest, read_as

Asked = TypeVar("Asked", bound=msgspec.Struct)

MOST_LISTED: Final = 200
"""Of what a municipality has few of: branches, roles."""
PAGE: Final = 50


def manage_page(
    request: WebRequest, page: str, context: Mapping[str, object], *, refused: Refusal = NOTHING_REFUSED
) -> Response[bytes]:
    """One screen: `page` names its template."""
    language = request.language
    shown = {
        "refused": refused,
        "done": request.done_just_now,
        "address": request.url.path,
        "number": partial(format_decimal, locale=language.value),
        "month_name": partial(format_skeleton, "yMMMM", locale=language.value),
        "clock": clock_text,
        **context,
    }
    return request.page(f"manage/{page}.html", shown, status=refused.status)


def asked(request: WebRequest, kind: type[Asked]) -> Asked:
    """A filter as the address has it; what is empty is not asked. Raises InvalidRequestError naming every misfit."""
    given = {name: value for name, value in request.query_params.items() if value != ""}
    return read_as(kind, given)
