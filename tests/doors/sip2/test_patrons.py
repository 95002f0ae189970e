"""23, 63, 01, 25, 17, 19 and 37: what a machine is told, and what it may do with a card and with money."""

import pytest

from circulation.lending_library import LendingLibrary, Reader
from doors.sip2.conftest import Hall
from doors.sip2.machine import Machine, sip_date
from doors.sip2.test_lending import block, lent_since, owner, speaks_english
from faelles.people.model import MachineKind


async def owing(library: LendingLibrary, days: int = 31) -> tuple[Reader, str]:
    """A reader who has returned something late."""
    reader, item = await library.reader(), await library.copy()
    await lent_since(library, reader, item, days)
    await library.take_back(item)
    return reader, item


async def test_a_good_card_with_its_pin(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    for answer in (await machine.status(reader.card), await machine.patron(reader.card)):
        assert (answer.get("BL"), answer.get("CQ"), answer.get("AE")) == ("Y", "Y", "Søren Låner")
        assert (answer.fixed["patron_status"], answer.fixed["language"]) == (" " * 14, "009")
        assert (answer.get("BH"), answer.get("BV")) == ("DKK", "0.00")


async def test_an_unknown_card_and_a_wrong_pin_are_one(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    wrong = await machine.patron(reader.card, pin="0000", summary="  Y")
    unknown = await machine.patron("K999999999", pin="0000", summary="  Y")
    assert (wrong.get("BL"), wrong.get("CQ"), wrong.fields["AE"]) == ("N", "N", [""])
    assert wrong.fixed.keys() == unknown.fixed.keys()
    assert {**wrong.fields, "AA": []} == {**unknown.fields, "AA": []}
    assert wrong.fixed["patron_status"] == unknown.fixed["patron_status"]


async def test_five_wrong_pins_lock_a_card_that_exists_and_one_that_does_not(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    for card in (reader.card, "K888888888"):
        for _ in range(5):
            await machine.patron(card, pin="0000")
        locked = await machine.patron(card, pin=reader.pin)
        assert (locked.get("BL"), locked.get("AF")) == ("N", "For mange forkerte forsøg. Prøv igen senere.")


async def test_without_a_pin_the_card_is_good_and_nothing_more_is_told(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    await hall.library.lend(reader, item)
    bare = await machine.patron(reader.card, pin="", summary="  Y")
    assert (bare.get("BL"), bare.get("CQ"), bare.fields["AE"]) == ("Y", "N", [""])
    assert (bare.fixed["charged_items_count"], "AU" in bare.fields, "BV" in bare.fields) == ("0000", False, False)


async def test_without_a_pin_nobody_is_told_what_stands_against_the_patron(hall: Hall, machine: Machine):
    reader, _ = await owing(hall.library)
    await block(hall.library, reader)
    for bare in (await machine.status(reader.card, pin=""), await machine.patron(reader.card, pin="")):
        assert (bare.fixed["patron_status"], bare.get("AF")) == (" " * 14, "Tast din pinkode.")
    for proven in (await machine.status(reader.card), await machine.patron(reader.card)):
        assert proven.fixed["patron_status"][:4] == "YYYY"
        assert "spærret" in proven.get("AF")


async def test_counts_are_never_blank_and_lists_are_what_was_asked_for(hall: Hall, machine: Machine):
    reader, late, new = await hall.library.reader(), await hall.library.copy(), await hall.library.copy()
    await lent_since(hall.library, reader, late, 31)
    await hall.library.lend(reader, new)
    for summary, listed in (("", {}), (" Y", {"AT": [late]}), ("  Y", {"AU": [late, new]}), ("Y", {})):
        answer = await machine.patron(reader.card, summary=summary)
        counts = [value for name, value in answer.fixed.items() if name.endswith("count")]
        assert counts == ["0000", "0001", "0002", "0000", "0000", "0000"]
        assert {name: answer.fields[name] for name in ("AS", "AT", "AU", "AV") if name in answer.fields} == listed


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("00001", "00002", [0, 1]),
        ("2", "2", [1]),
        ("3", "", [2]),
        ("", "1", [0]),
        ("9", "12", []),
        ("x", "-1", [0, 1, 2]),
    ],
)
async def test_long_lists_come_by_pages(first: str, last: str, found: list[int], hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    items = [await hall.library.copy() for _ in range(3)]
    for item in items:
        await hall.library.lend(reader, item)
    answer = await machine.patron(reader.card, summary="  Y", BP=first, BQ=last)
    assert answer.fields.get("AU", []) == [items[place] for place in found]
    assert answer.fixed["charged_items_count"] == "0003"


async def test_what_is_owed_is_told_claim_by_claim(hall: Hall, machine: Machine):
    reader, _ = await owing(hall.library)
    answer = await machine.patron(reader.card, summary="   Y")
    assert (answer.get("BV"), answer.fixed["fine_items_count"]) == ("20.00", "0001")
    number, amount, *_ = answer.get("AV").split()
    assert (number.isdigit(), amount) == (True, "20.00")


async def test_blocks_are_flags_and_words(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    await block(hall.library, reader)
    answer = await machine.status(reader.card)
    assert (answer.fixed["patron_status"], answer.get("BL")) == ("YYYY          ", "Y")
    assert "spærret" in answer.get("AF")


@pytest.mark.parametrize(
    ("why", "language", "told"),
    [
        ("lost", "009", "Kortet gælder ikke længere (meldt mistet)."),
        ("stolen", "009", "Kortet gælder ikke længere (meldt stjålet)."),
        ("merged", "009", "Kortet gælder ikke længere (lagt sammen med et andet)."),
        ("replaced", "001", "The card no longer counts (replaced)."),
        ("corrected", "001", "The card no longer counts (typed wrongly)."),
    ],
)
async def test_a_card_that_has_ended_is_told_to_have_and_why(
    why: str, language: str, told: str, hall: Hall, machine: Machine
):
    reader = await hall.library.reader()
    async with owner(hall.library) as tx:
        await tx.execute(
            "UPDATE patron_identifier SET ended_at = $3, ended_why = $4 WHERE agency_id = $1 AND patron_id = $2",
            tx.agency,
            reader.id,
            tx.now,
            why,
        )
    answer = await machine.ask(f"23{language}{sip_date()}AODK|AA{reader.card}|AC|AD|")
    assert (answer.fixed["patron_status"], answer.get("BL"), answer.get("AF")) == ("YYYYY         ", "N", told)


async def test_another_municipalitys_patron_is_nobody(hall: Hall, machine: Machine, neighbour):
    reader = await hall.library.reader()
    async with owner(hall.library) as tx:
        await tx.execute("DELETE FROM membership WHERE agency_id = $1 AND patron_id = $2", tx.agency, reader.id)
        await tx.execute(
            "INSERT INTO membership (agency_id, patron_id, division_id, role, patron_group_id, valid)"
            " VALUES ($1, $2, $3, 'pupil', $4, daterange('2020-01-01', NULL))",
            tx.agency,
            reader.id,
            hall.library.town.schools,
            hall.library.groups["adult"],
        )
    assert (await machine.status(reader.card, pin="")).get("BL") == "N"


async def test_personal_data_is_told_only_where_the_machine_is_to_show_it(hall: Hall, stranger: Machine):
    reader = await hall.library.reader()
    async with owner(hall.library) as tx:
        await tx.execute(
            "UPDATE patron SET street = 'Storegade 1', postal_code = '4700', city = 'Næstved', email = 'a@b.dk'"
            " WHERE agency_id = $1 AND id = $2",
            tx.agency,
            reader.id,
        )
    for personal, told in ((["AE"], None), (["AE", "BD", "BE"], "Storegade 1, 4700 Næstved")):
        made = await hall.machine(personal=personal, extensions=["PA", "PB", "PC", "AQ"])
        await stranger.sign_in(made.username, made.secret)
        answer = await stranger.patron(reader.card)
        assert (answer.get("BD") or None, answer.get("BE") or None) == (told, told and "a@b.dk")
        assert (answer.get("PB"), answer.get("PC"), answer.get("AQ")) == (
            "19800517",
            "adult",
            hall.library.town.isil + "00",
        )


async def test_every_look_is_on_record(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    await machine.patron(reader.card)
    async with owner(hall.library) as tx:
        looks = await tx.rows("SELECT actor, operation FROM access_log WHERE agency_id = $1", tx.agency)
    assert [(row["actor"].split(":")[0], row["operation"]) for row in looks] == [("machine", "patron_at_machine")]


async def test_a_kept_card_is_blocked_until_the_machine_lets_it_in_again(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    for _ in range(2):
        blocked = await machine.ask(f"01Y{sip_date()}AOx|ALKortet er beholdt|AA{reader.card}|AC|")
        assert (blocked.code, blocked.fixed["patron_status"][:4]) == ("24", "YYYY")
        assert (blocked.get("BL"), blocked.get("AF")) == ("Y", "Kortet er spærret. Henvend dig til personalet.")
    assert (await machine.check_out(reader.card, await hall.library.copy())).fixed["ok"] == "0"
    enabled = await machine.ask(f"25{sip_date()}AOx|AA{reader.card}|AC|AD{reader.pin}|")
    assert (enabled.code, enabled.fixed["patron_status"], enabled.get("CQ")) == ("26", " " * 14, "Y")


async def test_a_machine_lifts_no_block_of_the_staffs(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    await block(hall.library, reader)
    enabled = await machine.ask(f"25{sip_date()}AOx|AA{reader.card}|AC|AD{reader.pin}|")
    assert enabled.fixed["patron_status"][:4] == "YYYY"


async def test_what_a_machine_is_not_for_is_refused_in_words(hall: Hall, stranger: Machine):
    made = await hall.machine(MachineKind.SORTER)
    await stranger.sign_in(made.username, made.secret)
    for answer in (await stranger.status("1234567890"), await stranger.pay("1234567890", "10.00")):
        assert answer.get("AF") == "Det kan denne maskine ikke."


async def test_a_reader_learns_nothing_of_patrons(hall: Hall, stranger: Machine):
    made = await hall.machine(MachineKind.READER)
    await stranger.sign_in(made.username, made.secret)
    refused = await stranger.patron((await hall.library.reader()).card)
    assert (refused.get("BL"), refused.fields["AE"]) == ("N", [""])


@pytest.mark.parametrize(
    ("amount", "more"),
    [
        ("-5.00", {}),
        ("0.00", {}),
        ("20.001", {}),
        ("tyve", {}),
        ("", {}),
        ("20.01", {}),
        ("20.00", {"currency": "EUR"}),
        ("20.00", {"CG": "999999"}),
        ("20.00", {"CG": "x"}),
        ("20.00", {"AD": "0000"}),
    ],
)
async def test_a_payment_that_is_not_one_is_refused(amount: str, more: dict[str, str], hall: Hall, machine: Machine):
    reader, _ = await owing(hall.library)
    refused = await machine.pay(reader.card, amount, **more)
    assert (refused.code, refused.fixed["payment_accepted"]) == ("38", "N")
    assert refused.get("AF")
    assert await hall.library.owed(reader) == 2000


async def test_a_payment_tells_what_is_owed_to_nobody_without_a_pin(hall: Hall, machine: Machine):
    reader, _ = await owing(hall.library)
    refused = await machine.pay(reader.card, "500.00")
    assert (refused.fixed["payment_accepted"], refused.get("AF")) == ("N", "Tast din pinkode.")


async def test_a_payment_is_refused_in_the_patrons_language(hall: Hall, machine: Machine):
    reader, _ = await owing(hall.library)
    await speaks_english(hall.library, reader)
    refused = await machine.pay(reader.card, "500.00", AD="4711")
    assert refused.get("AF") == "DKK 20.00 is owed; no more can be paid."


async def test_a_pin_of_blanks_is_none(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    for _ in range(6):
        assert (await machine.patron(reader.card, pin="    ")).get("BL") == "Y"
    assert (await machine.patron(reader.card)).get("CQ") == "Y"


async def test_a_payment_under_one_number_is_taken_once(hall: Hall, machine: Machine):
    reader, _ = await owing(hall.library)
    for _ in range(2):
        paid = await machine.pay(reader.card, "5,5", BK="77")
        assert (paid.fixed["payment_accepted"], paid.get("BK")) == ("Y", "77")
    assert await hall.library.owed(reader) == 1450


async def test_a_payment_without_a_number_is_known_by_what_it_is(hall: Hall, machine: Machine):
    reader, _ = await owing(hall.library)
    frame = f"37{sip_date()}0400DKKBV5.00|AOx|AA{reader.card}|"
    for _ in range(2):
        assert (await machine.ask(frame)).fixed["payment_accepted"] == "Y"
    assert await hall.library.owed(reader) == 1500


async def test_one_claim_can_be_chosen(hall: Hall, machine: Machine):
    reader, _ = await owing(hall.library)
    claim = (await machine.patron(reader.card, summary="   Y")).get("AV").split()[0]
    assert (await machine.pay(reader.card, "20.00", CG=claim)).fixed["payment_accepted"] == "Y"
    assert (await machine.patron(reader.card)).get("BV") == "0.00"


async def test_a_claim_that_is_not_theirs_is_said_not_to_be(hall: Hall, machine: Machine):
    reader, other = (await owing(hall.library))[0], (await owing(hall.library))[0]
    claim = (await machine.patron(other.card, summary="   Y")).get("AV").split()[0]
    refused = await machine.pay(reader.card, "20.00", CG=claim, AD=reader.pin)
    told = "Der er ingen sådan post på lånerens mellemværende."
    assert (refused.fixed["payment_accepted"], refused.get("AF")) == ("N", told)
    assert await hall.library.owed(reader) == await hall.library.owed(other) == 2000


async def test_a_copy_is_told_with_its_place(hall: Hall, machine: Machine):
    town = hall.library.town
    copy = await machine.copy(await hall.library.copy(branch=town.suburb, shelf=town.suburb_shelf))
    assert (copy.fixed["circulation_status"], copy.get("AQ"), copy.get("BG")) == ("03", town.isil + "01", town.isil)
    assert (copy.get("CF"), copy.get("CK"), copy.get("AJ")) == ("0", "000", "Frøken Smillas fornemmelse for sne")


@pytest.mark.parametrize(
    ("columns", "status"),
    [({"condition": "in_repair"}, "06"), ({"withdrawn_at": "now", "withdrawn_why": "worn"}, "01")],
)
async def test_what_is_not_to_be_had_is_told_to_be_so(columns: dict, status: str, hall: Hall, machine: Machine):
    columns = {name: hall.library.clock.now if value == "now" else value for name, value in columns.items()}
    copy = await machine.copy(await hall.library.copy(**columns))
    assert copy.fixed["circulation_status"] == status


async def test_a_lost_copy_is_told_to_be(hall: Hall, machine: Machine):
    item = await hall.library.copy()
    await hall.library.lend(await hall.library.reader(), item)
    await hall.library.lose(item)
    assert (await machine.copy(item)).fixed["circulation_status"] == "12"


async def test_what_is_on_a_tag_is_kept(hall: Hall, machine: Machine):
    item = await hall.library.copy()
    for properties in ("EAS off", "EAS on"):
        kept = await machine.ask(f"19{sip_date()}AOx|AB{item}|CH{properties}|")
        assert (kept.code, kept.fixed["item_properties_ok"], kept.get("AJ") != "") == ("20", "1", True)
    assert (await machine.copy(item)).get("CH") == "EAS on"
    unknown = await machine.ask(f"19{sip_date()}AOx|AB0000000012|CHx|")
    assert (unknown.fixed["item_properties_ok"], unknown.get("AF")) == ("0", "Materialet findes ikke.")
