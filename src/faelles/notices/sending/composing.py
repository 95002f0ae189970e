"""From what is known to what is said: entries, sections, drafts. Pure, given the wording."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from faelles.circulation.desk.issues import titled
from faelles.circulation.holds.model import ClosedWhy
from faelles.ground.clock import local_date
from faelles.ground.i18n import Language, date_text, money_text, text
from faelles.ground.ids import PatronId
from faelles.notices.links.unsubscribing import is_optional
from faelles.notices.model import FORM_OF, ChannelName, Notice
from faelles.notices.sending.model import (
    BookingFact,
    ClaimFact,
    Draft,
    ExclusionFact,
    Fact,
    Group,
    HoldFact,
    LoanFact,
    PaymentFact,
)
from faelles.notices.store import Reached
from faelles.notices.templates.model import Entry
from faelles.notices.templates.wording import Addressed, Section, Wording

_PER_STEP: Final = frozenset({"overdue"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Everything that putting an agency's messages into words takes."""

    wording: Wording
    library: str
    zone: str
    now: datetime
    facts: Mapping[int, Fact | None]
    """By the notices' ids."""
    reached: Mapping[PatronId, Reached]
    unsealed: Callable[[bytes], str]
    choices: str = ""
    """The address under which patrons choose what they hear of; empty: mails do not name it."""

    @property
    def today(self) -> date:
        return local_date(self.now, self.zone)

    def draft(self, group: Group, number: int) -> Draft:
        """The message for `group`. What was composed before and says the same stays the same message."""
        contact = self.reached[group.patron].contact
        language = contact.language
        to = Addressed(name=contact.name, library=self.library, form=FORM_OF[group.channel], language=language)
        subject, said = self.wording.message(to, self._sections(group.notices, language))
        body = "\n\n".join(filter(None, (said, self._last_words(group, language))))
        earlier = group.earlier
        is_same = earlier is not None and (earlier.subject, earlier.body) == (subject, body)
        return Draft(
            id=number,
            patron=contact.patron,
            division=group.division,
            channel=group.channel,
            notices=group.notices,
            recipient=contact.address(group.channel),
            language=language,
            subject=subject,
            body=body,
            revision=earlier.revision + (not is_same) if earlier else 1,
            composed_at=earlier.composed_at if earlier and is_same else self.now,
            attempts=earlier.attempts + 1 if earlier else 1,
            failure=None if contact.reached_by(group.channel) else "no_address",
            sealed_cpr=contact.sealed_cpr,
        )

    def _last_words(self, group: Group, language: Language) -> str:
        """Of a mail: where to turn it off, or that it cannot be. Who asked for a code need not be told."""
        if group.channel is not ChannelName.EMAIL or not self.choices or any(each.is_urgent for each in group.notices):
            return ""
        if is_optional(group.notices):
            return text("notice_choose", language, {"address": self.choices})
        return text("notice_not_chosen", language)

    def _sections(self, notices: Iterable[Notice], language: Language) -> list[Section]:
        """One for each kind and, where adults are written to about children, each child."""
        parts: dict[tuple[str, PatronId | None], list[Entry]] = {}
        for notice in notices:
            parts.setdefault((notice.kind, notice.concerning), []).append(self._entry(notice, language))
        return [Section(kind, entries) for (kind, _), entries in parts.items()]

    def _entry(self, notice: Notice, language: Language) -> Entry:
        child = self.reached.get(notice.concerning) if notice.concerning else None
        said = entry_of(self.facts.get(notice.id), language, self.today, self.zone)
        return replace(
            said,
            day=said.day or (day_text(notice.day, language) if notice.day else ""),
            text=self.unsealed(notice.sealed) if notice.sealed else "",
            concerning=child.contact.name if child else "",
        )


def entry_of(fact: Fact | None, language: Language, today: date, zone: str) -> Entry:
    """What a template may say about one thing, in the language."""
    match fact:
        case LoanFact():
            late = (today - fact.due_on).days
            return Entry(
                title=fact.title,
                creators=fact.creators,
                number=fact.number,
                branch=fact.branch,
                due=day_text(fact.due_on, language),
                days_overdue=str(late) if late > 0 else "",
            )
        case HoldFact():
            return Entry(
                title=titled(fact, language),
                creators=fact.creators,
                branch=fact.branch,
                shelf=fact.shelf,
                deadline=day_text(fact.deadline, language) if fact.deadline else "",
                why=text("notice_title_gone", language) if fact.closed_why == ClosedWhy.TITLE_GONE else "",
            )
        case ClaimFact() | PaymentFact() | ExclusionFact():
            return _money_entry(fact, language, today, zone)
        case BookingFact():
            return Entry(
                title=fact.title,
                creators=fact.creators,
                copies=str(fact.copies),
                branch=fact.branch,
                day=day_text(fact.first_day, language),
                deadline=day_text(fact.last_day, language),
            )
        case None:
            return Entry()


def _money_entry(fact: ClaimFact | PaymentFact | ExclusionFact, language: Language, today: date, zone: str) -> Entry:
    match fact:
        case ClaimFact():
            code = f"charge_{fact.kind}_{fact.step}" if fact.kind in _PER_STEP else f"charge_{fact.kind}"
            return Entry(
                title=fact.titles,
                what=text(code, language),
                amount=money_text(fact.outstanding_ore, language, fact.currency),
            )
        case PaymentFact():
            return Entry(
                amount=money_text(fact.amount_ore, language, fact.currency),
                reference=fact.reference,
                day=day_text(local_date(fact.at, zone), language),
            )
        case ExclusionFact():
            excludes_on = fact.excludes_on or today + timedelta(days=fact.days_of_notice)
            late = (today - excludes_on).days + 1
            return Entry(
                amount=money_text(fact.owed_ore, language, fact.currency),
                day=day_text(excludes_on, language),
                days_overdue=str(late) if late > 0 else "",
            )


@lru_cache(maxsize=2048)
def day_text(day: date, language: Language) -> str:
    return date_text(day, language)
