"""The vendors' page and the program say the same."""

import re
from pathlib import Path

import pytest

from faelles.doors.command.sip2 import WISHES
from faelles.doors.sip2.messages import DEFINITIONS
from faelles.people.machines.terminal import ALERT_CODES, Encoding, Extension, PinRule, TerminalProfile

PAGE = (Path(__file__).parents[3] / "docs" / "sip2.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("setting", TerminalProfile.__struct_fields__)
def test_every_setting_is_explained(setting: str):
    assert f"`{setting}`" in PAGE


@pytest.mark.parametrize("request_code", [code for code, each in DEFINITIONS.items() if each.answer])
def test_every_request_is_explained_with_its_answer(request_code: str):
    lines = [line for line in PAGE.splitlines() if line.startswith(f"| {request_code} ")]
    assert [line.split("|")[2].strip() for line in lines] == [DEFINITIONS[request_code].answer]


@pytest.mark.parametrize("request_code", ["99", "23", "63", "17", "11", "65", "09", "37", "35", "25", "19", "15"])
def test_what_is_always_in_an_answer_and_in_which_order_is_as_the_page_says(request_code: str):
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {request_code} ")]
    told = re.findall(r"([+?~])([A-Z]{2})\b", line.rstrip("| ").rpartition("|")[2])
    answer = DEFINITIONS[DEFINITIONS[request_code].answer or ""]
    assert [name for _, name in told] == sorted((name for _, name in told), key=answer.order.index)
    always = {field.identifier for field in answer.fields if field.is_required} | {"BL", "CQ"}.intersection(
        answer.order
    )
    assert {name for mark, name in told if mark == "+"} == always


@pytest.mark.parametrize("code", [*Extension, *Encoding, *PinRule, *ALERT_CODES.values()])
def test_every_choice_is_named(code: str):
    assert code in PAGE


def test_the_test_client_knows_every_request():
    assert {wish.code for wish in WISHES.values()} == {
        code for code, each in DEFINITIONS.items() if each.answer or code == "97"
    }
