"""A person's file: everything of them, nothing of others, and every entry of the register."""

import io
import json
import zipfile
from datetime import date

import pytest

from circulation.lending_library import LendingLibrary
from faelles.ground.errors import ForbiddenError
from faelles.ground.ids import PatronId
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
