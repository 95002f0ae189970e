"""Ways and hours, as pure decisions."""

from datetime import UTC, date, datetime, time, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faelles.ground.i18n import Language
from faelles.notices import rules
from faelles.notices.looking.model import WriteToPatron
from faelles.notices.model import ChannelName, Contact, Topic, kinds
from faelles.notices.sending.rules import only_the_last_step, pause
from faelles.notices.wishes.model import NO_WISHES, Wishes

ZONE = "Europe/Copenhagen"
EVERYWHERE = Contact(
    patron=1,
    name="Karla",
    birth_date=date(1980, 5, 17),
    language=Language.DANISH,
    email="k@example.invalid",
    phone="12345678",
    street="Åvej 1",
    postal_code="8000",
    city="Aarhus",
    sealed_cpr=b"x",
)
DUE, READY = kinds()["due_soon"], kinds()["hold_ready"]


@pytest.mark.parametrize(
    ("kind", "wishes", "contact", "way"),
    [
        (DUE, NO_WISHES, EVERYWHERE, ChannelName.EMAIL),
        (DUE, Wishes(channels={Topic.DUE: (ChannelName.SMS,)}), EVERYWHERE, ChannelName.SMS),
        (DUE, Wishes(channels={Topic.DUE: ()}), EVERYWHERE, None),
        (DUE, Wishes(kinds={"due_soon": False}), EVERYWHERE, None),
        (READY, Wishes(channels={Topic.HOLDS: ()}), EVERYWHERE, ChannelName.EMAIL),
        (READY, Wishes(kinds={"hold_ready": False}), EVERYWHERE, ChannelName.EMAIL),
    ],
)
def test_the_way_follows_the_wish_and_what_must_be_said_is_said(kind, wishes, contact, way):
    assert rules.channel_for(kind, wishes, contact) is way


@pytest.mark.parametrize(
    ("country", "language", "last"),
    [
        ("DK", Language.DANISH, "8000 Aarhus"),
        ("Danmark", Language.ENGLISH, "8000 Aarhus"),
        (None, Language.DANISH, "8000 Aarhus"),
        ("SE", Language.DANISH, "Sverige"),
        ("de", Language.ENGLISH, "Germany"),
        ("Sverige", Language.ENGLISH, "Sverige"),
    ],
)
def test_a_letter_names_the_country_where_it_goes_abroad(country, language, last):
    contact = msgspec.structs.replace(EVERYWHERE, country=country, language=language)
    assert (contact.address(ChannelName.LETTER) or "").split("\n")[-1] == last


SUMMER, WINTER = datetime(2027, 3, 28, tzinfo=UTC), datetime(2027, 10, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("midnight", "minutes", "until", "ends"),
    [
        (SUMMER, 0, time(8), timedelta(hours=6)),
        (WINTER, 0, time(8), timedelta(hours=7)),
        (SUMMER, 30, time(2, 30), timedelta(hours=1, minutes=30)),
        (WINTER, -15, time(2, 30), timedelta(minutes=30)),
        (WINTER, 15, time(2, 30), timedelta(minutes=30)),
        (WINTER, 75, time(2, 30), timedelta(hours=1, minutes=30)),
    ],
)
def test_quiet_hours_end_by_the_clock_of_the_night_it_is_changed_in(midnight, minutes, until, ends):
    wishes = Wishes(quiet_from=time(22), quiet_until=until)
    moment = midnight + timedelta(minutes=minutes)
    assert rules.end_of_quiet(wishes, ChannelName.EMAIL, moment, ZONE) == midnight + ends


@pytest.mark.parametrize(("midnight", "hour"), [(SUMMER, 6), (WINTER, 7)])
def test_a_digest_comes_once_and_at_eight_on_the_day_the_clock_is_changed(midnight, hour):
    wishes, at_eight = Wishes(digest=True), midnight + timedelta(hours=hour)
    for before in range(1, 22):
        planned = rules.send_after(DUE, wishes, ChannelName.EMAIL, at_eight - timedelta(hours=before), ZONE)
        assert planned == at_eight
    after = rules.send_after(DUE, wishes, ChannelName.EMAIL, at_eight + timedelta(minutes=1), ZONE)
    assert after - at_eight == timedelta(days=1)


def test_what_must_be_said_goes_on_to_the_mailbox_and_to_paper():
    order: list[ChannelName] = []
    while way := rules.channel_for(READY, NO_WISHES, EVERYWHERE, tried=order):
        order.append(way)
    assert order == [ChannelName.EMAIL, ChannelName.SMS, ChannelName.MAILBOX, ChannelName.LETTER]


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("2027-03-01T20:59", "20:59"), ("2027-03-01T21:00", "08:00"), ("2027-03-02T07:59", "08:00")],
)
def test_telephones_are_silent_at_night(clock, expected):
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - the test's own clock

    moment = datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    ready = rules.end_of_quiet(NO_WISHES, ChannelName.SMS, moment, ZONE)
    assert ready.astimezone(ZoneInfo(ZONE)).strftime("%H:%M") == expected


MOMENTS = st.datetimes(min_value=datetime(2027, 1, 1), max_value=datetime(2028, 1, 1)).map(  # noqa: DTZ001 - made aware here
    lambda moment: moment.replace(tzinfo=UTC)
)
TIMES = st.times().map(lambda clock: clock.replace(microsecond=0))


@given(moment=MOMENTS, begins=TIMES, ends=TIMES)
def test_the_end_of_quiet_hours_is_not_quiet_and_never_in_the_past(moment, begins, ends):
    wishes = Wishes(quiet_from=begins, quiet_until=ends)
    ready = rules.end_of_quiet(wishes, ChannelName.EMAIL, moment, ZONE)
    assert moment <= ready <= moment + timedelta(hours=25)
    assert rules.end_of_quiet(wishes, ChannelName.EMAIL, ready, ZONE) == ready


def test_urgent_notices_wait_for_nothing():
    moment = datetime(2027, 3, 1, 2, tzinfo=UTC)
    wishes = Wishes(digest=True, quiet_from=time(20), quiet_until=time(9))
    assert rules.send_after(kinds()["pin_reset"], wishes, ChannelName.SMS, moment, ZONE) == moment


def test_pauses_grow_and_end():
    assert [pause(number) for number in (1, 2, 50)] == [timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=6)]


def test_nothing_said_is_nothing_kept():
    assert only_the_last_step([]) == []


@pytest.mark.parametrize("text", ["  ", "\n\n", "\N{NO-BREAK SPACE}\t"])
def test_blanks_alone_are_no_words_to_a_patron(text):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"branch": 1, "text": text, "key": "k"}, WriteToPatron)
