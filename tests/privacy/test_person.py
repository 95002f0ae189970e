"""A person's file: everything of them, nothing of others, and every entry of the register."""

import io
import json
import zipfile
from datetime import date

import pytest

from circulation.lending_library import LendingLibrary
from faelles.ground.errors import ForbiddenError
from faelles.ground.ids import PatronId
from faelles.notices.model import kinds
from faelles.notices.planning.operations import say
from faelles.patrons.identification.operations import give
from faelles.patrons.identifiers import IdentifierKind, made_up_cpr
from faelles.patrons.model import NewIdentifier
from faelles.patrons.rules import normalised
from faelles.people.model import Caller, Permission
from faelles.privacy.person.model import PersonFile
from faelles.privacy.person.operations import own_file, person_file
from faelles.privacy.person.packing import packed
from faelles.privacy.register import REGISTER
from privacy.lives import live, rows
from privacy.test_consents import own

_MONEY = (
    """
INSERT INTO debt_claim (agency_id, charge_id, told_ore, handed_over_at) SELECT $1, min(c.id), 1, $3 FROM charge AS c
JOIN patron_account AS a ON a.agency_id = $1 AND a.account_id = c.account_id
WHERE c.agency_id = $1 AND a.patron_id = $2
""",
    """
INSERT INTO debt_message (agency_id, number, kind, charge_id, amount_ore, at, file_number, refused_why)
SELECT agency_id, 7, 'claim', charge_id, 1, $3, $2::bigint - $2::bigint + 1, 'Ukendt' FROM debt_claim
WHERE agency_id = $1
""",
    """
INSERT INTO debt_answer (agency_id, external_id, kind, charge_id, amount_ore, reason, received_at, applied_at)
SELECT agency_id, 'r' || $2::bigint, 'reduction', charge_id, 1, 'Frafaldet', $3, $3 FROM debt_claim WHERE agency_id = $1
""",
    """
INSERT INTO debt_answer (agency_id, external_id, kind, message_number, reason, received_at, applied_at)
VALUES ($1, 'a' || $2::bigint, 'refusal', 7, 'Ukendt', $3, $3)
""",
    """
INSERT INTO payment_order (agency_id, reference, account_id, amount_ore, currency, return_url, state, created_at,
changed_at) SELECT $1, 'o', account_id, 1, 'DKK', '', 'failed', $3, $3 FROM patron_account
WHERE agency_id = $1 AND patron_id = $2
""",
    """
INSERT INTO payment_refund (agency_id, order_id, amount_ore, reason, state, actor, at, ended_at)
SELECT agency_id, id, 1, 'Betalt to gange', 'refused', 'staff:1', $3, $3::timestamptz + $2::bigint * interval '0 day'
FROM payment_order WHERE agency_id = $1
""",
)


async def file_of(library: LendingLibrary, patron: PatronId, caller: Caller | None = None) -> PersonFile:
    return await library.run(lambda tx: person_file(tx, caller or library.librarian, library.keyring, patron))


def unpacked(file: PersonFile) -> tuple[dict, str]:
    archive = zipfile.ZipFile(io.BytesIO(packed(file)))
    return json.loads(archive.read("data.json")), archive.read("overview.html").decode()


async def test_every_entry_is_there_and_everything_of_the_person(library: LendingLibrary):
    reader = await library.reader()
    await live(library, reader)
    data, page = unpacked(await file_of(library, reader.id))
    assert [entry["entry"] for entry in data["entries"]] == [entry.id for entry in REGISTER.entry]
    pieces = {entry["entry"]: entry["pieces"] for entry in data["entries"]}
    assert pieces["patrons"]["patron"][0]["name"] == "Søren Låner"
    assert {piece["title"] for piece in pieces["loans"]["loan_borrower"]} == {"Frøken Smillas fornemmelse for sne"}
    assert len(pieces["accounts"]["payment"]) == 2
    assert pieces["message_texts"]["notice_message"][0]["body"] == "Kære Søren"
    empty = {name for name, found in pieces.items() if found and not any(found.values())}
    about_others = {"staff", "support", "failed_sign_ins", "machine_traces", "erasures", "bookkeeping_names"}
    assert empty - about_others == {"loan_history", "consents", "debt_collection", "overrides"}
    assert all(entry.title_da in page.replace("&#x27;", "'") for entry in REGISTER.entry)


async def test_what_passed_with_the_debtor_system_and_was_sent_back_is_in_it(library: LendingLibrary):
    reader = await library.reader()
    await live(library, reader)
    for statement in _MONEY:
        await library.run(lambda tx, statement=statement: tx.execute(statement, tx.agency, reader.id, tx.now))
    data, _ = unpacked(await file_of(library, reader.id))
    pieces = {entry["entry"]: entry["pieces"] for entry in data["entries"]}
    assert [piece["reason"] for piece in pieces["accounts"]["payment_refund"]] == ["Betalt to gange"]
    assert [piece["refused_why"] for piece in pieces["debt_collection"]["debt_message"]] == ["Ukendt"]
    said = pieces["debt_collection"]["debt_answer"]
    assert sorted(piece["reason"] for piece in said) == ["Frafaldet", "Ukendt"]


async def test_words_that_wait_to_be_sent_are_in_it_and_a_code_is_not(library: LendingLibrary):
    reader = await library.reader()
    await library.run(
        lambda tx: tx.execute(
            "UPDATE patron SET email = 'a@example.invalid' WHERE agency_id = $1 AND id = $2", tx.agency, reader.id
        )
    )
    for kind, words in (("library_message", "Ring til os"), ("pin_reset", "4711")):
        await library.run(
            lambda tx, kind=kind, words=words: say(
                tx, library.keyring, kinds()[kind], reader.id, library.town.library, occasion=kind, text=words
            )
        )
    data, _ = unpacked(await file_of(library, reader.id))
    [messages] = [entry["pieces"]["notice"] for entry in data["entries"] if entry["entry"] == "messages"]
    assert {piece["kind"]: piece.get("words") for piece in messages} == {
        "library_message": "Ring til os",
        "pin_reset": None,
    }


async def test_no_secret_and_nobody_else_is_in_it(library: LendingLibrary):
    reader, guardian = await library.reader(), await library.reader()
    for patron in (reader.id, guardian.id):
        await library.run(lambda tx, patron=patron: rename(tx, patron))
    await library.run(
        lambda tx: tx.execute(
            "INSERT INTO guardian (agency_id, patron_id, guardian_id, is_financially_responsible, valid)"
            " VALUES ($1, $2, $3, true, daterange('2020-01-01', NULL))",
            tx.agency,
            reader.id,
            guardian.id,
        )
    )
    text = packed(await file_of(library, reader.id))
    data = zipfile.ZipFile(io.BytesIO(text)).read("data.json").decode()
    assert f"Navn {reader.id}" in data
    assert str(guardian.id) not in data
    assert "pin_hash" not in data
    assert "has a guardian" in data


async def rename(tx, patron):
    await tx.execute("UPDATE patron SET name = 'Navn ' || id WHERE agency_id = $1 AND id = $2", tx.agency, patron)


async def test_the_own_number_is_in_it_and_the_look_is_recorded(library: LendingLibrary):
    reader = await library.reader()
    cpr = made_up_cpr(date(1980, 5, 17), 17)
    given = normalised([NewIdentifier(IdentifierKind.CPR, cpr)])
    await library.run(lambda tx: give(tx, library.keyring, reader.id, given))
    data, page = unpacked(await file_of(library, reader.id))
    assert cpr in json.dumps(data)
    assert cpr in page
    looks = await rows(library, "SELECT operation FROM access_log WHERE agency_id = $1", library.town.agency)
    assert "person_file" in {row["operation"] for row in looks}
    with pytest.raises(ForbiddenError):
        await file_of(library, reader.id, library.staff(frozenset(Permission) - {Permission.PATRON_CPR}))


async def test_a_protected_address_is_handed_out_by_those_who_may_see_it(library: LendingLibrary):
    reader = await library.reader()
    sql = "UPDATE patron SET address_protected = true, street = 'Hemmelig Vej 1' WHERE agency_id = $1 AND id = $2"
    await library.run(lambda tx: tx.execute(sql, tx.agency, reader.id))
    with pytest.raises(ForbiddenError):
        await file_of(library, reader.id, library.staff(frozenset(Permission) - {Permission.PATRON_PROTECTED}))
    caller = own(library, reader.id)
    file = await library.run(lambda tx: own_file(tx, caller, library.keyring))
    assert "Hemmelig Vej 1" in json.dumps(unpacked(file)[0])
