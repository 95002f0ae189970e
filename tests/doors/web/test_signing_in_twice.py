"""The second step of signing in, a session that rests too long, and changing places at the desk."""

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from circulation.lending_library import LendingLibrary
from doors.web.sessions import session_of_staff
from doors.web.visitor import Visitor
from faelles.ground.clock import utc_now
from faelles.people.model import EVERY_PERMISSION, Permission
from faelles.people.one_time.rules import SECONDS, matching_step

PASSWORD = "blue herring 4 lunch"


class Colleague:
    """Somebody of the staff with a password, and their telephone."""

    def __init__(self, library: LendingLibrary, username: str) -> None:
        self.library, self.username, self.secret = library, username, ""
        self.recovery: list[str] = []

    @property
    def form(self) -> dict[str, str]:
        return {"agency": self.library.town.isil, "username": self.username, "password": PASSWORD}

    def code(self, *, steps: int = 0) -> str:
        padded = self.secret + "=" * (-len(self.secret) % 8)
        now = int(utc_now().timestamp()) // SECONDS + steps
        return TOTP(base64.b32decode(padded), 6, SHA1(), SECONDS).generate(now * SECONDS).decode()

    def take_picture(self, page: str) -> None:
        found = re.search(r'<code class="key">([A-Z2-7]+)</code>', page)
        assert found is not None
        self.secret = found[1]


@pytest.fixture
async def colleague(library: LendingLibrary) -> Colleague:
    library.clock.now = utc_now()
    await library.run(lambda tx: session_of_staff(tx, EVERY_PERMISSION, password=PASSWORD))
    username = await library.run(
        lambda tx: tx.value("SELECT username FROM staff WHERE agency_id = $1 ORDER BY id DESC LIMIT 1", tx.agency)
    )
    return Colleague(library, username)


async def require_codes(library: LendingLibrary) -> None:
    await library.run(lambda tx: tx.execute("UPDATE role SET needs_one_time = true WHERE agency_id = $1", tx.agency))


@pytest.fixture
async def careful(colleague: Colleague, library: LendingLibrary, nobody: Visitor) -> Colleague:
    """Their role asks for a one-time password, and they have set it up; nobody is signed in."""
    await require_codes(library)
    answer = await nobody.send("/sign-in", colleague.form | {"next": "/desk"})
    assert answer.headers["location"] == "/sign-in/set-up?next=%2Fdesk"
    page = await nobody.get(answer.headers["location"])
    assert "<svg" in page.text
    colleague.take_picture(page.text)
    wrong = await nobody.send("/sign-in/set-up", {"code": "000000"})
    assert wrong.status_code == 400
    done = await nobody.send("/sign-in/set-up", {"code": colleague.code(steps=-1), "next": "/desk"})
    assert len(re.findall(r"<li><code>[a-z2-9]{5}-[a-z2-9]{5}</code>", done.text)) == 10
    assert (await nobody.get("/desk")).status_code == 200
    await nobody.send("/sign-out", {})
    colleague.recovery = re.findall(r"<li><code>([^<]+)</code>", done.text)
    return colleague


async def test_a_role_that_asks_for_it_gets_a_second_step(careful: Colleague, nobody: Visitor):
    answer = await nobody.send("/sign-in", careful.form | {"next": "/desk"})
    assert answer.headers["location"] == "/sign-in/code?next=%2Fdesk"
    assert (await nobody.get("/desk")).status_code == 303
    done = await nobody.send("/sign-in/code", {"code": careful.code(), "next": "/desk"})
    assert (done.status_code, done.headers["location"]) == (303, "/desk")
    assert (await nobody.get("/desk")).status_code == 200


async def test_a_code_is_good_once(careful: Colleague, nobody: Visitor, visit: Callable[[str], Visitor]):
    code = careful.code()
    await nobody.send("/sign-in", careful.form)
    assert (await nobody.send("/sign-in/code", {"code": code})).status_code == 303
    other = visit("")
    await other.send("/sign-in", careful.form)
    again = await other.send("/sign-in/code", {"code": code})
    assert again.status_code == 401
    assert "Engangskoden er forkert eller brugt" in again.text


async def test_a_recovery_code_is_good_once(careful: Colleague, nobody: Visitor, visit: Callable[[str], Visitor]):
    code = careful.recovery[0].upper().replace("-", " ")
    await nobody.send("/sign-in", careful.form)
    assert (await nobody.send("/sign-in/code", {"code": code})).status_code == 303
    other = visit("")
    await other.send("/sign-in", careful.form)
    assert (await other.send("/sign-in/code", {"code": code})).status_code == 401


async def test_guesses_at_codes_lock(careful: Colleague, nobody: Visitor):
    await nobody.send("/sign-in", careful.form)
    statuses = [(await nobody.send("/sign-in/code", {"code": f"00000{n}"})).status_code for n in range(6)]
    assert statuses == [401] * 5 + [429]
    assert (await nobody.send("/sign-in/code", {"code": careful.code()})).status_code == 429


async def test_the_second_step_without_the_first_opens_nothing(nobody: Visitor):
    assert (await nobody.send("/sign-in/code", {"code": "123456"})).status_code == 401
    assert (await nobody.get("/sign-in/set-up")).headers["location"] == "/sign-in"


async def test_the_interface_for_programs_asks_for_the_code_too(careful: Colleague, nobody: Visitor):
    body = {"agency_isil": careful.library.town.isil, "username": careful.username, "password": PASSWORD}
    missing = await nobody.http.post("/api/v1/sessions/staff", json=body)
    assert (missing.status_code, missing.json()["code"]) == (401, "one_time_code_needed")
    assert (await nobody.http.post("/api/v1/sessions/staff", json=body | {"code": careful.code()})).status_code == 201


async def test_a_session_in_a_browser_that_rests_too_long_is_over(
    colleague: Colleague, library: LendingLibrary, nobody: Visitor
):
    await nobody.send("/sign-in", colleague.form)
    assert (await nobody.get("/me")).status_code == 200
    await library.run(
        lambda tx: tx.execute(
            "UPDATE token SET used_at = $2 WHERE agency_id = $1", tx.agency, utc_now() - timedelta(hours=2, minutes=1)
        )
    )
    nobody.http.cookies.delete("faelles_access")
    assert (await nobody.get("/me")).headers["location"].startswith("/sign-in")


async def test_a_session_that_is_used_goes_on(colleague: Colleague, library: LendingLibrary, nobody: Visitor):
    await nobody.send("/sign-in", colleague.form)
    for _ in range(2):
        await library.run(
            lambda tx: tx.execute(
                "UPDATE token SET used_at = used_at - interval '70 minutes' WHERE agency_id = $1", tx.agency
            )
        )
        nobody.http.cookies.delete("faelles_access")
        assert (await nobody.get("/me")).status_code == 200


async def test_a_colleague_takes_over_the_desk_and_the_open_patron_is_closed(
    colleague: Colleague, library: LendingLibrary, nobody: Visitor, visit: Callable[[str], Visitor]
):
    await nobody.send("/sign-in", colleague.form)
    pin = {"pin": "482913", "password": colleague.form["password"]}
    assert "Pinkoden er gemt" in (await nobody.send("/me/desk-pin", pin)).text
    desk = visit(await library.run(lambda tx: session_of_staff(tx, frozenset({Permission.CHECKOUT}))))
    before = desk.http.cookies["faelles_session"]
    form = {"username": colleague.username, "pin": "482913", "next": "/desk?patron=7"}
    assert (await desk.send("/switch", form | {"pin": "482914"})).status_code == 401
    done = await desk.send("/switch", form)
    assert (done.status_code, done.headers["location"]) == (303, "/desk")
    assert colleague.username in (await desk.get("/me")).text
    assert (await visit(before).get("/me")).status_code == 303


@pytest.mark.parametrize("pin", ["123456", "111111", "12345", "abcdef", "987654"])
async def test_a_pin_that_is_guessed_first_is_refused(colleague: Colleague, nobody: Visitor, pin: str):
    await nobody.send("/sign-in", colleague.form)
    wanted = {"pin": pin, "password": colleague.form["password"]}
    assert (await nobody.send("/me/desk-pin", wanted)).status_code == 400


async def test_a_pin_takes_the_password_and_leaves_an_event(
    colleague: Colleague, library: LendingLibrary, nobody: Visitor
):
    await nobody.send("/sign-in", colleague.form)
    assert (await nobody.send("/me/desk-pin", {"pin": "482913"})).status_code == 400
    wrong = await nobody.send("/me/desk-pin", {"pin": "482913", "password": "not the one"})
    assert wrong.status_code == 400
    assert not any(kind.startswith("desk_pin") for kind in await library.events())
    await nobody.send("/me/desk-pin", {"pin": "482913", "password": colleague.form["password"]})
    await nobody.send("/me/desk-pin", {})
    assert [kind for kind in await library.events() if kind.startswith("desk_pin")] == [
        "desk_pin_set",
        "desk_pin_removed",
    ]


async def test_a_pin_is_not_enough_where_a_role_asks_for_a_code(careful: Colleague, nobody: Visitor):
    await nobody.send("/sign-in", careful.form)
    await nobody.send("/sign-in/code", {"code": careful.code()})
    assert (
        await nobody.send("/me/desk-pin", {"pin": "482913", "password": careful.form["password"]})
    ).status_code == 403


async def test_one_sets_up_and_removes_codes_oneself(colleague: Colleague, nobody: Visitor):
    await nobody.send("/sign-in", colleague.form)
    colleague.take_picture((await nobody.get("/me")).text)
    form = {"secret": colleague.secret, "code": colleague.code(steps=-1)}
    assert "Dine reservekoder" in (await nobody.send("/me/one-time", form)).text
    assert (await nobody.send("/me/one-time/removal", {"held": "000000"})).status_code == 400
    assert "slukket" in (await nobody.send("/me/one-time/removal", {"held": colleague.code()})).text


def test_codes_are_those_of_rfc_6238():
    secret = b"12345678901234567890"
    for moment, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert matching_step(secret, code, datetime.fromtimestamp(moment, UTC), 0) == moment // SECONDS
        assert matching_step(secret, code, datetime.fromtimestamp(moment, UTC), moment // SECONDS) is None
