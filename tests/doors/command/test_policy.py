"""The national ceilings, set by the operator."""

import json

from faelles.doors.command.frame import NOT_UNDERSTOOD


def test_the_operator_sets_a_ceiling_and_sees_it_listed_with_its_period(run):
    knob = "replacement_default_price_ore"
    assert run("policy", "ceiling", "set", knob, 90_000_000, "--source", "Takstkatalog 2026").exit_code == 0
    planned = run("policy", "ceiling", "set", knob, 80_000_000, "--source", "Lov", "--from", "2190-01-01")
    assert planned.exit_code == 0, planned.stderr
    [now] = json.loads(run("policy", "ceiling", "list", knob, "--json").stdout)
    assert (now["source"], now["highest_ore"]) == ("Takstkatalog 2026", 90_000_000)
    assert now["valid_until"] is not None
    assert "2190" in run("policy", "ceiling", "list", knob, "--all").stdout


def test_a_ceiling_on_what_is_no_amount_is_not_understood(run):
    result = run("policy", "ceiling", "set", "loan_days", 5, "--source", "Lov")
    assert result.exit_code == NOT_UNDERSTOOD
    assert "loan_days" in result.stderr
