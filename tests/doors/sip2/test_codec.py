"""Framing, checksums, text, dates and messages, each by itself: no socket, no database."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faelles.doors.sip2 import dates
from faelles.doors.sip2.checksum import RESEND, checksum, seal, unseal
from faelles.doors.sip2.framing import LONGEST_LINE, Framer, LineTooLongError
from faelles.doors.sip2.messages import (
    DEFINITIONS,
    FIELD_NAMES,
    MalformedMessageError,
    UnknownCommandError,
    parse,
    required,
    write,
)
from faelles.doors.sip2.text import all_fitting, decode, encode, fitting, lines, tidy
from faelles.people.machines.terminal import Encoding

HERE = ZoneInfo("Europe/Copenhagen")
STATUS = b"9900302.00"


def framed(*segments: bytes) -> list[tuple[bytes, bytes]]:
    """The messages in these segments, each with the end its answer gets."""
    framer, found = Framer(), []
    for segment in segments:
        framer.feed(segment)
        while (message := framer.next()) is not None:
            found.append((message, framer.ending()))
    return found


@pytest.mark.parametrize("ending", [b"\r", b"\n", b"\r\n"])
def test_an_answer_ends_as_its_request_did(ending):
    assert framed(STATUS + ending + STATUS + ending) == [(STATUS, ending)] * 2


def test_what_stands_between_messages_is_passed_over():
    assert framed(b"\n\r\n" + STATUS + b"\r\r\n\n" + STATUS + b"\r")[0][0] == STATUS


def test_a_line_feed_in_a_segment_of_its_own_belongs_to_the_message_before():
    assert framed(STATUS + b"\r", b"\n" + STATUS + b"\r", b"\n" + STATUS + b"\r")[1:] == [(STATUS, b"\r\n")] * 2


@given(st.lists(st.integers(0, 40), max_size=6))
def test_messages_are_the_same_however_the_network_cuts_them(cuts):
    stream = (STATUS + b"\r") * 3
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    segments = [stream[start:end] for start, end in pairwise(places)]
    assert [message for message, _ in framed(*segments)] == [STATUS] * 3


def test_a_line_without_end_is_no_message():
    framer = Framer()
    framer.feed(b"9" * (LONGEST_LINE + 1))
    with pytest.raises(LineTooLongError):
        framer.next()


def test_the_checksum_makes_the_sum_zero():
    message = b"9300CNx|COy|AY7AZ"
    assert (sum(message) + int(checksum(message), 16)) % 0x10000 == 0
    assert unseal(message + checksum(message)).is_sound
    assert checksum(b"9900302.00AY1AZ") == b"FCA5"


def test_the_request_to_repeat_has_a_checksum_and_no_number():
    assert RESEND == b"96AZFEF6"
    assert unseal(RESEND).is_sound


def test_a_checksum_over_code_points_is_taken_too():
    text = "63009" + " " * 28 + "AOx|AABjørn|AY1AZ"
    by_code_points = format(-sum(map(ord, text)) & 0xFFFF, "X").encode()
    assert by_code_points != checksum(text.encode())
    assert unseal(text.encode() + by_code_points).is_sound
    assert unseal(text.encode() + checksum(text.encode())).is_sound


def test_lower_case_and_short_checksums_are_taken():
    assert unseal(b"9900302.00AY1AZfca5").is_sound
    short = b"97" + b"\xff" * 254 + b"|AY1AZ"
    padding = -sum(short) % 0x10000
    assert unseal(short + b"%X" % padding).is_sound


@pytest.mark.parametrize("stray", [b"|", b"||"])
def test_a_stray_delimiter_before_the_number_is_no_field(stray):
    message = STATUS + stray + b"AY2AZ"
    found = unseal(message + checksum(message))
    assert (found.is_sound, found.sequence) == (True, b"2")
    assert parse(found.body.decode()).fields == {}


def test_a_number_of_many_digits_comes_back_whole():
    message = STATUS + b"AY1234AZ"
    found = unseal(message + checksum(message))
    assert seal(b"98", found).startswith(b"98AY1234AZ")


def test_a_title_may_end_like_a_checksum():
    assert unseal(b"20" + b" " * 19 + b"AB1|AJAZ1234|").checksum is None


def test_error_detection_is_as_the_request_had_it():
    assert seal(b"98", unseal(STATUS)) == b"98"
    assert unseal(seal(b"98", unseal(b"9900302.00AY1AZFCA5"))).sequence == b"1"
    assert seal(b"98", unseal(b"9900302.00AZFCA5")).startswith(b"98AZ")


@given(st.binary(max_size=300))
def test_no_bytes_break_the_trailer(frame):
    found = unseal(frame)
    assert found.is_sound in {True, False}
    assert frame.startswith(found.body)


@pytest.mark.parametrize(
    ("text", "encoding", "sent"),
    [
        ("Bjørn Ægir Å", Encoding.CP850, b"Bj\x9brn \x92gir \x8f"),
        ("Bjørn", Encoding.LATIN_1, b"Bj\xf8rn"),
        ("Bjørn", Encoding.UTF_8, "Bjørn".encode()),
        ("Čapek — 5 €", Encoding.LATIN_1, b"Capek - 5 EUR"),
        ("Достоевский", Encoding.CP850, b"Dostoevskiy"),
        ("e\N{COMBINING ACUTE ACCENT}t", Encoding.LATIN_1, b"\xe9t"),
        ("日本", Encoding.UTF_8, "日本".encode()),
    ],
)
def test_what_an_encoding_lacks_is_written_as_it_sounds(text, encoding, sent):
    assert encode(text, encoding) == sent


def test_what_would_break_a_message_is_taken_out():
    assert tidy("A|B\rC\x00D\tE") == "AB CD E"


def test_a_field_is_cut_between_characters():
    assert len(encode(fitting("ø" * 200, Encoding.UTF_8), Encoding.UTF_8)) == 254
    assert len(encode(fitting("x" * 300, Encoding.LATIN_1), Encoding.LATIN_1)) == 255
    assert fitting("ø" * 200, Encoding.LATIN_1) == "ø" * 200


@given(st.text(max_size=400), st.sampled_from(list(Encoding)))
def test_any_text_fits_into_a_field_of_any_encoding(text, encoding):
    sent = encode(fitting(text, encoding), encoding)
    assert not set(sent) & set(b"|\r\n\x00")
    assert len(sent) <= 255
    assert "\N{REPLACEMENT CHARACTER}" not in decode(sent, encoding) or "\N{REPLACEMENT CHARACTER}" in text


@given(st.lists(st.text() | st.from_regex(r"[0-9A-Za-z ]{1,300}", fullmatch=True)), st.sampled_from(list(Encoding)))
def test_a_list_fits_as_each_of_its_values_would(values, encoding):
    assert all_fitting(values, encoding) == [fitting(each, encoding) for each in values]


def test_a_narrow_screen_gets_several_lines():
    assert lines("Materialet skal til Åskolen", 12) == ["Materialet", "skal til", "Åskolen"]
    assert lines("Speciallægepraksisplanlægning", 10) == ["Speciallæg", "epraksispl", "anlægning"]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20261224    180000", datetime(2026, 12, 24, 17, tzinfo=UTC)),
        ("20260624    180000", datetime(2026, 6, 24, 16, tzinfo=UTC)),
        ("20261224   Z180000", datetime(2026, 12, 24, 18, tzinfo=UTC)),
        ("20261224   Q180000", datetime(2026, 12, 24, 22, tzinfo=UTC)),
        ("20261224   A180000", datetime(2026, 12, 24, 17, tzinfo=UTC)),
        ("20261025    023000", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (" " * 18, None),
        ("20261324    180000", None),
        ("00000000    000000", None),
        ("2026122४    180000", None),
    ],
)
def test_dates_know_their_zones(text, moment):
    assert dates.parse(text, HERE) == moment


@given(st.integers(631_152_000, 4_102_444_800))
def test_a_date_that_is_shown_can_be_read_again(seconds):
    moment = datetime.fromtimestamp(seconds, UTC)
    shown = dates.show(moment, HERE)
    read = dates.parse(shown, HERE)
    assert len(shown) == 18
    # Of the hour that comes twice the first is meant.
    assert read in {moment, moment - timedelta(hours=1)}


def test_a_due_date_is_the_end_of_its_day():
    assert dates.end_of(date(2026, 12, 24)) == "20261224    235900"


values = st.text(st.characters(codec="utf-8", exclude_characters="|\r\n\x00", exclude_categories=["Cs"]), max_size=30)


@given(st.data())
def test_every_message_is_read_as_it_was_written(data):
    code = data.draw(st.sampled_from(sorted(DEFINITIONS)))
    definition = DEFINITIONS[code]
    digits = st.text("YN0123456789", min_size=1)
    fixed = {
        name: data.draw(digits.map(lambda text, width=width: (text * width)[:width]))
        for name, width in definition.fixed
    }
    sent = {}
    for each in definition.fields:
        if each.is_required or data.draw(st.booleans()):
            sent[each.identifier] = data.draw(st.lists(values, min_size=1, max_size=3) if each.repeats else values)
    read = parse(write(code, fixed, sent))
    assert read.fixed == fixed
    assert read.fields == {name: [value] if isinstance(value, str) else value for name, value in sent.items()}


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text):
    for code in ("", "11", "63", "17", "09"):
        try:
            parse(code + text)
        except (MalformedMessageError, UnknownCommandError):
            continue


def test_fields_come_in_any_order_and_unknown_ones_are_passed_over():
    read = parse("17" + "20261224    180000" + "XXwhat|AB0000000017||AOx|")
    assert (read.get("AB"), read.get("AO")) == ("0000000017", "x")


def test_a_fixed_part_that_is_too_long_is_cut_at_the_first_field():
    read = parse("17001" + "20261224    180000" + "AOx|AB0000000017|")
    assert (read.fixed["transaction_date"], read.get("AB")) == ("20261224    180000", "0000000017")


@pytest.mark.parametrize("behind", ["", "AC|"])
def test_a_fixed_part_that_is_not_there_takes_no_field_for_its_own(behind):
    # As long as the date would be: a field's end falls where the fixed part's should.
    message = parse("17AODK|AB5001000007|" + behind)
    assert (message.get("AO"), message.get("AB")) == ("DK", "5001000007")


def test_fields_go_out_in_the_order_of_the_document():
    fixed = dict.fromkeys((name for name, _ in DEFINITIONS["10"].fixed), "1")
    sent = write("10", fixed, {"AF": ["last"], "AJ": "title", "AQ": "home", "AB": "item", "AO": "us"})
    assert sent.endswith("AOus|ABitem|AQhome|AJtitle|AFlast|")


def test_every_request_has_an_answer_and_every_field_a_name():
    requests = ["93", "99", "23", "63", "17", "11", "29", "65", "09", "15", "37", "35", "01", "25", "19"]
    assert all(DEFINITIONS[code].answer in DEFINITIONS for code in requests)
    assert all(each.identifier in FIELD_NAMES for message in DEFINITIONS.values() for each in message.fields)
    assert required("12") == {"AO": "", "AA": "", "AB": "", "AJ": "", "AH": ""}
