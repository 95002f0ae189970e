"""What facts say of themselves."""

from datetime import date

import pytest

from faelles.circulation.desk.facts import Guardian, PatronFacts
from faelles.ground.ids import BranchId, PatronId

MOTHER, FATHER = PatronId(2), PatronId(3)
ALWAYS = Guardian(MOTHER, None, None)
SINCE_MAY = Guardian(FATHER, date(2026, 5, 1), None)
UNTIL_JUNE = Guardian(FATHER, date(2026, 5, 1), date(2026, 6, 1))


@pytest.mark.parametrize(
    ("guardians", "answers"),
    [
        ((), None),
        ((ALWAYS,), MOTHER),
        ((ALWAYS, SINCE_MAY), FATHER),
        ((SINCE_MAY, ALWAYS), FATHER),
        ((UNTIL_JUNE, ALWAYS), MOTHER),
        ((Guardian(FATHER, None, None), ALWAYS), MOTHER),
    ],
)
def test_of_several_guardians_the_one_who_took_it_over_last_answers(guardians, answers):
    child = PatronFacts(
        id=PatronId(1),
        kind="person",
        name="Barn",
        birth_date=date(2018, 1, 1),
        home_branch=BranchId(1),
        language="da",
        pin_hash=None,
        memberships=(),
        blocks=(),
        debts=None,
        guardians=guardians,
        loans=(),
    )
    assert child.responsible_on(date(2026, 7, 1)) == answers
