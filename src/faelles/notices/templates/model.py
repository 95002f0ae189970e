"""Templates, and the words they may use."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from faelles.ground.fields import Id
from faelles.ground.i18n import Language, date_text, money_text, text
from faelles.notices.model import WORDED_LINES, Form
from faelles.notices.wishes.model import KindName

FRAME = "frame"
"""The template that goes around the sections of a message: greeting and signature."""

SubjectText = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
BodyText = Annotated[str, Meta(min_length=1, max_length=8000, pattern=WORDED_LINES)]


class Origin(StrEnum):
    """Whose wording it is."""

    AGENCY = "agency"
    NATION = "nation"
    PROGRAM = "program"


class NoticeTemplate(Struct, frozen=True, kw_only=True):
    """The wording in force for a kind, a form and a language, and where it comes from."""

    kind: str
    form: Form
    language: Language
    subject: str
    body: str
    origin: Origin
    id: int | None = None
    written_at: datetime | None = None


class SetTemplate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    subject: SubjectText = ""
    body: BodyText


class PreviewNotice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`body` left out: the wording in force. `patron` left out: made-up facts."""

    kind: KindName
    form: Form = Form.FULL
    language: Language | None = None
    subject: SubjectText | None = None
    body: BodyText | None = None
    patron: Id | None = None


class Preview(Struct, frozen=True, kw_only=True):
    """What would be sent. `is_made_up`: of facts that are not the patron's, because there were none of theirs."""

    subject: str
    text: str
    language: Language
    is_made_up: bool


_ABOUT_A_CHILD: Final = "guardian_registered"
_IN_TIME: Final = "exclusion_warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One loan, hold, claim ... as a template may speak of it; everything is text, empty where it does not apply."""

    title: str = ""
    creators: str = ""
    number: str = ""
    due: str = ""
    days_overdue: str = ""
    branch: str = ""
    copies: str = ""
    deadline: str = ""
    shelf: str = ""
    amount: str = ""
    what: str = ""
    reference: str = ""
    day: str = ""
    text: str = ""
    why: str = ""
    """Why the library cancelled a hold, where there is more to say than that it did."""
    concerning: str = ""
    """The name of the child (or another) whose it is, where that is not who is written to."""


FILLED: Final = Entry(**{each.name: "9" for each in fields(Entry)})
"""Everything that could be said at once, so that no condition of a wording goes untried."""


def made_up(kind: str, language: Language) -> Entry:
    """Something to try a wording out on."""
    return Entry(
        title="Frøken Smillas fornemmelse for sne",
        creators="Peter Høeg",
        number="5001234567",
        due=date_text(date(2027, 12, 24), language),
        days_overdue="" if kind == _IN_TIME else "9",
        branch="Hovedbiblioteket",
        copies="24",
        deadline=date_text(date(2027, 12, 31), language),
        shelf="117",
        amount=money_text(12_000, language),
        what=text("charge_overdue_2", language),
        reference="4711",
        day=date_text(date(2027, 12, 1), language),
        text="4711",
        why=text("notice_title_gone", language),
        concerning="Viggo Kofoed" if kind == _ABOUT_A_CHILD else "",
    )
