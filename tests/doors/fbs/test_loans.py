"""Loans and renewals of a web site's user."""

from datetime import timedelta

from doors.fbs.conftest import WebSite
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds.model import PlaceHold, Wish
from faelles.circulation.holds.operations import place_hold
from faelles.circulation.looking.operations import loans_of_patron
from faelles.doors.fbs.facts import models, operations
from faelles.ground.clock import utc_now


async def test_every_version_shows_loans_with_whether_they_can_be_renewed(site: WebSite):
    lending, reader, other = site.library, await site.library.reader(), await site.library.reader()
    free, waited_for = await lending.copy(), await lending.copy()
    for item in (free, waited_for):
        await lending.lend(reader, item)
    await age(site, 7)
    wish = PlaceHold(patron=Borrower(patron=other.id), wish=Wish(item=waited_for), pickup=lending.town.main)
    await lending.run(lambda tx: place_hold(tx, lending.librarian, lending.keyring, wish))
    for operation in (each for each in operations() if each.verb == "loans"):
        path = operation.path.removeprefix("/external").replace("{agencyid}", "{a}").format(a="{a}", patronid=reader.id)
        first, second = await site.get(path)
        assert first.keys() == models()[operation.reply.name].keys()
        assert (first["isRenewable"], first["renewalStatusList"]) == (True, [])
        assert (second["isRenewable"], second["renewalStatusList"]) == (False, ["deniedReserved"])
        details = first["loanDetails"]
        assert (details["materialItemNumber"], details["loanType"], details["periodical"]) == (free, "loan", None)
        assert 8 <= len(str(details["loanId"])) <= 10
        assert len(details["loanDate"]) == len("2022-06-14T09:00:50.059")


async def test_renewing_moves_the_due_date_that_the_desk_sees(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    lent = await lending.lend(reader, await lending.copy())
    somebody = await lending.reader()
    stranger = await lending.lend(somebody, await lending.copy())
    await age(site, 7)
    for operation in (each for each in operations() if each.verb == "renew_loans"):
        path = operation.path.removeprefix("/external").replace("{agencyid}", "{a}").format(a="{a}", patronid=reader.id)
        (answer,) = await site.post(path, [lent.loan, stranger.loan, 99_999_999])
        assert answer["loanDetails"]["loanId"] == lent.loan
    (seen,) = await lending.run(lambda tx: loans_of_patron(tx, lending.librarian, reader.id))
    assert (seen.renewals, str(seen.due_on)) == (1, answer["loanDetails"]["dueDate"])
    (theirs,) = await lending.run(lambda tx: loans_of_patron(tx, lending.librarian, somebody.id))
    assert theirs.renewals == 0


async def age(site: WebSite, days: int) -> None:
    """Every open loan was made so many days earlier."""
    await site.library.run(
        lambda tx: tx.execute(
            "UPDATE loan SET lent_at = lent_at - $2::interval, lent_on = lent_on - $3::integer,"
            " due_on = due_on - $3::integer WHERE agency_id = $1 AND closed_at IS NULL",
            tx.agency,
            timedelta(days=days),
            days,
        )
    )


async def test_an_interlibrary_loan_says_what_it_is(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    await lending.lend(reader, await lending.placeholder())
    (loan,) = await site.get(f"/{{a}}/patrons/{reader.id}/loans/v2")
    assert loan["loanDetails"]["loanType"] == "interLibraryLoan"
    assert loan["loanDetails"]["ilBibliographicRecord"]["title"] == "Frøken Smillas fornemmelse for sne"


async def test_what_is_no_list_of_loans_is_refused(site: WebSite):
    reader = await site.library.reader()
    for sent in (b"{}", b"[", b'["x"]', b"[true]", b"[-1]", b"[99999999999999999999]", b"\xff"):
        answer = await site.send("POST", f"/{{a}}/patrons/{reader.id}/loans/renew/v2", content=sent)
        assert answer.status_code == 400, sent
    assert await site.post(f"/{{a}}/patrons/{reader.id}/loans/renew/v2", []) == []


async def test_finished_loans_are_shown_with_consent_and_gone_without(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    consent = f"/{{a}}/patrons/{reader.id}/updateconsent/historicaldata/v2"
    path = f"/{{a}}/patrons/{reader.id}/loans/withhistoricalloans/v1"
    finished, open_ = await lending.copy(), await lending.copy()
    await site.put(consent, {"consent": True})
    lending.clock.now = utc_now()
    for item in (finished, open_):
        await lending.lend(reader, item)
    await lending.take_back(finished)
    answer = await site.get(path)
    assert [each["loanDetails"]["materialItemNumber"] for each in answer["loans"]] == [open_]
    (past,) = answer["historicalMaterialLoans"]
    assert past.keys() == models()["HistoricalLoanV1"].keys()
    assert past["materialItemNumber"] == finished
    assert past["returnedDate"] is not None
    await site.put(consent, {"consent": False})
    assert (await site.get(path))["historicalMaterialLoans"] == []
    await site.put(consent, {"consent": True})
    assert (await site.get(path))["historicalMaterialLoans"] == []


async def test_who_has_a_book_in_hand_looks_at_whoever_answers_for_it(site: WebSite):
    library = site.library
    pupil, teacher = await library.reader(), await library.reader()
    await library.lend(pupil, await library.copy())
    before = await library.looks_at(teacher)
    assert len(await site.get(f"/{{a}}/patrons/{pupil.id}/loans/v2")) == 1
    assert await library.looks_at(teacher) == before
    await library.lend(teacher, await library.copy(), second_borrower=pupil.id)
    before = await library.looks_at(teacher)
    assert len(await site.get(f"/{{a}}/patrons/{pupil.id}/loans/v2")) == 2
    assert sorted(await library.looks_at(teacher)) == sorted([*before, "renewal_dry_run"])
