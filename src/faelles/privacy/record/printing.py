"""The record of processing as text, Markdown or CSV."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Final

from faelles.ground.i18n import Language, date_text, text
from faelles.privacy.record.model import Form, Record, RecordLine

_FIELDS: Final = ("purpose", "basis", "people", "recipients", "limit", "removed")


def printed(record: Record, form: Form, language: Language) -> str:
    """The whole record, with the words of `language` around what is in it already."""
    names = {field: text(f"privacy_column_{field}", language) for field in ("id", "title", *_FIELDS)}
    if form is Form.CSV:
        return _as_csv(record, names)
    head = [
        f"{text('privacy_column_controller', language)}: {record.controller} ({record.isil})",
        f"{text('privacy_column_day', language)}: {date_text(record.day, language)}",
        f"{text('privacy_column_security', language)}: {record.security}",
        f"{text('privacy_column_transfers', language)}: {record.transfers}",
    ]
    title = text("privacy_record", language)
    if form is Form.MARKDOWN:
        lines = [f"# {title}", "", *(f"{line}  " for line in head), ""]
        return "\n".join([*lines, *(part for line in record.lines for part in _as_markdown(line, names))])
    lines = [title, "=" * len(title), *head, ""]
    return "\n".join([*lines, *(part for line in record.lines for part in _as_text(line, names))])


def _as_csv(record: Record, names: Mapping[str, str]) -> str:
    """Semicolons, as spreadsheets in Denmark expect."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(names.values())
    writer.writerows([getattr(line, field) for field in names] for line in record.lines)
    return out.getvalue()


def _as_markdown(line: RecordLine, names: Mapping[str, str]) -> Sequence[str]:
    fields = [f"* **{names[field]}**: {getattr(line, field)}" for field in _FIELDS]
    return [f"## {line.title}", "", *fields, ""]


def _as_text(line: RecordLine, names: Mapping[str, str]) -> Sequence[str]:
    return [line.title, *(f"  {names[field]}: {getattr(line, field)}" for field in _FIELDS), ""]
