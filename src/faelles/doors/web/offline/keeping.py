"""What the browser keeps so that the desk opens without us: a script of its own, and a page that names nobody.

Nothing of a patron's or a user's is kept: the page is the same for everybody, and it is the only one. The script holds
the addresses of all files, which are those of their content, so that it differs whenever one of them does, and the
browser takes over to the new ones as a whole.
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
    "dkfds.css",
    "faelles.css",
    "offline.css",
    "icon.svg",
    "IBMPlexSans-Regular-Latin1.woff2",
    "IBMPlexSans-SemiBold-Latin1.woff2",
    "desk.js",
    "offline.js",
    "outbox.js",
    "queue.js",
    "sending.js",
    "showing.js",
    "sound.js",
    "telling.js",
)
_PLACE: Final = "/desk/kept"


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
    content = "\n".join([*files, *(_page(request, language) for language in Language)])
    return {
        "version": hashlib.sha256(content.encode()).hexdigest()[:12],
        "files": files,
        "pages": {language.value: f"{_PLACE}/{language.value}" for language in Language},
    }


def _page(request: WebRequest, language: Language) -> str:
    pages: Pages = request.app.state["pages"]
    return pages.shown_to_all("offline/kept.html", language)


@cache
def _script() -> str:
    return (resources.files("faelles.doors.web") / "static" / "worker.js").read_text()


@get(_PLACE + "/{language:str}", opt=public(example=Example(path={"language": "da"})))
async def page(request: WebRequest, language: FromPath[Language]) -> Response[bytes]:
    """The desk as it opens without us."""
    return Response(
        _page(request, language).encode(),
        headers={"content-type": "text/html; charset=utf-8", "cache-control": "no-cache"},
    )


router = Router(path="/", route_handlers=[page, worker])
