"""Placing, step by step: what each wish is for, what stands against it, the holds to write."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

import msgspec

from faelles.circulation.desk.blocks import Block, BlockCode, block, judge
from faelles.circulation.desk.dimensions import age_band
from faelles.circulation.desk.facts import PatronFacts
from faelles.circulation.holds.counter import Counter
from faelles.circulation.holds.facts import Copy, OwnHold, PlacingFacts, TitleFacts
from faelles.circulation.holds.fitting import Demand, known_age, misfits, subject_of, supply_of
from faelles.circulation.holds.model import MOST_DAYS, Placed, PlaceHolds, PlacingOutcome, Target, Together, Wish
from faelles.circulation.holds.placing_rules import CopyClass, PlacingCase, find_blocks
from faelles.circulation.holds.queue_rules import QueueEnd
from faelles.circulation.holds.store import NewHold
from faelles.ground.errors import invalid_field
from faelles.ground.ids import HoldId, IssueId, ItemId, MaterialGroupId, PatronGroupId, RecordId
from faelles.policies import model as policies
from faelles.policies.compiled import Terms
from faelles.policies.knobs import HOLD_INTEREST_DAYS, HOLD_SLOTS_IN_BY_DATE

_Named = TypeVar("_Named", RecordId, IssueId)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a wish turned out to be for."""

    title: TitleFacts
    target: Target
    issue: IssueId | None = None
    wanted_item: ItemId | None = None
    group: MaterialGroupId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """All wishes of a request, decided one after the other. `grants` are the holds that would be written."""

    answers: tuple[Placed, ...]
    grants: tuple[NewHold, ...]
    crowded: RecordId | None = None
    """A title with no room between two holds: they must be put apart before anything is decided."""


def find_subject(wish: Wish, facts: PlacingFacts) -> Subject | Block:
    """What `wish` names, or the block that says there is no such thing."""
    titles = {title.record: title for title in facts.titles}
    if wish.record is not None:
        group = None if wish.material_group is None else MaterialGroupId(wish.material_group)
        title = _title_of(titles, dict(facts.records), RecordId(wish.record))
        return Subject(title=title, target=Target.TITLE, group=group) if title else block(BlockCode.TITLE_NOT_FOUND)
    if wish.issue is not None:
        issue = IssueId(wish.issue)
        title = _title_of(titles, dict(facts.issues), issue)
        return Subject(title=title, target=Target.ISSUE, issue=issue) if title else block(BlockCode.ISSUE_NOT_FOUND)
    found = next((each for each in facts.items if each[0] == wish.item), None)
    title = titles.get(found[2]) if found else None
    if found is None or title is None:
        return block(BlockCode.MATERIAL_NOT_FOUND)
    _, item, _, is_withdrawn = found
    if is_withdrawn:
        return block(BlockCode.MATERIAL_DISCARDED)
    return Subject(title=title, target=Target.ITEM, wanted_item=item)


def _title_of(
    titles: Mapping[RecordId, TitleFacts], records: Mapping[_Named, RecordId], named: _Named
) -> TitleFacts | None:
    """The title of what was named, as it stands now."""
    record = records.get(named)
    return None if record is None else titles.get(record)


def decide(counter: Counter, request: PlaceHolds, facts: PlacingFacts, patron: PatronFacts, actor_kind: str) -> Order:
    """Each wish in the order it stands in; what is granted counts against the limits of what comes after it."""
    held = list(facts.holds)
    ends = {title.record: QueueEnd(title.last_rank or 0, title.waiting, title.later) for title in facts.titles}
    begins = max(request.active_from or counter.today, counter.today)
    answers: list[Placed] = []
    grants: list[NewHold] = []
    for number, wish in zip(facts.numbers, request.wishes, strict=True):
        subject = find_subject(wish, facts)
        if not isinstance(subject, Subject):
            answers.append(Placed(outcome=PlacingOutcome.REFUSED, wish=wish, blocks=(subject,)))
            continue
        case = placing_case(counter, facts, patron, held, subject)
        judgement = judge(find_blocks(case), request.overrides, counter.permissions)
        record = subject.title.record
        answer = Placed(
            outcome=PlacingOutcome.PLACED if judgement.allows else PlacingOutcome.REFUSED,
            wish=wish,
            record=record,
            title=subject.title.title,
            blocks=judgement.standing,
            overridden=judgement.overridden,
        )
        if judgement.allows:
            place = ends[record].place(subject, begins, counter.today, slots_in=case.terms[HOLD_SLOTS_IN_BY_DATE].value)
            if place is None:
                return Order(answers=(), grants=(), crowded=record)
            ends[record] = ends[record].joined(subject, place.rank, begins, counter.today)
            interest_until = _interest_until(request, case)
            held.append(_as_own(number, case))
            grants.append(
                _new_hold(number, case, request, interest_until, place.rank, judgement.overridden, actor_kind)
            )
            answer = msgspec.structs.replace(
                answer, hold=number, position=place.position, interest_until=interest_until
            )
        answers.append(answer)
    return Order(answers=tuple(answers), grants=tuple(grants))


def placing_case(
    counter: Counter, facts: PlacingFacts, patron: PatronFacts, held: Sequence[OwnHold], subject: Subject
) -> PlacingCase:
    """One wish, ready to be decided."""
    membership = patron.membership_in(counter.division, counter.today)
    demand = Demand(
        division=counter.division,
        patron_group=membership.group if membership else policies.ANY_PATRON,
        pickup=counter.pickup.id,
        age=known_age(patron.birth_date, counter.today),
        is_for_one_item=subject.wanted_item is not None,
        waived=frozenset(),
        group=subject.group or policies.ANY_MATERIAL,
    )
    wished_for = [copy for copy in subject.title.copies if _is_wished_for(counter, copy, subject)]
    classes = _classes(counter, demand, wished_for)
    return PlacingCase(
        patron=patron,
        holds=tuple(held),
        had=subject.title.record in facts.had,
        title=subject.title,
        target=subject.target,
        issue=subject.issue,
        item=subject.wanted_item,
        classes=classes,
        demand=demand,
        pickup=counter.pickup,
        branch_names={branch.id: branch.name for branch in counter.settings.directory.branches.values()},
        terms=_terms(counter, demand, classes),
        today=counter.today,
        is_self_service=counter.is_self_service,
    )


def _is_wished_for(counter: Counter, copy: Copy, subject: Subject) -> bool:
    if subject.group is not None and not counter.settings.is_of_group(copy.material_group, subject.group):
        return False
    if subject.wanted_item is not None:
        return copy.item == subject.wanted_item
    return subject.issue is None or copy.issue == subject.issue


def _classes(counter: Counter, demand: Demand, copies: Sequence[Copy]) -> tuple[CopyClass, ...]:
    grouped = defaultdict(list)
    for copy in copies:
        grouped[supply_of(counter.settings, copy, counter.today, counter.terms_of)].append(copy)
    return tuple(
        CopyClass(
            supply=supply,
            copies=tuple(alike),
            misfits=tuple(
                misfits(
                    counter.settings, counter.terms_of(subject_of(counter.settings, supply, demand)), supply, demand
                )
            ),
        )
        for supply, alike in sorted(grouped.items())
    )


def _terms(counter: Counter, demand: Demand, classes: tuple[CopyClass, ...]) -> Terms:
    """Those of the copies the title has most of; without copies, of any material."""
    most = max(classes, key=lambda each: (len(each.copies), each.supply), default=None)
    if most is not None:
        return counter.terms_of(subject_of(counter.settings, most.supply, demand))
    return counter.terms_of(
        policies.Subject(
            item=counter.settings.at_division(demand.division),
            patron=counter.settings.at_division(demand.division),
            desk=counter.settings.at_branch(demand.pickup),
            patron_group=demand.patron_group,
        )
    )


def _interest_until(request: PlaceHolds, case: PlacingCase) -> date:
    """What was asked for, else as long as the rule says, counted from the day the hold becomes active."""
    if request.interest_until is not None:
        return request.interest_until
    first = max(request.active_from or case.today, case.today)
    return first + timedelta(days=case.terms[HOLD_INTEREST_DAYS].value)


def _as_own(number: HoldId, case: PlacingCase) -> OwnHold:
    return OwnHold(
        id=number,
        record=case.title.record,
        issue=case.issue,
        wanted_item=case.item,
        division=case.division,
        material_group=case.material_group,
        placed_on=case.today,
        is_open=True,
        nth=_nth(case),
    )


def _nth(case: PlacingCase) -> int:
    """The lowest number that none of the patron's other holds for the same has."""
    taken = {hold.nth for hold in case.same_wish}
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def _new_hold(
    number: HoldId,
    case: PlacingCase,
    request: PlaceHolds,
    interest_until: date,
    rank: int,
    overridden: tuple[Block, ...],
    actor_kind: str,
) -> NewHold:
    group: PatronGroupId | None = case.demand.patron_group
    is_parallel = request.together is Together.PARALLEL and len(request.wishes) > 1
    return NewHold(
        id=number,
        target=case.target,
        record=case.title.record,
        issue=case.issue,
        wanted_item=case.item,
        wanted_group=None if case.demand.group == policies.ANY_MATERIAL else case.demand.group,
        is_parallel=is_parallel,
        division=case.division,
        patron_group=group,
        material_group=case.material_group,
        pickup=case.pickup.id,
        placed_on=case.today,
        placed_by=actor_kind,
        active_from=request.active_from,
        interest_until=interest_until,
        rank=rank,
        nth=_nth(case),
        overridden=[each.code.value for each in overridden],
        dimensions={
            "branch": case.pickup.id,
            "division": case.division,
            "record": case.title.record,
            "material_type": case.title.material_type,
            "material_group": case.material_group,
            "classification": case.title.classification,
            "patron_group": group,
            "age_band": age_band(case.patron.birth_date, case.today),
            "target": case.target.value,
            "parallel": is_parallel,
        },
    )


def check_groups(counter: Counter, wishes: Sequence[Wish]) -> None:
    """Refuse a group of materials that there is not."""
    asked = {wish.material_group for wish in wishes if wish.material_group is not None}
    if not asked <= counter.settings.material_groups.keys():
        raise invalid_field("material_group", "material_group_unknown")


def check_dates(interest_until: date | None, active_from: date | None, today: date) -> None:
    """Refuse dates that make no sense: in the past, too far ahead, or an interest that ends before it begins."""
    latest = today + timedelta(days=MOST_DAYS)
    if interest_until is not None and not today <= interest_until <= latest:
        raise invalid_field("interest_until", "hold_date_out_of_range", first_on=str(today), last_on=str(latest))
    if active_from is not None and not today <= active_from <= latest:
        raise invalid_field("active_from", "hold_date_out_of_range", first_on=str(today), last_on=str(latest))
    check_order("active_from", interest_until, active_from)


def check_order(field: str, interest_until: date | None, active_from: date | None) -> None:
    """Refuse an interest that ends before it begins; `field` is the one that was asked for."""
    if active_from is not None and interest_until is not None and active_from > interest_until:
        raise invalid_field(field, "hold_begins_after_it_ends")
