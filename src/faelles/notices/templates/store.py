"""SQL of templates, and the program's own from its data files."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

from faelles.ground.database import Row, Transaction
from faelles.ground.i18n import Language
from faelles.ground.ids import NATION
from faelles.notices.model import Form
from faelles.notices.templates.model import NoticeTemplate, Origin

_LOAD = """
SELECT agency_id, id, kind, form, language, subject, body, written_at
  FROM notice_template
 WHERE agency_id IN (0, $1) AND ended_at IS NULL
 ORDER BY agency_id
"""
_END = """
UPDATE notice_template SET ended_at = $5
 WHERE agency_id = $1 AND kind = $2 AND form = $3 AND language = $4 AND ended_at IS NULL
"""
_INSERT = """
INSERT INTO notice_template (agency_id, kind, form, language, subject, body, written_by, written_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING id
"""
_SERIALISE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

Key = tuple[str, Form, Language]


class _Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    body: str
    subject: str = ""


@cache
def own_wording() -> Mapping[Key, NoticeTemplate]:
    """The program's own templates: one for every kind, form and language."""
    found: dict[Key, NoticeTemplate] = {}
    for language in Language:
        source = resources.files("faelles.notices") / "data" / f"{language}.toml"
        read = msgspec.toml.decode(source.read_bytes(), type=dict[str, dict[Form, _Wording]])
        for kind, forms in read.items():
            for form, wording in forms.items():
                found[kind, form, language] = NoticeTemplate(
                    kind=kind,
                    form=form,
                    language=language,
                    subject=wording.subject,
                    body=wording.body.strip("\n"),
                    origin=Origin.PROGRAM,
                )
    return found


async def written(tx: Transaction) -> dict[Key, NoticeTemplate]:
    """The agency's own templates, and the nation's where it has none."""
    templates = [_template(row) for row in await tx.rows(_LOAD, tx.agency)]
    return {(each.kind, each.form, each.language): each for each in templates}


async def end(tx: Transaction, kind: str, form: Form, language: Language) -> bool:
    """End the agency's own template, if it has one."""
    return await tx.execute(_END, tx.agency, kind, form.value, language.value, tx.now) > 0


async def insert(tx: Transaction, kind: str, form: Form, language: Language, subject: str, body: str) -> int:
    written_by = str(tx.actor)
    values = (kind, form.value, language.value, subject, body, written_by, tx.now)
    number: int = await tx.value(_INSERT, tx.agency, *values)
    return number


async def one_at_a_time(tx: Transaction, kind: str) -> None:
    """Whoever words `kind` anew waits for whoever is at it."""
    await tx.execute(_SERIALISE, f"notice-template/{tx.agency}/{kind}")


def _template(row: Row) -> NoticeTemplate:
    return NoticeTemplate(
        kind=row["kind"],
        form=Form(row["form"]),
        language=Language(row["language"]),
        subject=row["subject"],
        body=row["body"],
        origin=Origin.NATION if row["agency_id"] == NATION else Origin.AGENCY,
        id=row["id"],
        written_at=row["written_at"],
    )
