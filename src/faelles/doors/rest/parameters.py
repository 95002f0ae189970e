"""Kinds of path, query and header parameters, with their bounds.

Litestar enforces its own parameter kinds and passes over msgspec's `Meta`, so the kinds of ground/fields.py bound the
fields of bodies, and these bound parameters. The application refuses to start with the wrong sort.
"""

from typing import Annotated, Final

from litestar.params import HeaderParameter, PathParameter, QueryParameter

from faelles.ground.idempotency import LONGEST_KEY

_HIGHEST_ID: Final = 2**53 - 1
_PRINTABLE: Final = r"^[^\x00-\x1f\x7f]*$"

PathId = Annotated[int, PathParameter(ge=1, le=_HIGHEST_ID)]
"""An id in the path: `/patrons/{patron:int}`."""
QueryId = Annotated[int | None, QueryParameter(ge=1, le=_HIGHEST_ID)]
"""An optional id in the query; give it the default None."""
PathCode = Annotated[str, PathParameter(min_length=1, max_length=100, pattern=_PRINTABLE)]
"""An item number, card, ISIL or code in the path: `/items/{number:str}`. Never a person's name or CPR number."""
QueryText = Annotated[str | None, QueryParameter(min_length=1, max_length=200, pattern=_PRINTABLE)]
"""Optional words or a code in the query; give it the default None. Never a person's name: search those by POST."""
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="How many items at most.")]
"""The size of a page; give it a default."""
After = Annotated[
    str | None,
    QueryParameter(
        min_length=1, max_length=1000, pattern=r"^[A-Za-z0-9_-]*$", description="`next` of the page before."
    ),
]
"""The cursor of the page before; give it the default None."""
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=LONGEST_KEY,
        pattern=r"^[\x20-\x7e]+$",
        description="The client's own name for this request. Sent again with the same key, it is the same request:"
        " nothing happens twice and the first answer comes back.",
    ),
]
"""Give it the default None and hand it to the operation."""
