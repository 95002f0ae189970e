"""The request as pages see it: our REST's request, with cookies for a bearer and forms for a body."""

import hashlib
from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, cast, get_args, get_origin

import msgspec
from litestar import Response
from litestar.datastructures import FormMultiDict
from litestar.response import Redirect

from faelles.doors.rest.request import ApiRequest, is_number, preferred_language
from faelles.doors.rest.validation import refuse_implausible_days, request_error
from faelles.doors.web import cookies
from faelles.ground import i18n
from faelles.ground.i18n import Language
from faelles.people.model import Caller

if TYPE_CHECKING:
    from faelles.doors.web.rendering import Pages

Form = TypeVar("Form", bound=msgspec.Struct)

_LANGUAGES: Final = {language.value: language for language in Language}

FORM_FIELD: Final = "csrf"
FormKey = Annotated[str, msgspec.Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
"""Of one form or one scan: sent twice, it is done once."""
_SEVERAL: Final = frozenset({list, tuple, set, frozenset})


def read_as(kind: type[Form], given: Mapping[str, Any]) -> Form:
    """What was typed, or stands in an address, as a struct. Raises InvalidRequestError naming every misfit."""
    try:
        form = msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as problem:
        raise request_error(problem, given, kind, strict=False) from None
    refuse_implausible_days(form)
    return form


class WebRequest(ApiRequest):
    """One page, fragment or form."""

    @property
    def signed_in(self) -> Caller | None:
        return cast("Caller | None", self.scope.get("user"))

    @property
    def session_token(self) -> str:
        """The session token; empty where nobody is signed in."""
        return self.cookies.get(cookies.SESSION, "")

    @property
    def form_token(self) -> str:
        """What every form of this session carries, and no other site can know."""
        keyed = self.services.keyring.lookup_hash("form", 0, self.session_token)  # type: ignore[arg-type] # no agency's own
        return hashlib.sha256(keyed).hexdigest()

    @property
    def language(self) -> Language:
        """Of the switch on the page; else of whoever is signed in; else what the browser asks for."""
        switched = _LANGUAGES.get(self.cookies.get(cookies.LANGUAGE, ""))
        if switched is not None:
            return switched
        if self.signed_in is not None:
            return self.signed_in.language
        return preferred_language(self.header(b"accept-language")) or Language.DANISH

    @property
    def is_fragment(self) -> bool:
        """Whether a script asks for a part of a page, not the browser for a whole one."""
        return bool(self.header(b"x-fragment") or self.header(b"hx-request"))

    @property
    def done_just_now(self) -> str:
        """The sentence for what the form before did, as its address says: `?done=hold_cancelled`."""
        code = f"web_done_{self.query_params.get('done', '')}"
        return i18n.text(code, self.language) if i18n.knows(code, self.language) else ""

    async def form(self) -> FormMultiDict:
        """Of either kind: read whole, as every body is, with the same limit."""
        await self.body()
        return await super().form()

    async def typed(self, kind: type[Form]) -> Form:
        """The form as a struct; empty fields are left out. Raises InvalidRequestError naming every misfit."""
        sent: dict[str, list[Any]] = {}
        for name, value in (await self.form()).multi_items():
            if name == FORM_FIELD or value == "":
                continue
            # Browsers end a line of a text as the network does; ours end as they do in a file.
            sent.setdefault(name, []).append(value.replace("\r\n", "\n") if isinstance(value, str) else value)
        several = _taking_several(kind)
        given = {name: values if name in several else values[-1] for name, values in sent.items()}
        return read_as(kind, given)

    async def _body_sent(self) -> dict[str, object]:
        return {name: int(value) for name, value in (await self.form()).items() if is_number(value)}

    def page(self, template: str, context: Mapping[str, object], *, status: int = 200) -> Response[bytes]:
        """A template as an answer, in the reader's language."""
        pages: Pages = self.app.state["pages"]
        return Response(
            pages.shown(template, self, context).encode(),
            status_code=status,
            headers={
                "content-type": "text/html; charset=utf-8",
                "content-language": self.language.value,
                "cache-control": "no-store",
                "vary": "cookie, accept-language",
            },
        )

    def go_to(self, path: str) -> Redirect:
        """After a form: what to look at next."""
        return Redirect(path, status_code=303)


@cache
def _taking_several(kind: type[msgspec.Struct]) -> frozenset[str]:
    """The fields of a form that take every value sent under their name."""
    return frozenset(field.encode_name for field in msgspec.structs.fields(kind) if _is_several(field.type))


def _is_several(kind: Any) -> bool:  # noqa: ANN401 - any type there is
    """Whether a field takes every value that was sent under its name: ticks, a list to choose several from."""
    if get_origin(kind) is Annotated:
        return _is_several(get_args(kind)[0])
    return get_origin(kind) in _SEVERAL or (isinstance(kind, UnionType) and any(map(_is_several, get_args(kind))))
