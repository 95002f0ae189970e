"""Which way a notice goes and when: the patron's wishes over what holds for everybody."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from faelles.ground.clock import age_on
from faelles.notices.model import ChannelName, Contact, Kind
from faelles.notices.wishes.model import Wishes

USUAL: Final = (ChannelName.EMAIL, ChannelName.SMS)
LAST_RESORT: Final = (ChannelName.MAILBOX, ChannelName.LETTER)
"""For what must be said."""
DIGEST_HOUR: Final = time(8)
QUIET_SMS: Final = (time(21), time(8))
"""Nobody who has not said otherwise is woken by a library."""
CHILD_BELOW: Final = 18
"""Until then a responsible adult gets a copy (danaftaleloven: minors cannot bind themselves)."""


def is_wanted(kind: Kind, wishes: Wishes) -> bool:
    """Whether anything is to be said at all."""
    if kind.must:
        return True
    return wishes.kinds.get(kind.name, kind.default) and wishes.channels.get(kind.topic, USUAL) != ()


def is_for_adults(kind: Kind, wishes: Wishes, contact: Contact) -> bool:
    """Of what is said to a child: whether the adult who answers for it is told. A code is nobody's but the child's."""
    if kind.guardian:
        return True
    return not (kind.urgent or contact.has_own_address or contact.is_deceased) and is_wanted(kind, wishes)


def channel_for(
    kind: Kind, wishes: Wishes, contact: Contact, *, tried: Sequence[ChannelName] = ()
) -> ChannelName | None:
    """The first way that reaches the patron, of those they chose and then of the usual ones; None where there is none.

    `tried`: ways that led nowhere. What must be said may go by letter.
    """
    if contact.is_deceased or not is_wanted(kind, wishes):
        return None
    ways = (*wishes.channels.get(kind.topic, ()), *USUAL, *(LAST_RESORT if kind.must else ()))
    muted = () if kind.must else contact.muted
    return next((way for way in ways if way not in (*tried, *muted) and contact.reached_by(way)), None)


def send_after(kind: Kind, wishes: Wishes, channel: ChannelName, happened_at: datetime, zone: str) -> datetime:
    """When the notice may go at the earliest. Urgent ones go at once, at any hour."""
    if kind.urgent:
        return happened_at
    moment = happened_at + timedelta(minutes=kind.settle)
    if wishes.digest:
        moment = _next(DIGEST_HOUR, moment, zone)
    return end_of_quiet(wishes, channel, moment, zone)


def end_of_quiet(wishes: Wishes, channel: ChannelName, moment: datetime, zone: str) -> datetime:
    """`moment`, or the end of the quiet hours that it falls into. Paper disturbs nobody."""
    if channel is ChannelName.LETTER:
        return moment
    begins, ends = wishes.quiet_from, wishes.quiet_until
    if begins is None or ends is None:
        if channel is not ChannelName.SMS:
            return moment
        begins, ends = QUIET_SMS
    clock = moment.astimezone(ZoneInfo(zone)).time()
    is_quiet = begins <= clock < ends if begins <= ends else clock >= begins or clock < ends
    return _next(ends, moment, zone) if is_quiet else moment


def _next(clock: time, moment: datetime, zone: str) -> datetime:
    """The first moment from `moment` on at which clocks in `zone` show `clock`."""
    local = moment.astimezone(ZoneInfo(zone))
    # `fold` stays: in the hour that comes twice a year, the end of the quiet hours is that of the hour one is in.
    today = local.replace(hour=clock.hour, minute=clock.minute, second=clock.second, microsecond=0)
    chosen = today if today >= local else today + timedelta(days=1)
    return chosen.astimezone(moment.tzinfo)


def is_child(contact: Contact, today: date) -> bool:
    """Nobody is taken for a child whose birth date is unknown."""
    return contact.birth_date is not None and age_on(contact.birth_date, today) < CHILD_BELOW
