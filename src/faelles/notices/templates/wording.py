"""From sections of entries to a message's subject and text. Pure, given the templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from faelles.ground.i18n import Language, text
from faelles.notices.model import Form
from faelles.notices.templates.engine import UnfitTemplateError, render
from faelles.notices.templates.model import FRAME, Entry, NoticeTemplate
from faelles.notices.templates.store import Key, own_wording

_LONGEST_TITLE: Final = 40
"""On a telephone: a short message is 160 letters, and says more than the title."""
_CUT: Final = "..."
_SUBTITLE: Final = " : "
"""What ISBD puts before a subtitle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """Whom a message is to, from whom, in what form."""

    name: str
    library: str
    form: Form
    language: Language


@dataclass(frozen=True, slots=True)
class Section:
    """Everything of one kind that one message says."""

    kind: str
    entries: Sequence[Entry]


class Wording:
    """The templates of an agency: its own, the nation's, the program's; in the patron's language, else in Danish."""

    def __init__(self, written: Mapping[Key, NoticeTemplate]) -> None:
        self._written: Final = written

    def template(self, kind: str, form: Form, language: Language) -> NoticeTemplate:
        """The wording in force. Raises KeyError for a kind that there is none of."""
        own = own_wording()
        for wanted in ((kind, form, language), (kind, form, Language.DANISH)):
            found = self._written.get(wanted) or own.get(wanted)
            if found is not None:
                return found
        raise KeyError(kind)

    def message(self, to: Addressed, sections: Sequence[Section]) -> tuple[str, str]:
        """Subject and text of one message. The subject is that of the only section, else the frame's."""
        said = [self._section(to, section) for section in sections]
        frame = self.template(FRAME, to.form, to.language)
        subject = said[0][0] if len(said) == 1 else _rendered(frame.subject, _values(to), FRAME, to)[:200]
        body = self.around(to, "\n\n".join(body for _, body in said))
        # One letter that is not in the telephones' own alphabet (3GPP TS 23.038) takes up half of the message.
        return subject, body.replace("\N{NO-BREAK SPACE}", " ") if to.form is Form.SHORT else body

    def around(self, to: Addressed, sections: str) -> str:
        """The frame around what is said."""
        frame = self.template(FRAME, to.form, to.language)
        return _rendered_body(frame, {**_values(to), "sections": sections}, to)

    def _section(self, to: Addressed, section: Section) -> tuple[str, str]:
        template = self.template(section.kind, to.form, to.language)
        entries = [_shortened(entry) for entry in section.entries] if to.form is Form.SHORT else section.entries
        values = {**_values(to), **section_values(entries)}
        subject = _rendered(template.subject, values, section.kind, to)
        said = _about(section.entries[0].concerning, _rendered_body(template, values, to), to)
        return " ".join(subject.split())[:200], said


def _about(concerning: str, said: str, to: Addressed) -> str:
    """What is said, with the name of whom it is about where that is somebody else and the wording does not say it."""
    if not concerning or concerning in said:
        return said
    if to.form is Form.SHORT:
        return f"{concerning}: {said}"
    return f"{text('notice_concerning', to.language, {'name': concerning})}\n\n{said}"


def _shortened(entry: Entry) -> Entry:
    """With a title that leaves room for the rest."""
    title = entry.title.partition(_SUBTITLE)[0]
    if len(title) > _LONGEST_TITLE:
        room = title[: _LONGEST_TITLE - len(_CUT) + 1]
        title = (room.rpartition(" ")[0] or room[:-1]) + _CUT
    return replace(entry, title=title)


def section_values(entries: Sequence[Entry]) -> dict[str, object]:
    return {"entries": entries, "count": len(entries), "entry": entries[0]}


def _values(to: Addressed) -> dict[str, object]:
    return {"name": to.name, "library": to.library, "sections": ""}


def sample_values(entries: Sequence[Entry]) -> dict[str, object]:
    """Everything that a template may speak of, for trying one out."""
    return {"name": "Karla Kofoed", "library": "Biblioteket", "sections": "…", **section_values(entries)}


def _rendered(source: str, values: Mapping[str, object], kind: str, to: Addressed) -> str:
    """An agency's wording that fails on the real thing must not silence the library: the program's own is used."""
    try:
        return render(source, values)
    except UnfitTemplateError:
        return render(own_wording()[kind, to.form, to.language].subject, values)


def _rendered_body(template: NoticeTemplate, values: Mapping[str, object], to: Addressed) -> str:
    try:
        said = render(template.body, values)
    except UnfitTemplateError:
        said = render(own_wording()[template.kind, to.form, to.language].body, values)
    # An amount ends with a stop of its own, which is the sentence's too.
    return said.strip().replace("kr..", "kr.")
