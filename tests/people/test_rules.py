"""Who may give what to whom, what locks for how long, and which passwords will do."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faelles.ground.ids import BranchId, DivisionId
from faelles.people.model import EVERY_PERMISSION, Grant, MachineKind, Permission, Place
from faelles.people.rules import (
    LONGEST_LOCK,
    MACHINE_PERMISSIONS,
    SUPPORT_PERMISSIONS,
    covers,
    failures_now,
    locked_until,
)
from faelles.people.staff.rules import password_weakness

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BRANCHES = {10: 1, 11: 1, 20: 2}
"""Branch: its division."""

places = st.sampled_from(
    [(None, None), (1, None), (2, None), *((division, branch) for branch, division in BRANCHES.items())]
)
grants = st.builds(
    lambda permissions, place: Grant(permissions, *place),
    st.frozensets(st.sampled_from([Permission.CHECKOUT, Permission.RENEW, Permission.PEOPLE_EDIT])),
    places,
)


@given(st.lists(grants, max_size=4), grants)
def test_covering_is_holding_everything_everywhere_it_would_hold(held: list[Grant], wanted: Grant):
    reached = [
        Place(DivisionId(division), BranchId(branch))
        for branch, division in BRANCHES.items()
        if wanted.covers(Place(DivisionId(division), BranchId(branch)))
    ]
    if covers(held, wanted):
        for place in reached:
            assert wanted.permissions <= frozenset().union(*(g.permissions for g in held if g.covers(place)))


@given(grants)
def test_everybody_covers_themselves(grant: Grant):
    assert covers([grant], grant)


def test_a_branch_does_not_cover_its_division_nor_a_division_the_agency():
    checkout = frozenset({Permission.CHECKOUT})
    branch = Grant(checkout, DivisionId(1), BranchId(10))
    division = Grant(checkout, DivisionId(1))
    agency = Grant(checkout)
    assert covers([agency], division)
    assert covers([division], branch)
    assert not covers([branch], division)
    assert not covers([division], agency)
    assert not covers([division], Grant(checkout, DivisionId(2), BranchId(20)))


@pytest.mark.parametrize(
    ("failures", "minutes"), [(1, 0), (4, 0), (5, 15), (6, 30), (7, 60), (8, 120), (11, 960), (12, 1440), (10**9, 1440)]
)
def test_locks_grow_up_to_a_day(failures: int, minutes: int):
    assert locked_until(failures, NOW) == (NOW + timedelta(minutes=minutes) if minutes else None)


@given(st.integers(5, 10**6))
def test_a_lock_never_shrinks_with_more_failures(failures: int):
    first, second = locked_until(failures, NOW), locked_until(failures + 1, NOW)
    assert first is not None
    assert second is not None
    assert first <= second <= NOW + LONGEST_LOCK


def test_failures_are_forgotten_after_a_quiet_week():
    assert failures_now(7, NOW - timedelta(days=6, hours=23), NOW) == 7
    assert failures_now(7, NOW - timedelta(days=7), NOW) == 0


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("short", "password_length"),
        ("x" * 201, "password_length"),
        ("inga.larsen til fest", "password_has_username"),
        ("ababababababab", "password_monotonous"),
        ("Bibliotek2026!", "password_common"),
        ("  velkommen 123 ", "password_common"),
        ("Kodeord!12345", "password_common"),
        ("blue herring 4 lunch", None),
        ("rødgrød med fløde på", None),
    ],
)
def test_passwords_must_be_long_and_nobodys_first_guess(password: str, weakness: str | None):
    assert password_weakness(password, "inga.larsen") == weakness


def test_every_kind_of_machine_has_permissions_and_none_may_look_people_up():
    assert set(MACHINE_PERMISSIONS) == set(MachineKind)
    for permissions in MACHINE_PERMISSIONS.values():
        assert not permissions & {Permission.PATRON_VIEW, Permission.PEOPLE_EDIT, Permission.OVERRIDE_BLOCK}


def test_a_supporter_only_looks():
    changing = {permission for permission in EVERY_PERMISSION if not permission.value.endswith(("_view", "_read"))}
    assert SUPPORT_PERMISSIONS & changing == {Permission.WORKLIST}
