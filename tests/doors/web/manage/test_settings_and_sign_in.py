"""A division's settings, the ways in that a municipality sets up, and roles that ask for more than a password."""

from collections.abc import Callable

from circulation.lending_library import LendingLibrary
from doors.web.sessions import session_of_staff
from doors.web.visitor import Visitor
from faelles.people.model import EVERY_PERMISSION, Permission
from faelles.people.staff.operations import seed_roles

OPENID = {
    "name": "Kommunens login",
    "protocol": "oidc",
    "issuer": "https://login.example.dk",
    "client": "bibliotek",
    "is_open": "true",
    "role_outside": "Skranke",
    "role": "desk_assistant",
}


async def test_settings_are_shown_in_words_and_kept_where_they_differ(employee: Visitor, library: LendingLibrary):
    there = f"/manage/divisions/{library.town.library}/settings"
    assert "Værger ser deres børns lån" in (await employee.get(there)).text
    wrong = await employee.send(there, {"loaner_pincode_length_min": "fire", "booking_enabled": "false"})
    assert wrong.status_code == 400
    assert 'value="fire"' in wrong.text
    form = {"loaner_pincode_length_min": "5", "booking_enabled": "false", "loaner_preferredlanguages": "da\r\nen\r\n"}
    assert (await employee.send(there, form)).status_code == 303
    kept = "SELECT key FROM division_setting WHERE agency_id = $1 ORDER BY key"
    rows = await library.run(lambda tx: tx.rows(kept, tx.agency))
    assert [row["key"] for row in rows] == ["booking.enabled", "loaner.pincode.length.min"]
    assert (await employee.send(there, {"booking_enabled": "true"})).status_code == 303
    rows = await library.run(lambda tx: tx.rows(kept, tx.agency))
    assert [row["key"] for row in rows] == ["loaner.pincode.length.min"]


async def test_a_provider_is_set_up_changed_and_taken_away(employee: Visitor, library: LendingLibrary):
    await library.run(seed_roles)
    no_secret = await employee.send("/manage/sign-in/new", OPENID | {"code": "katalog", "role_at": ""})
    assert no_secret.status_code == 400
    assert 'value="Skranke"' in no_secret.text
    at = f"branch:{library.town.main}"
    made = await employee.send(
        "/manage/sign-in/new", OPENID | {"code": "katalog", "secret": "not so secret", "role_at": at}
    )
    assert made.status_code == 303, made.text
    page = (await employee.get("/manage/sign-in/katalog")).text
    assert f'<option value="{at}" selected>' in page
    assert "not so secret" not in page
    assert 'name="role_claim" type="text" value=""' in page
    changed = OPENID | {"name": "Rådhusets login", "role_at": "place", "place_outside": "main", "place_at": at}
    assert (await employee.send("/manage/sign-in/katalog", changed)).status_code == 303
    assert "Rådhusets login" in (await employee.get("/manage/sign-in")).text
    assert (await employee.send("/manage/sign-in/new", changed | {"code": "katalog"})).status_code == 409
    assert (await employee.send("/manage/sign-in/katalog/removal", {})).status_code == 400
    assert (await employee.send("/manage/sign-in/katalog/removal", {"is_sure": "true"})).status_code == 303
    assert "Rådhusets login" not in (await employee.get("/manage/sign-in")).text


async def test_saving_a_provider_s_page_never_widens_a_role(
    employee: Visitor, library: LendingLibrary, visit: Callable[[str], Visitor]
):
    await library.run(seed_roles)
    new = OPENID | {"code": "katalog", "secret": "not so secret", "role_at": f"division:{library.town.library}"}
    assert (await employee.send("/manage/sign-in/new", new)).status_code == 303
    sees_no_agency = visit(
        await library.run(lambda tx: session_of_staff(tx, EVERY_PERMISSION - {Permission.AGENCY_VIEW}))
    )
    page = (await sees_no_agency.get("/manage/sign-in/katalog")).text
    assert f'<option value="division:{library.town.library}" selected>' in page
    for at in ("", "branch:", "branch:x", "everywhere"):
        refused = await employee.send("/manage/sign-in/katalog", OPENID | {"role_at": at})
        assert refused.status_code == 400
        assert "Udfyld hele linjen" in refused.text
    assert (await employee.send("/manage/sign-in/katalog", OPENID)).status_code == 400
    assert (await employee.send("/manage/sign-in/katalog", OPENID | {"role_at": "agency"})).status_code == 303
    assert '<option value="agency" selected>' in (await employee.get("/manage/sign-in/katalog")).text


async def test_a_role_asks_for_a_one_time_password_when_ticked(employee: Visitor, library: LendingLibrary):
    await library.run(seed_roles)
    form = {"name": "Bibliotekar", "permissions": "renew"}
    assert (await employee.send("/manage/roles/librarian", form | {"needs_one_time": "true"})).status_code == 303
    assert 'name="needs_one_time" value="true" checked' in (await employee.get("/manage/roles/librarian")).text
    assert (await employee.send("/manage/roles/librarian", form)).status_code == 303
    assert 'name="needs_one_time" value="true" checked' not in (await employee.get("/manage/roles/librarian")).text
