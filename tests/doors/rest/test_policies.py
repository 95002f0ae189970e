from typing import Any

from httpx import AsyncClient

from doors.rest.furniture import Furniture

POLICIES = "/api/v1/policies"

Headers = dict[str, str]


def groups_of(furnished: Furniture) -> dict[str, Any]:
    return {name: furnished.objects[name] for name in ("patron_group", "material_group")}


async def explained(client: AsyncClient, headers: Headers, knob: str, **query: Any) -> dict[str, Any]:
    answer = await client.get(f"{POLICIES}/explanations", params={"knob": knob, **query}, headers=headers)
    assert answer.status_code == 200
    [explanation] = answer.json()["items"]
    return explanation


async def test_a_new_rule_decides_the_next_question_and_the_old_one_is_its_runner_up(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    groups = groups_of(furnished)
    rule = {"knob": "loan_days", "value": 21, "scope": "agency", "reason": "forår", **groups}
    written = await client.post(f"{POLICIES}/rules", json=rule, headers=librarian)
    assert written.status_code == 201
    explanation = await explained(client, librarian, "loan_days", item_branch=furnished.objects["branch"], **groups)
    assert explanation["setting"]["value"] == 21
    assert explanation["setting"]["rule"]["id"] == written.json()["id"]
    beaten = explanation["runners_up"][0]
    assert (beaten["rule"]["id"], beaten["why"]) == (furnished.objects["rule"], "less_specific_patron_group")


async def test_nothing_is_lendable_until_the_grid_says_yes(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    groups = groups_of(furnished) | {"material_group": furnished.objects["new_material_group"]}
    before = await explained(client, librarian, "lendable", **groups)
    assert (before["setting"]["value"], before["setting"]["source"]) == (False, "loaning_profile_not_found")
    cells = {
        "scope": "agency",
        "patron_groups": [groups["patron_group"]],
        "material_groups": [groups["material_group"]],
        "lendable": True,
    }
    allowed = await client.post(f"{POLICIES}/cells", json=cells, headers=librarian)
    assert (allowed.status_code, allowed.json()) == (200, {"changed": 1, "unchanged": 0})
    assert (await explained(client, librarian, "lendable", **groups))["setting"]["value"] is True


async def test_an_ended_rule_is_listed_among_the_past_ones_alone(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    rule = furnished.objects["rule"]
    ended = await client.post(f"{POLICIES}/rules/{rule}/end", json={}, headers=librarian)
    assert ended.status_code == 200
    query: dict[str, Any] = {"knob": "loan_days", "at_scope": "agency"}
    now = await client.get(f"{POLICIES}/rules", params=query, headers=librarian)
    ever = await client.get(f"{POLICIES}/rules", params=query | {"include_past_and_planned": True}, headers=librarian)
    assert (now.json()["items"], [found["id"] for found in ever.json()["items"]]) == ([], [rule])


async def test_a_wrong_value_is_told_with_the_bounds_of_its_knob(client: AsyncClient, librarian: Headers):
    rule = {"knob": "loan_days", "value": "tre uger", "scope": "agency"}
    answer = await client.post(f"{POLICIES}/rules", json=rule, headers=librarian)
    assert answer.status_code == 400
    assert "Lånetid skal være et antal hele dage fra 1 til 3650." in answer.text


async def test_a_moment_without_a_zone_is_refused(client: AsyncClient, librarian: Headers):
    answer = await client.get(f"{POLICIES}/explanations", params={"at": "2026-06-30T12:00:00"}, headers=librarian)
    assert answer.status_code == 400


async def test_a_moment_before_all_rules_is_answered(client: AsyncClient, librarian: Headers):
    answer = await client.get(f"{POLICIES}/explanations", params={"at": "1900-01-01T12:00:00Z"}, headers=librarian)
    assert answer.status_code == 200


async def test_a_simulation_changes_nothing(client: AsyncClient, furnished: Furniture, librarian: Headers):
    draft = {"knob": "max_renewals", "value": 5, "scope": "agency"}
    question = {"drafts": [draft], "subjects": [{"item_branch": furnished.objects["branch"]}]}
    answer = await client.post(f"{POLICIES}/simulations", json=question, headers=librarian)
    [[difference]] = [subject["differences"] for subject in answer.json()["items"]]
    assert (difference["knob"], difference["after"]["value"]) == ("max_renewals", 5)
    assert (await explained(client, librarian, "max_renewals"))["setting"]["value"] == 3


async def test_a_day_at_the_end_of_time_is_no_value_of_a_knob(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    rule = {"knob": "fixed_due_date", "value": "9999-12-31", "scope": "agency", **groups_of(furnished)}
    answer = await client.post(f"{POLICIES}/rules", json=rule, headers=librarian)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "day_out_of_range")
