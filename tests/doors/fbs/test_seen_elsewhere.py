"""What a web site does is seen by the library: each effect that other tests read back through this door alone."""

from datetime import date
from typing import Any

import pytest

from circulation.lending_library import Reader
from doors.fbs.conftest import WebSite
from doors.fbs.test_guardians import allow_guardians
from doors.fbs.test_loans import age
from doors.fbs.test_newsletters import EMAIL
from doors.fbs.test_registering import guardian, path, seen, settings_of, with_guardian
from doors.fbs.test_reservations import path_of, versions
from faelles.agencies.settings.model import LANGUAGES, SetSetting
from faelles.agencies.settings.operations import set_setting
from faelles.circulation.loans.model import Outcome
from faelles.circulation.looking.operations import loans_of_patron
from faelles.doors.fbs.facts import Operation, models
from faelles.ground.clock import utc_now
from faelles.ground.config import Installation
from faelles.ground.errors import NotFoundError
from faelles.newsletters.model import Adapter, SetProvider
from faelles.newsletters.operations import chosen_by, set_provider
from faelles.patrons.identifiers import made_up_cpr
from faelles.patrons.looking.operations import show_patron
from faelles.patrons.profile.model import NewEmail, SetProfile
from faelles.patrons.profile.operations import set_profile
from faelles.privacy.consents.operations import list_consents
from notices.post_office import PostOffice
from notices.test_links import token_in


async def borrows_with(site: WebSite, card: str, pin: str) -> bool:
    """Whether a machine that asks for card and PIN lends to whoever has these."""
    somebody = Reader(id=0, card=card, pin=pin)
    answer = await site.library.lend(somebody, await site.library.copy(), pin=pin)
    return answer.outcome is Outcome.LENT


@pytest.mark.parametrize("operation", versions("update_patron"), ids=lambda each: each.id)
async def test_settings_of_every_version_are_the_desks(site: WebSite, operation: Operation):
    reader = await site.library.reader()
    wanted = settings_of(operation, site) | {"preferredPickupBranch": site.isil + "01"}
    body = {"patron": wanted, "pincodeChange": {"libraryCardNumber": reader.card, "pincode": "8642"}}
    await site.put(path_of(operation, reader), body)
    patron = await seen(site, reader.id)
    assert (patron.home_branch, patron.contact.email) == (site.library.town.suburb, "ny@example.dk")
    assert not await borrows_with(site, reader.card, reader.pin)
    assert await borrows_with(site, reader.card, "8642")


@pytest.mark.parametrize("operation", versions("renew_loans"), ids=lambda each: each.id)
async def test_a_renewal_of_every_version_is_the_desks(site: WebSite, operation: Operation):
    lending, reader = site.library, await site.library.reader()
    lent = await lending.lend(reader, await lending.copy())
    await age(site, 7)
    (answer,) = await site.post(path_of(operation, reader), [lent.loan])
    assert answer["renewalStatus"] == ["renewed"]
    (loan,) = await lending.run(lambda tx: loans_of_patron(tx, lending.librarian, reader.id))
    assert (loan.renewals, str(loan.due_on)) == (1, answer["loanDetails"]["dueDate"])


async def test_what_is_shown_as_renewable_is_what_a_renewal_is_decided_as(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    loans = [(await lending.lend(reader, await lending.copy())).loan for _ in range(3)]
    await age(site, 40)
    await lending.renew(loans[1])
    shown = await site.get(f"/{{a}}/patrons/{reader.id}/loans/v2")
    tried = await lending.renew(*loans, dry_run=True)
    assert {each["loanDetails"]["loanId"]: each["isRenewable"] for each in shown} == {
        each.loan: each.outcome is Outcome.ALLOWED for each in tried
    }


async def test_a_guardian_is_who_the_desk_sees_and_what_they_change_counts_there(site: WebSite):
    (creating,) = (each for each in versions("create_with_guardian") if each.id == "createWithGuardianV4")
    child = made_up_cpr(date(2018, 3, 9), 161)
    made = await site.post(path(creating), with_guardian(creating, site, child, made_up_cpr(date(1985, 3, 9), 162)))
    await allow_guardians(site)
    adults = (made_up_cpr(date(1984, 3, 9), 163), made_up_cpr(date(1983, 3, 9), 164))
    for operation, adult, name in zip(versions("update_guardian"), adults, ("Far Ole", "Faster Ole"), strict=True):
        kind = models()[operation.body.name]["guardian"].name
        wanted = guardian(kind, adult) | {"name": name}
        await site.put(path(operation), {"patronId": made, "guardian": wanted})
        today = site.today
        held = (await seen(site, made)).guardianships
        assert [each.guardian_name for each in held if each.ends_on is None or each.ends_on > today] == [name]
    for pin, operation in zip(("9010", "9011"), versions("update_ward"), strict=True):
        change = {"pincodeChange": {"libraryCardNumber": child, "pincode": pin}, "guardianPersonId": adults[1]}
        await site.put(path(operation).replace("{patronid}", str(made)), change)
        assert await borrows_with(site, child, pin)


async def test_consents_of_every_version_stand_in_the_patrons_record(site: WebSite):
    lending, reader = site.library, await site.library.reader()

    async def given() -> list[str]:
        every = await lending.run(lambda tx: list_consents(tx, lending.librarian, reader.id))
        return [str(each.kind) for each in every if each.withdrawn_at is None]

    for verb, kind in (("consent_to_history", "history"), ("consent_to_registry", "national_register")):
        for operation in versions(verb):
            bare = operation.body is not None and operation.body.name == "boolean"
            for answer in (True, False):
                body: Any = str(answer).lower() if bare else None
                what = {"content": body} if bare else {"json": {"consent": answer}}
                assert (await site.send("PUT", path_of(operation, reader), **what)).status_code == 200
                assert await given() == ([kind] if answer else []), operation.id


async def test_a_mail_identifier_borrows_and_a_reset_pin_is_mailed_and_borrows(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    address = f"mig{reader.id}@example.dk"
    mine = SetProfile(emails=(NewEmail(address),))
    await lending.run(lambda tx: set_profile(tx, lending.librarian, reader.id, mine))
    await lending.run(
        lambda tx: tx.execute("UPDATE patron_reach SET verified_at = $2 WHERE agency_id = $1", tx.agency, tx.now)
    )
    await site.send("POST", f"/{{a}}/patrons/{reader.id}/addMailIdentifier/v1", content=address)
    assert "email" in [each.kind.value for each in (await seen(site, reader.id)).identifiers]
    assert (await site.send("POST", "/{a}/patrons/resetPincode/v1", content=address)).status_code == 200
    lending.clock.now = utc_now()
    post = PostOffice(lending)
    await post.send()
    token = token_in(post.mail[-1].body)
    await site.send("POST", "/{a}/patrons/updatePincode/v1", json={"uuid": token, "pincode": "8080"})
    assert await borrows_with(site, reader.card, "8080")


async def test_failed_attempts_count_at_machines_too(site: WebSite):
    reader = await site.library.reader()
    for _ in range(6):
        await site.post("/{a}/patrons/authenticate/v9", {"libraryCardNumber": reader.card, "pincode": "0000"})
    assert not await borrows_with(site, reader.card, reader.pin)


async def test_whoever_left_is_nobody_at_the_desk(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    await site.send("DELETE", f"/{{a}}/patrons/{reader.id}")
    with pytest.raises(NotFoundError):
        await lending.run(lambda tx: show_patron(tx, lending.librarian, reader.id))
    assert not await borrows_with(site, reader.card, reader.pin)


async def test_what_the_library_sets_is_what_sites_are_told(site: WebSite):
    lending = site.library
    spoken = SetSetting(values=("da", "kl"))
    await lending.run(lambda tx: set_setting(tx, lending.librarian, lending.town.library, LANGUAGES, spoken))
    assert await site.get(f"/v1/{{a}}/configuration/{LANGUAGES}") == "da,kl"
    assert await site.get(f"/v1/{{a}}/configuration/{LANGUAGES}/list") == ["da", "kl"]
    assert await site.get("/{a}/patrons/languages/v1") == ["da", "kl"]


async def test_whoever_no_longer_wants_a_newsletter_is_off_its_list(site: WebSite, tmp_path):
    library = site.library
    here = Installation(is_production=False, public_url="http://127.0.0.1", exchange_directory=tmp_path)
    built_in = SetProvider(adapter=Adapter.BUILT_IN)
    await library.run(lambda tx: set_provider(tx, library.librarian, library.keyring, here, built_in))
    (offered,) = await site.get("/{a}/newsletters/preferences/v1")
    for verb, kept in (("subscribe", [offered["listId"]]), ("unsubscribe", [])):
        await site.put(f"/{{a}}/newsletters/{verb}/v1", {"emailAddress": EMAIL, "subscriptions": [offered]})
        chosen = await chosen_by(library.database, library.librarian, library.keyring, EMAIL)
        assert [each.list_id for each in chosen] == kept
