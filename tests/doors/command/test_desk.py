"""Lending, taking back and renewing from a terminal."""

import json

import pytest

from circulation.lending_library import LendingLibrary, Reader
from doors.command.administrator import administrators_token
from faelles.doors.command.frame import NOT_UNDERSTOOD, SAYS_NO
from faelles.ground.database import Database
from town import Town


@pytest.fixture
async def reader(library: LendingLibrary) -> Reader:
    return await library.reader()


@pytest.fixture
async def book(library: LendingLibrary) -> str:
    return await library.copy()


def test_a_book_is_lent_renewed_and_taken_back(at_desk, reader: Reader, book: str):
    lent = json.loads(at_desk("checkout", reader.card, book, "--json").stdout)
    assert lent["outcome"] == "lent"
    assert at_desk("renew", lent["loan"]).exit_code in (0, SAYS_NO)
    returned = at_desk("return", book)
    assert (returned.exit_code, "Returned: Frøken Smilla" in returned.stdout) == (0, True)


def test_a_card_that_nobody_is_to_see_is_read_from_standard_input(at_desk, reader: Reader, book: str):
    lent = at_desk("checkout", "-", book, "--json", typed=f"{reader.card}\n")
    assert json.loads(lent.stdout)["outcome"] == "lent"
    assert reader.card in at_desk("patron", "show", "-", typed=reader.card).stdout
    assert at_desk("policy", "explain", "--card", "-", "--item", book, typed=reader.card).exit_code == 0
    told = at_desk("checkout", "--help").stdout.replace("│", " ")
    assert "read from standard input" in " ".join(told.split())
    nobody = at_desk("checkout", "-", book)
    assert (nobody.exit_code, "borrower" in nobody.stderr) == (NOT_UNDERSTOOD, True)


def test_a_refusal_lists_every_reason_and_exits_with_no(at_desk):
    refused = at_desk("checkout", "99999", "0000000000")
    assert refused.exit_code == SAYS_NO
    assert "patron_not_found" in refused.stdout
    assert "material_not_found" in refused.stdout


def test_a_dry_run_lends_nothing(at_desk, reader: Reader, book: str):
    assert at_desk("checkout", reader.card, book, "--dry-run").exit_code == 0
    assert "Was not on loan" in at_desk("return", book).stdout


def test_a_dry_run_names_no_loan(at_desk, reader: Reader, book: str):
    assert "Loan" not in at_desk("checkout", reader.card, book, "--dry-run").stdout


def test_a_due_date_may_be_written_the_danish_way(at_desk, reader: Reader, book: str):
    answer = json.loads(at_desk("checkout", reader.card, book, "--due-on", "5.3.2027", "--dry-run", "--json").stdout)
    assert (answer["outcome"], answer["due_on"]) == ("allowed", "2027-03-05")


def test_the_return_says_which_branch_the_copy_goes_to(at_desk, town: Town, book: str):
    shown = at_desk("return", book, "--branch", town.isil + "01").stdout
    assert "Send to Hovedbiblioteket." in shown


def test_the_same_key_gives_the_first_answer_again(at_desk, reader: Reader, book: str):
    words = ("checkout", reader.card, book, "--key", "scan-1", "--json")
    assert json.loads(at_desk(*words).stdout)["loan"] == json.loads(at_desk(*words).stdout)["loan"]


@pytest.mark.parametrize(
    "words",
    [
        ("checkout", "1", "12"),
        ("checkout", "1", "0000000001", "--due-on", "torsdag"),
        ("checkout", "1", "0000000001", "--override", "everything", "--reason", "x"),
        ("return", "0000000001", "--branch", "DK-999999"),
        ("renew", "--item", "x"),
        ("policy", "explain", "--patron-group", "nobody"),
        ("policy", "explain", "no_such_knob"),
        ("policy", "explain", "--card", "1"),
        ("policy", "explain", "--card", "1", "--item", "0000000001", "--patron-group", "adult"),
        ("checkout", "1", "0000000001", "--due-on", "31.2.2027"),
    ],
)
def test_what_cannot_be_meant_is_told_by_field(at_desk, words):
    result = at_desk(*words)
    assert result.exit_code == NOT_UNDERSTOOD
    assert "Traceback" not in result.stderr


def test_policy_explains_itself(at_desk, library: LendingLibrary):
    [explained] = json.loads(at_desk("policy", "explain", "loan_days", "--patron-group", "adult", "--json").stdout)
    assert (explained["knob"], explained["setting"]["rule"] is not None) == ("loan_days", True)
    assert "Loan period" in at_desk("policy", "explain", "loan_days").stdout


def test_policy_explains_one_patron_and_one_item(at_desk, reader: Reader, book: str):
    words = ("policy", "explain", "loan_days", "--card", reader.card, "--item", book)
    explained = json.loads(at_desk(*words, "--json").stdout)
    assert explained["parties"]["patron_group"] == "Adults"
    assert [each["knob"] for each in explained["knobs"]] == ["loan_days"]
    assert explained["knobs"][0]["setting"]["rule"] is not None
    assert "Loan period" in at_desk(*words).stdout


def test_a_patron_is_found_by_card_and_by_name(at_desk, reader: Reader):
    assert "Søren Låner" in at_desk("patron", "show", reader.card).stdout
    found = at_desk("patron", "find", "låner", "--limit", 200).stdout
    assert reader.card in found
    assert str(reader.id) in found


def test_a_patron_is_shown_with_memberships_and_loans(at_desk, reader: Reader, book: str):
    at_desk("checkout", reader.card, book)
    shown = at_desk("patron", "show", reader.card).stdout
    assert "Member" in shown
    assert book in shown
    both = json.loads(at_desk("patron", "show", reader.card, "--json").stdout)
    assert [loan["item_number"] for loan in both["loans"]] == [book]


def test_nobody_is_found_by_a_strange_card(at_desk):
    assert at_desk("patron", "show", "K-unknown").exit_code == SAYS_NO


@pytest.fixture
async def other_municipality(database: Database, neighbour: Town) -> str:
    """A librarian's token in the neighbouring municipality."""
    return await administrators_token(database, neighbour.agency)


def test_the_neighbours_staff_find_nobody_of_ours(at_desk, reader: Reader, other_municipality: str):
    assert at_desk("patron", "show", reader.card, "--token", other_municipality).exit_code == SAYS_NO
