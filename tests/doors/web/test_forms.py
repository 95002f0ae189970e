"""Forms that are refused: told at the field that does not fit, in words of the desk."""

import secrets

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
