"""What goes wrong, in the reader's language: what happened, whether it may have been done, and what to do next."""

from collections.abc import Callable

import pytest
from litestar import Litestar

from circulation.lending_library import LendingLibrary
from doors.web.sessions import session_of_staff
from doors.web.visitor import ORIGIN, Visitor
from faelles.circulation.transit import crates
from faelles.ground.errors import UnavailableError

each_language = pytest.mark.parametrize(
    ("language", "words"),
    [
        ("da", {"title": "Det gik ikke", 403: "Intet er ændret", 500: "Noget gik galt hos os", "later": "Prøv igen"}),
        ("en", {"title": "That did not work", 403: "Nothing was changed", 500: "went wrong", "later": "Try again"}),
    ],
)


@each_language
async def test_a_page_that_is_not_for_the_reader_says_so(
    language: str, words: dict[object, str], visit: Callable[[str], Visitor], library: LendingLibrary
):
    visitor = visit(await library.run(lambda tx: session_of_staff(tx, frozenset())))
    visitor.http.cookies.set("faelles_language", language, domain="faelles.test")
    answer = await visitor.get("/manage/staff")
    assert (answer.status_code, answer.headers["content-language"]) == (403, language)
    assert words["title"] in answer.text
    assert words[403] in answer.text


@each_language
async def test_a_mistake_of_ours_has_a_number_and_says_nothing_of_itself(
    language: str, words: dict[object, str], employee: Visitor, monkeypatch: pytest.MonkeyPatch
):
    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError("secret figures")

    monkeypatch.setattr(crates, "list_crates", fails)
    employee.http.cookies.set("faelles_language", language, domain="faelles.test")
    answer = await employee.get("/lists/crates")
    assert (answer.status_code, answer.headers["content-language"]) == (500, language)
    assert words[500] in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "secret" not in answer.text


async def test_hanging_up_in_the_middle_of_a_form_is_no_mistake_of_ours(port: Litestar, nobody: Visitor):
    half = nobody.http.build_request("POST", "/sign-in", files={"agency": b"DK"}, headers={"origin": ORIGIN})
    scope = {
        "type": "http", "method": "POST", "path": "/sign-in", "raw_path": b"/sign-in", "query_string": b"",
        "headers": [(name.lower(), value) for name, value in half.headers.raw], "client": None,
    }  # fmt: skip
    messages = iter([{"type": "http.request", "body": half.read()[:9], "more_body": True}, {"type": "http.disconnect"}])
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return next(messages)

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    await port(scope, receive, send)
    assert sent[0]["status"] == 400


@each_language
async def test_a_database_that_is_away_is_waited_for_and_may_have_done_what_was_asked(
    language: str, words: dict[object, str], employee: Visitor, monkeypatch: pytest.MonkeyPatch
):
    async def is_away(*_: object, **__: object) -> None:
        raise UnavailableError("database_unavailable")

    monkeypatch.setattr(crates, "list_crates", is_away)
    monkeypatch.setattr(crates, "send_crate", is_away)
    employee.http.cookies.set("faelles_language", language, domain="faelles.test")
    answer = await employee.get("/lists/crates")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert words["later"] in answer.text
    sent = await employee.send("/lists/crates/1/sent", {})
    assert sent.status_code == 503
    assert words[403] not in sent.text


async def test_a_form_that_is_sent_after_the_session_ended_leads_to_signing_in(employee: Visitor):
    employee.http.cookies.clear()
    answer = await employee.send("/lists/crates", {"label": "T-1"})
    assert answer.status_code == 401
    assert 'href="/sign-in?next=/lists/crates"' in answer.text
    assert "intet er gemt" in answer.text
