"""Planning: which notices there are to be. Nothing is put into words here, and nothing is sent."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from msgspec import structs

from faelles.ground.clock import local_date
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.events import RecordedEvent, read_next
from faelles.ground.ids import DivisionId, PatronId
from faelles.notices import rules, store
from faelles.notices.model import About, ChannelName, Kind, Plan, To, kinds
from faelles.notices.planning import rules as planning
from faelles.notices.planning import store as facts
from faelles.notices.planning.sealing import seal
from faelles.notices.store import PlannedNotice, Reached

READER: Final = "notices"
AT_A_TIME: Final = 500


async def plan_from_events(tx: Transaction) -> tuple[int, int]:
    """Read on in the agency's log and plan what it calls for: how many events were read, how many notices planned.

    The place in the log is kept in the same transaction: nothing is lost or planned twice, whatever is killed when.
    """
    events = await read_next(tx, READER, limit=AT_A_TIME)
    called = [(event, kind) for event in events for kind in planning.called_for(event, tx.now)]
    if not called:
        return len(events), 0
    return len(events), await plan(tx, await _plans(tx, called))


async def plan(tx: Transaction, plans: Sequence[Plan]) -> int:
    """Plan what is wanted, by the ways that reach people, once; how many notices came of it."""
    if not plans:
        return 0
    reached = dict(await store.load_reached(tx, {each.patron for each in plans}))
    told = await _with_adults(tx, plans, reached)
    zone = await facts.time_zone(tx)
    planned = [notice for each in told if (notice := _planned(each, reached.get(each.patron), zone))]
    return await store.insert_notices(tx, planned)


async def tell(
    tx: Transaction,
    kind: Kind,
    patron: PatronId,
    division: DivisionId,
    *,
    occasion: str,
    day: date | None = None,
    subject: int | None = None,
    concerning: PatronId | None = None,
) -> int:
    """Plan a notice that a room above this one asks for: what it is about, which day, and whom, if that is another."""
    asked = Plan(
        kind=kind.name,
        occasion=occasion,
        patron=patron,
        division=division,
        happened_at=tx.now,
        subject=subject,
        day=day,
        concerning=concerning,
    )
    return await plan(tx, [asked])


async def say(
    tx: Transaction, keyring: Keyring, kind: Kind, patron: PatronId, division: DivisionId, *, occasion: str, text: str
) -> int:
    """Plan a notice about what no table knows: a code, a text by hand. `text` is kept sealed until it is sent."""
    return await plan(
        tx,
        [
            Plan(
                kind=kind.name,
                occasion=occasion,
                patron=patron,
                division=division,
                happened_at=tx.now,
                sealed=seal(keyring, tx.agency, text),
            )
        ],
    )


async def _plans(tx: Transaction, called: Sequence[tuple[RecordedEvent, Kind]]) -> list[Plan]:
    payments = await facts.load_payments(
        tx,
        {
            (event.account, event.at)
            for event, kind in called
            if kind.about is About.PAYMENT and event.account is not None
        },
    )

    def subject_of(event: RecordedEvent, kind: Kind) -> int | None:
        if kind.about is About.PAYMENT:
            return payments.get((event.account or 0, event.at))
        return planning.subject_of(kind, event)

    subjects = [(event, kind, subject) for event, kind in called if (subject := subject_of(event, kind))]
    plans = []
    for about, to in {(kind.about, kind.to) for _, kind, _ in subjects}:
        ours = [each for each in subjects if (each[1].about, each[1].to) == (about, to)]
        plans += await _with_parties(tx, about, to, ours)
    return plans


async def _with_parties(
    tx: Transaction, about: About, to: To, called: Sequence[tuple[RecordedEvent, Kind, int]]
) -> list[Plan]:
    parties: dict[int, list[facts.Party]] = {}
    for party in await facts.load_parties(tx, about, to, {subject for _, _, subject in called}):
        parties.setdefault(party.subject, []).append(party)
    return [
        Plan(
            kind=kind.name,
            occasion=planning.occasion_of(kind, event, subject),
            patron=party.patron,
            division=party.division,
            happened_at=event.at,
            subject=subject,
            day=party.day,
            concerning=party.concerning,
        )
        for event, kind, subject in called
        for party in parties.get(subject, ())
    ]


async def _with_adults(tx: Transaction, plans: Iterable[Plan], reached: dict[PatronId, Reached]) -> list[Plan]:
    """The plans, with those for the adults who answer for children: a copy of what adults are to know, and in place of
    the child whatever would not reach it, because it has neither mail nor telephone of its own.
    """
    today = local_date(tx.now, await facts.time_zone(tx))
    for_adults = {
        (each.kind, each.patron)
        for each in plans
        if (found := reached.get(each.patron))
        and rules.is_child(found.contact, today)
        and rules.is_for_adults(kinds()[each.kind], found.wishes, found.contact)
    }
    adults_of = await store.load_guardians(tx, {patron for _, patron in for_adults}, today)
    reached |= await store.load_reached(tx, {adult for adults in adults_of.values() for adult in adults})
    told: list[Plan] = []
    for each in plans:
        is_theirs = each.concerning is None and (each.kind, each.patron) in for_adults
        adults = adults_of.get(each.patron, ()) if is_theirs else ()
        in_place = not kinds()[each.kind].guardian
        named = [adult for adult in adults if not in_place or reached[adult].contact.has_own_address]
        if not named or not in_place:
            told.append(each)
        told += [structs.replace(each, patron=adult, concerning=each.patron) for adult in named]
    return told


def _planned(plan: Plan, reached: Reached | None, zone: str) -> PlannedNotice | None:
    kind = kinds()[plan.kind]
    if reached is None or reached.contact.is_deceased or not rules.is_wanted(kind, reached.wishes):
        return None
    channel = rules.channel_for(kind, reached.wishes, reached.contact)
    if channel is None and kind.must:
        # Nowhere to go: it comes before somebody's eyes as undeliverable, instead of not being said.
        channel = ChannelName.LETTER
    if channel is None:
        return None
    return PlannedNotice(
        plan=plan,
        patron=reached.contact.patron,
        channel=channel,
        send_after=rules.send_after(kind, reached.wishes, channel, plan.happened_at, zone),
        is_urgent=kind.urgent,
    )
