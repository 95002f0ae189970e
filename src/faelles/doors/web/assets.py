"""Styles, scripts and fonts: read once, addressed by what is in them, so that a browser keeps them for ever."""

import gzip
import hashlib
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
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    packed: bytes
    kind: str
    digest: str


@cache
def _assets() -> dict[str, Asset]:
    root = resources.files("faelles.doors.web") / "static"
    return dict(_under(root)) | dict(_under(root / "vendor"))


def _under(folder: Traversable) -> list[tuple[str, Asset]]:
    return [(entry.name, _asset(entry)) for entry in folder.iterdir() if entry.name.rpartition(".")[2] in _TYPES]


def _asset(file: Traversable) -> Asset:
    content = file.read_bytes()
    return Asset(
        content=content,
        packed=gzip.compress(content, mtime=0),
        kind=_TYPES[file.name.rpartition(".")[2]],
        digest=hashlib.sha256(content).hexdigest()[:_DIGITS],
    )


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
