"""What the browser keeps so that the pages of scans open without us: a script, and for each a page that names nobody.

Nothing of a patron's or a user's is kept: the pages are the same for everybody. The script holds the addresses of all
files, which are those of their content, so that it differs whenever one of them does, and the browser
takes over all the new ones at once.
"""

import hashlib
import json
from functools import cache
from importlib import resources
from typing import Final

from litestar import Response, Router, get
from litestar.params import FromPath

from faelles.doors.rest.access import Example, public
from faelles.doors.web.assets import address
from faelles.doors.web.rendering import Pages
from faelles.doors.web.request import WebRequest
from faelles.ground.i18n import Language

_FILES: Final = (
    "agent.js",
    "daily.css",
    "dkfds.css",
    "faelles.css",
    "offline.css",
    "icon.svg",
    "IBMPlexSans-Regular-Latin1.woff2",
    "IBMPlexSans-SemiBold-Latin1.woff2",
    "desk.js",
    "group.js",
    "group_sending.js",
    "keys.js",
    "offline.js",
    "outbox.js",
    "queue.js",
    "sending.js",
    "showing.js",
    "sound.js",
    "standing.js",
    "telling.js",
)
_PAGES: Final = {"/desk": "offline/kept_desk.html", "/group-loan": "offline/kept_class.html"}


@get("/service-worker.js", opt=public(example=Example()))
async def worker(request: WebRequest) -> Response[bytes]:
    """Never kept by the browser's own cache: it asks for it again with every visit."""
    script = f"const KEPT = {json.dumps(_kept(request))};\n\n{_script()}"
    return Response(
        script.encode(),
        headers={"content-type": "text/javascript; charset=utf-8", "cache-control": "no-cache"},
    )


def _kept(request: WebRequest) -> dict[str, object]:
    files = [address(name) for name in _FILES]
    pages = [_page(request, place, language) for place in _PAGES for language in Language]
    content = "\n".join([*files, *pages])
    return {
        "version": hashlib.sha256(content.encode()).hexdigest()[:12],
        "files": files,
        "pages": {place: {each.value: f"{place}/kept/{each.value}" for each in Language} for place in _PAGES},
    }


def _page(request: WebRequest, place: str, language: Language) -> str:
    pages: Pages = request.app.state["pages"]
    return pages.shown_to_all(_PAGES[place], language)


@cache
def _script() -> str:
    return (resources.files("faelles.doors.web") / "static" / "worker.js").read_text()


@get("/desk/kept/{language:str}", opt=public(example=Example(path={"language": "da"})))
async def desk(request: WebRequest, language: FromPath[Language]) -> Response[bytes]:
    """The desk as it opens without us."""
    return _answer(_page(request, "/desk", language))


@get("/group-loan/kept/{language:str}", opt=public(example=Example(path={"language": "da"})))
async def class_page(request: WebRequest, language: FromPath[Language]) -> Response[bytes]:
    """The loan to a class as it opens without us: without its list."""
    return _answer(_page(request, "/group-loan", language))


def _answer(page: str) -> Response[bytes]:
    headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-cache"}
    return Response(page.encode(), headers=headers)


router = Router(path="/", route_handlers=[class_page, desk, worker])
