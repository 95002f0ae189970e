"""One file to hand out: everything as JSON, and the same to be read by people, in the patron's language."""

import io
import zipfile
from html import escape
from typing import Any

import msgspec

from faelles.ground.i18n import Language, text
from faelles.privacy.person.model import FileEntry, PersonFile

_PAGE = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><title>{title}</title>
<style>body{{font-family:sans-serif;max-width:60rem;margin:2rem auto;line-height:1.4}}
dt{{font-weight:bold}}table{{border-collapse:collapse}}
td,th{{border:1px solid #999;padding:.2rem .5rem;text-align:left}}
</style></head>
<body>
<h1>{title}</h1>
<p>{intro}</p>
{entries}
</body>
</html>
"""


def packed(file: PersonFile) -> bytes:
    """A zip with `data.json` and `overview.html`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", msgspec.json.format(msgspec.json.encode(file), indent=2))
        archive.writestr("overview.html", overview(file))
    return out.getvalue()


def overview(file: PersonFile) -> str:
    """A page that needs nothing but itself."""
    language = Language(file.language)
    title = text("privacy_file_title", language, {"controller": file.controller})
    intro = text("privacy_file_intro", language, {"name": file.name, "made_at": file.made_at})
    entries = "\n".join(_entry(entry, language) for entry in file.entries)
    return _PAGE.format(language=file.language, title=escape(title), intro=escape(intro), entries=entries)


def _entry(entry: FileEntry, language: Language) -> str:
    found = [piece for pieces in entry.pieces.values() for piece in pieces]
    told = "".join(_piece(piece) for piece in found) or f"<p>{escape(text('privacy_file_nothing', language))}</p>"
    facts = "".join(
        f"<dt>{escape(text(f'privacy_column_{name}', language))}</dt><dd>{escape(value)}</dd>"
        for name, value in (("purpose", entry.purpose), ("basis", entry.basis), ("limit", entry.limit))
    )
    return f"<h2>{escape(entry.title)}</h2>\n<dl>{facts}</dl>\n{told}"


def _piece(piece: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(_shown(value))}</td></tr>"
        for name, value in piece.items()
        if value is not None
    )
    return f"<table>{rows}</table><br>\n"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
