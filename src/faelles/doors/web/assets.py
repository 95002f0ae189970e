"""Styles, scripts and fonts: read once, addressed by what is in them, so that a browser keeps them for ever."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from litestar import Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from faelles.doors.rest.access import Example, public
from faelles.doors.web.request import WebRequest

_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}
_REFERRING: Final = frozenset({"css", "js"})
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_DIGITS: Final = 12
_REFERENCE: Final = re.compile(rb'"(?:\./|\.\./0/)([A-Za-z0-9._-]+)"')
"""How one file names another: a script `"./sound.js"`, a style `url("../0/a.woff2")`."""


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    packed: bytes
    kind: str
    digest: str


@cache
def _assets() -> dict[str, Asset]:
    root = resources.files("faelles.doors.web") / "static"
    files = {entry.name: entry for folder in (root, root / "vendor") for entry in folder.iterdir()}
    wanted = {name: file for name, file in files.items() if name.rpartition(".")[2] in _TYPES}
    made: dict[str, Asset] = {}
    for name in wanted:
        _make(name, wanted, made)
    return made


def _make(name: str, files: Mapping[str, Traversable], made: dict[str, Asset]) -> Asset:
    """The file, with the files it names addressed by their content too: those are made first."""
    if name in made:
        return made[name]

    def addressed(reference: re.Match[bytes]) -> bytes:
        named = reference[1].decode()
        return f'"../{_make(named, files, made).digest}/{named}"'.encode()

    content = files[name].read_bytes()
    kind = name.rpartition(".")[2]
    if kind in _REFERRING:
        content = _REFERENCE.sub(addressed, content)
    made[name] = Asset(
        content=content,
        packed=gzip.compress(content, mtime=0),
        kind=_TYPES[kind],
        digest=hashlib.sha256(content).hexdigest()[:_DIGITS],
    )
    return made[name]


def address(name: str) -> str:
    """Where the pages find a file. Raises KeyError for one that is not there."""
    return f"/static/{_assets()[name].digest}/{name}"


@get(
    "/static/{digest:str}/{name:str}",
    opt=public(example=Example(path={"digest": "0", "name": "faelles.css"})),
)
async def asset(request: WebRequest, digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Under an old address the file of today, which is not to be kept."""
    found = _assets().get(name)
    if found is None:
        raise NotFoundException
    headers = {
        "content-type": found.kind,
        "cache-control": _FOR_EVER if digest == found.digest else "no-cache",
        "vary": "accept-encoding",
    }
    if "gzip" in request.header(b"accept-encoding"):
        return Response(found.packed, headers=headers | {"content-encoding": "gzip"})
    return Response(found.content, headers=headers)


router = Router(path="/", route_handlers=[asset])
