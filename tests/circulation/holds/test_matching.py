"""Which copy for which hold: by example, and whatever the queue and the shelves look like."""

import random
from time import process_time

from hypothesis import given, settings
from hypothesis import strategies as st

from faelles.circulation.holds.fitting import Demand, Supply, Unfit
from faelles.circulation.holds.matching import (
    Assigned,
    Cost,
    Costs,
    Free,
    Reach,
    Wanting,
    WhyNot,
    first_in_line,
    match,
)
from faelles.ground.ids import BranchId

HERE, THERE, FAR = BranchId(1), BranchId(2), BranchId(3)
COSTS = Costs(days={(HERE, THERE): 1, (THERE, HERE): 2}, groups=(frozenset({HERE, FAR}),), opens_in={FAR: 3})


def supply(branch: int = HERE, *, minimum_age: int = 0, issue: int = 0) -> Supply:
    return Supply(
        branch=branch,
        owner_branch=branch,
        placement=branch,
        material_group=1,
        issue=issue,
        minimum_age=minimum_age,
        is_placeholder=False,
        not_for_loan=False,
        is_damaged=False,
        is_new=False,
    )


def demand(pickup: int = HERE, *, age: int = 18) -> Demand:
    return Demand(division=1, patron_group=1, pickup=pickup, age=age, is_for_one_item=False, waived=frozenset())


def judge(stock: Supply, wish: Demand) -> Cost | Unfit:
    if wish.age < stock.minimum_age:
        return Unfit.TOO_YOUNG
    return COSTS.between(stock.branch, wish.pickup)


def wants(hold: int, rank: int | None = None, **more) -> Wanting:
    return Wanting(hold=hold, rank=hold if rank is None else rank, demand=more.pop("demand", demand()), **more)


def given_out(queue, copies) -> dict[int, int]:
    return {each.hold: each.item for each in match(queue, copies, judge).assigned}


def test_the_first_in_rank_gets_the_copy():
    plan = match([wants(2), wants(1)], [Free(7, supply())], judge)
    assert plan.assigned == (Assigned(1, 7, Cost(0, 0, Reach.OWN_BRANCH)),)
    assert plan.passed == {2: WhyNot.OTHERS_FIRST}


def test_own_branch_goes_before_float_group_before_van_before_no_route():
    everywhere = [Free(4, supply(4)), Free(2, supply(THERE)), Free(3, supply(FAR)), Free(1, supply(HERE))]
    plan = match([wants(hold) for hold in (1, 2, 3, 4)], everywhere, judge)
    assert [each.item for each in plan.assigned] == [1, 3, 2, 4]
    assert [each.cost.reach for each in plan.assigned] == list(Reach)
    assert plan.assigned[0].over == Cost(1, 3, Reach.FLOAT_GROUP)


def test_of_two_ways_alike_the_quicker_is_taken():
    near, slow = supply(HERE), supply(5)
    plan = match([wants(1, demand=demand(THERE))], [Free(1, slow), Free(2, near)], judge)
    assert plan.assigned[0].item == 2


def test_a_copy_somebody_asked_for_by_itself_is_given_to_others_last():
    assert given_out([wants(1), wants(2, item=7)], [Free(7, supply()), Free(8, supply())]) == {1: 8, 2: 7}


def test_rank_goes_before_the_wish_for_one_copy():
    plan = match([wants(1), wants(2, item=7)], [Free(7, supply())], judge)
    assert ({each.hold for each in plan.assigned}, plan.passed) == ({1}, {2: WhyNot.OTHERS_FIRST})


def test_what_somebody_is_fetching_stays_theirs():
    assert given_out([wants(1), wants(2, pinned=7)], [Free(7, supply())]) == {2: 7}


def test_reasons_of_the_hold_itself_come_first():
    plan = match([wants(1, idle=WhyNot.ABSENT), wants(2)], [Free(7, supply())], judge)
    assert (plan.passed, plan.assigned[0].hold) == ({1: WhyNot.ABSENT}, 2)


def test_why_nothing_fits():
    child = wants(1, demand=demand(age=10))
    assert match([child], [Free(7, supply(minimum_age=15))], judge).passed == {1: WhyNot.TOO_YOUNG}
    assert match([wants(1)], [], judge).passed == {1: WhyNot.ALL_OUT}
    assert match([wants(1)], [], judge, has_copies=False).passed == {1: WhyNot.NO_COPIES}
    assert match([wants(1, item=9)], [Free(7, supply())], judge).passed == {1: WhyNot.WANTED_COPY_OUT}
    assert match([wants(1, issue=5)], [Free(7, supply(issue=4))], judge).passed == {1: WhyNot.OTHER_ISSUE}


def test_a_copy_on_the_desk_goes_to_the_first_it_can_fill_and_says_who_was_passed_over():
    queue = [
        wants(1, idle=WhyNot.ABSENT),
        wants(2, demand=demand(age=10)),
        wants(3, pinned=99),
        wants(4, item=98),
        wants(5),
        wants(6),
    ]
    taken, passed = first_in_line(reversed(queue), 7, supply(minimum_age=15), judge)
    assert taken is not None
    assert taken.hold == 5
    assert [each.why for each in passed] == [
        WhyNot.ABSENT,
        WhyNot.TOO_YOUNG,
        WhyNot.BEING_FETCHED,
        WhyNot.WANTED_COPY_OUT,
    ]


supplies = st.builds(supply, st.integers(1, 4), minimum_age=st.sampled_from([0, 15]), issue=st.sampled_from([0, 0, 1]))
shelves = st.lists(supplies, max_size=12).map(lambda found: [Free(100 + n, each) for n, each in enumerate(found)])
wishes = st.builds(
    lambda pickup, age, issue, item, idle, pinned: {
        "demand": demand(pickup, age=age),
        "issue": issue,
        "item": item,
        "idle": idle,
        "pinned": pinned,
    },
    st.integers(1, 4),
    st.sampled_from([10, 18]),
    st.sampled_from([0, 0, 1]),
    st.sampled_from([None, None, None, 100, 101]),
    st.sampled_from([None, None, None, WhyNot.ABSENT]),
    st.sampled_from([None, None, None, 102, 103]),
)
queues = st.lists(wishes, max_size=15).map(lambda found: [wants(n + 1, **each) for n, each in enumerate(found)])


@given(queues, shelves, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_the_input_changes_nothing(queue, copies, chance):
    plan = match(queue, copies, judge)
    chance.shuffle(queue)
    chance.shuffle(copies)
    assert match(queue, copies, judge) == plan


@given(queues, shelves)
@settings(deadline=None)
def test_every_hold_is_answered_once_and_every_copy_given_once(queue, copies):
    plan = match(queue, copies, judge)
    served = [each.hold for each in plan.assigned]
    assert sorted([*served, *plan.passed]) == [each.hold for each in queue]
    assert len({each.item for each in plan.assigned}) == len(plan.assigned)


@given(queues, shelves)
@settings(deadline=None)
def test_nobody_is_passed_over_while_a_copy_that_fits_is_left_or_went_further_down(queue, copies):
    plan = match(queue, copies, judge)
    rank = {each.hold: each.rank for each in queue}
    holder = {each.item: each for each in plan.assigned}
    pinned = {each.hold: each.pinned for each in queue}
    for wanting in queue:
        if wanting.hold not in plan.passed or wanting.idle is not None:
            continue
        for copy in copies:
            if isinstance(judge(copy.supply, wanting.demand), Unfit) or wanting.issue not in {0, copy.supply.issue}:
                continue
            if wanting.item not in {None, copy.item}:
                continue
            taken = holder.get(copy.item)
            assert taken is not None
            assert rank[taken.hold] < wanting.rank or pinned[taken.hold] == copy.item


def test_long_queues_take_milliseconds():
    chance = random.Random(7)
    queue = [wants(n, demand=demand(chance.randint(1, 8))) for n in range(2_000)]
    copies = [Free(n, supply(chance.randint(1, 8))) for n in range(400)]
    started = process_time()
    plan = match(queue, copies, judge)
    assert len(plan.assigned) == 400
    assert process_time() - started < 1
