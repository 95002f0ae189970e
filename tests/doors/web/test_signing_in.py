"""Signing in and out in a browser."""

from urllib.parse import quote

import pytest

from doors.rest.furniture import PASSWORD, Furniture
from doors.web.visitor import ORIGIN, Visitor


@pytest.fixture
def right(showcase: Furniture) -> dict[str, str]:
    return {"agency": showcase.town.isil, "username": str(showcase.objects["username"]), "password": PASSWORD}


async def test_a_page_sends_nobody_to_sign_in_and_back(nobody: Visitor):
    answer = await nobody.get("/titles?q=hav")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=" + quote("/titles?q=hav", safe=""))


async def test_the_right_password_leads_on(nobody: Visitor, right: dict[str, str]):
    answer = await nobody.send("/sign-in", right | {"next": "/desk"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert (await nobody.get("/desk")).status_code == 200


async def test_cookies_are_out_of_reach_for_scripts_and_for_other_sites(nobody: Visitor, right: dict[str, str]):
    answer = await nobody.send("/sign-in", right)
    (session,) = [value for value in answer.headers.get_list("set-cookie") if value.startswith("faelles_session=")]
    assert "httponly" in session.lower()
    assert "samesite=lax" in session.lower()


@pytest.mark.parametrize("wrong", [{"password": "forkert"}, {"username": "ingen"}, {"agency": "DK-000000"}])
async def test_whatever_is_wrong_is_told_in_the_same_words(nobody: Visitor, right: dict[str, str], wrong):
    answer = await nobody.send("/sign-in", right | wrong)
    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert "forkert" not in answer.text.lower().replace("er forkert", "")


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
async def test_nobody_is_led_to_another_site(nobody: Visitor, right: dict[str, str], path: str):
    answer = await nobody.send("/sign-in", right | {"next": path})
    assert answer.headers["location"] == "/"


async def test_signing_out_ends_the_session(nobody: Visitor, right: dict[str, str]):
    await nobody.send("/sign-in", right)
    session = nobody.http.cookies["faelles_session"]
    await nobody.send("/sign-out", {})
    nobody.http.cookies.set("faelles_session", session, domain="faelles.test")
    assert (await nobody.get("/desk")).status_code == 303


async def test_signing_out_of_a_page_that_has_rested_lets_nobody_back_in(nobody: Visitor, right: dict[str, str]):
    await nobody.send("/sign-in", right)
    token = await nobody.form_token()
    nobody.http.cookies.delete("faelles_access")  # it has run out; the session has not
    await nobody.http.post("/sign-out", data={"csrf": token}, headers={"origin": ORIGIN})
    assert (await nobody.get("/desk")).status_code == 303


async def test_a_signed_token_without_its_session_opens_nothing(nobody: Visitor, right: dict[str, str]):
    await nobody.send("/sign-in", right)
    await nobody.get("/desk")
    nobody.http.cookies.delete("faelles_session")
    assert (await nobody.get("/desk")).status_code == 303


async def test_the_desk_remembers_its_municipality_for_the_next_one(nobody: Visitor, right: dict[str, str]):
    await nobody.send("/sign-in", right)
    await nobody.send("/sign-out", {})
    assert f'value="{right["agency"]}" selected' in (await nobody.get("/sign-in")).text


async def test_a_form_from_another_site_changes_nothing(employee: Visitor):
    answer = await employee.send("/sign-out", {}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert (await employee.get("/desk")).status_code == 200


async def test_a_form_without_the_sessions_token_changes_nothing(employee: Visitor):
    answer = await employee.http.post("/sign-out", data={}, headers={"origin": "http://faelles.test"})
    assert answer.status_code == 403
    assert (await employee.get("/desk")).status_code == 200


async def test_the_language_can_be_switched(employee: Visitor):
    assert "Skranke" in (await employee.get("/desk")).text
    await employee.send("/language", {"language": "en", "next": "/desk"})
    assert "Scan or type" in (await employee.get("/desk")).text
