"""Forms that are refused: told at the field that does not fit, in words of the desk."""

import re
import secrets
from datetime import timedelta

import pytest

from circulation.lending_library import LendingLibrary
from doors.web.visitor import Visitor


@pytest.mark.parametrize(
    ("misfit", "said"),
    [
        ({"name": "   "}, "Skriv noget, der kan ses"),
        ({"name": "\u200b\u2060\u3164"}, "Skriv noget, der kan ses"),
        ({"pin": "12"}, "En pinkode har 4 til 8 cifre."),
        ({"phone": "mangler"}, "Et telefonnummer har kun cifre"),
    ],
)
async def test_only_the_field_that_does_not_fit_is_named_and_what_would_fit_is_told(
    misfit: dict[str, str], said: str, employee: Visitor, library: LendingLibrary
):
    one = secrets.token_hex(6)
    fitting = {"branch": library.town.main, "group": library.groups["adult"], "key": one, "name": "Åse", "card": one}
    answer = await employee.send("/patrons/new", fitting | misfit)
    assert answer.status_code == 400
    assert "ved felterne (1)" in answer.text
    assert said in answer.text
    assert answer.text.count('class="form-error-message"') == 1


@pytest.mark.parametrize(
    ("years", "group"), [(8, "child"), (15, "young"), (40, "adult"), (None, "adult")], ids=["8", "15", "40", "unknown"]
)
async def test_a_new_borrower_is_in_the_group_of_their_age_unless_somebody_chooses(
    years: int | None, group: str, employee: Visitor, library: LendingLibrary
):
    one = secrets.token_hex(6)
    born = "" if years is None else (library.clock.now - timedelta(days=366 * years)).date()
    form = {"branch": library.town.main, "group": "", "key": one, "name": "Ny Låner", "card": one, "birth_date": born}
    answer = await employee.send("/patrons/new", form)
    (patron,) = re.findall(r"patron=(\d+)", answer.headers["location"])
    sql = "SELECT patron_group_id FROM membership WHERE agency_id = $1 AND patron_id = $2"
    assert await library.run(lambda tx: tx.value(sql, tx.agency, int(patron))) == library.groups[group]
