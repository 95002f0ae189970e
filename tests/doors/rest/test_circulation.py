"""The desk over REST, as far as it is the door's own: what is scanned, and what is told."""

from httpx import AsyncClient

from doors.rest.furniture import Furniture

Headers = dict[str, str]


async def test_blanks_around_a_scan_are_taken_off(client: AsyncClient, furnished: Furniture, librarian: Headers):
    scanned = {
        "borrower": {"card": f" {furnished.objects['card']} "},
        "item": f" {furnished.objects['item_number']}  ",
        "branch": furnished.objects["branch"],
        "dry_run": True,
    }
    answer = await client.post("/api/v1/checkouts", json=scanned, headers=librarian)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "allowed")


async def test_what_nobody_has_cannot_be_renewed(client: AsyncClient, furnished: Furniture, librarian: Headers):
    asked = {"item": furnished.objects["item_number"], "branch": furnished.objects["branch"]}
    answer = await client.post("/api/v1/renewals", json=asked, headers=librarian)
    assert (answer.status_code, answer.json()["code"]) == (404, "loan_not_found")


async def test_a_loan_swapped_with_itself_is_named(client: AsyncClient, furnished: Furniture, librarian: Headers):
    asked = {"loan": furnished.objects["loan"], "other": furnished.objects["loan"]}
    answer = await client.post("/api/v1/loans/swap", json=asked, headers=librarian)
    (problem,) = answer.json()["errors"]
    assert (problem["field"], problem["code"]) == ("other", "loan_swapped_with_itself")
