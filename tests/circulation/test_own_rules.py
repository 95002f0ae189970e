"""Whatever changes what a renewal is told of a loan tells it apart from others."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from faelles.agencies.calendar import Calendar
from faelles.agencies.directory import AgencyDirectory
from faelles.agencies.model import Agency, AgencyKind, Branch, BranchKind, Service
from faelles.circulation.desk.facts import BookedDays, Membership, OpenLoan, PatronFacts
from faelles.circulation.desk.opening import Desk
from faelles.circulation.loans.cases import renewal_of
from faelles.circulation.loans.renewal_rules import find_blocks
from faelles.circulation.own.model import ItemByPlace, LoanAtHome, LoanByPlace
from faelles.circulation.own.rules import decided_alike, told_apart_by
from faelles.ground.i18n import Language
from faelles.ground.ids import (
    AgencyId,
    BranchId,
    DivisionId,
    ItemId,
    ItemNumber,
    LoanId,
    MaterialGroupId,
    PatronGroupId,
    PatronId,
    PlacementId,
    RecordId,
)
from faelles.people.model import Place
from faelles.policies.compiled import Settings
from faelles.policies.knobs import Effect, OverdueRenewal, RenewalBase
from faelles.policies.model import Rule, SettingsRevision
from policies.policyland import ADULT, AGENCY, NOVEL, policy, rule

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
LIBRARY, SCHOOL, MAIN = DivisionId(71), DivisionId(72), BranchId(711)
DAYS = st.sampled_from([date(2026, 2, 20), date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 30), date(2026, 6, 1)])
BOOKINGS = st.lists(
    st.builds(
        lambda is_mine, starts: BookedDays(is_mine, starts, starts, starts),
        st.booleans(),
        DAYS,
    ),
    max_size=2,
)
MOMENTS = st.none() | st.just(datetime(2026, 2, 21, tzinfo=UTC))

LOANS = st.builds(
    LoanByPlace,
    id=st.integers(10_000_000, 10_000_003).map(LoanId),
    item=st.integers(1, 3).map(ItemId),
    division=st.sampled_from([LIBRARY, SCHOOL]),
    lent_at=st.just(NOW),
    lent_on=DAYS,
    due_on=DAYS,
    renewals=st.integers(0, 3),
    lost_at=MOMENTS,
    claimed_returned_at=MOMENTS,
    closed_at=st.none(),
)
ITEMS = st.builds(
    ItemByPlace,
    id=st.integers(1, 3).map(ItemId),
    number=st.sampled_from(["3000000001", "3000000002"]).map(ItemNumber),
    kind=st.just("book"),
    record=st.integers(1, 3).map(RecordId),
    owner_branch=st.just(MAIN),
    default_placement=st.just(PlacementId(7111)),
    material_group=st.just(MaterialGroupId(NOVEL)),
    withdrawn=st.booleans(),
    lender_due_on=st.none() | DAYS,
)
AT_HOME = st.builds(
    LoanAtHome,
    loan=LOANS,
    item=ITEMS,
    waited_for_from=st.none() | DAYS,
    bookings=BOOKINGS.map(tuple),
    identifier=st.sampled_from(["870970:1", "870970:2"]),
    issue=st.none(),
    elsewhere=st.none(),
    answering=st.none(),
)
RULES = st.fixed_dictionaries(
    {
        "renewable": st.booleans(),
        "max_renewals": st.integers(0, 2),
        "renew_days_before_due": st.none() | st.integers(0, 10),
        "renew_days_after_due": st.none() | st.integers(0, 20),
        "renewal_counts_from": st.sampled_from(RenewalBase),
        "renewal_with_holds": st.sampled_from(Effect),
        "overdue_blocks_renewal": st.sampled_from(OverdueRenewal),
    }
)
FIELDS = [
    *(("loan", name) for name in LoanByPlace.__struct_fields__),
    *(("item", name) for name in ItemByPlace.__struct_fields__),
    *((None, name) for name in LoanAtHome.__struct_fields__ if name not in {"loan", "item"}),
]


def desk_with(rules: list[Rule]) -> Desk:
    agency = Agency(
        id=AgencyId(AGENCY),
        isil="DK-700700",
        name="Prøvelund",
        municipality_code="700",
        kind=AgencyKind.MUNICIPALITY,
        currency="DKK",
        time_zone="Europe/Copenhagen",
        holiday_calendar="DK",
        language=Language.DANISH,
    )
    main = Branch(
        id=MAIN,
        division=LIBRARY,
        code="DK-700700",
        name="Prøvelund",
        kind=BranchKind.PUBLIC,
        is_pickup=True,
        closed_from=None,
    )
    directory = AgencyDirectory(
        agency=agency,
        divisions={},
        branches={MAIN: main},
        branches_by_code={},
        placements={},
        calendars={(MAIN, Service.STAFFED): Calendar()},
    )
    compiled = Settings(
        revision=SettingsRevision(1, 1),
        policy=policy(*rules),
        directory=directory,
        patron_groups={},
        material_groups={},
    )
    return Desk(settings=compiled, place=Place(LIBRARY, MAIN), permissions=frozenset(), now=NOW, is_self_service=True)


def reader(loans: list[LoanAtHome]) -> PatronFacts:
    return PatronFacts(
        id=PatronId(1),
        kind="person",
        name="Ada",
        birth_date=None,
        home_branch=MAIN,
        language="da",
        pin_hash=None,
        memberships=(Membership(LIBRARY, "patron", PatronGroupId(ADULT), None, date(2026, 4, 1)),),
        blocks=(),
        debts=None,
        guardians=(),
        loans=tuple(
            OpenLoan(
                each.loan.division, each.item.material_group, each.item.record, each.loan.due_on, each.loan.is_stopped
            )
            for each in loans
        ),
    )


def with_one_of(one: LoanAtHome, other: LoanAtHome, inside: str | None, name: str) -> LoanAtHome:
    """The one, but as the other in this field."""
    if inside is None:
        return replace(one, **{name: getattr(other, name)})
    part = replace(getattr(one, inside), **{name: getattr(getattr(other, inside), name)})
    return replace(one, **{inside: part})


@pytest.mark.parametrize(("inside", "name"), FIELDS)
@settings(max_examples=40)
@given(data=st.data())
def test_loans_that_nothing_tells_apart_are_decided_alike(inside: str | None, name: str, data: st.DataObject):
    one, other, wanted = data.draw(AT_HOME), data.draw(AT_HOME), data.draw(RULES)
    twin = with_one_of(one, other, inside, name)
    desk = desk_with([rule(knob, value) for knob, value in wanted.items() if value is not None])
    patron = reader([one, twin])
    told = [tuple(find_blocks(renewal_of(desk, patron, each, desk.now))) for each in (one, twin)]
    assert told_apart_by(one) != told_apart_by(twin) or told[0] == told[1]
    refused = decided_alike(desk, patron)
    assert [refused(one) or (), refused(twin) or ()] == told
