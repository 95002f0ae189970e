"""Sending: claim what is due and still true, in its final words; hand it over; record what came of it (`recording`).

    batch = await claim(tx, keyring, channels)   one transaction: nothing has gone out yet
    ...  each message is handed over, outside any transaction
    await record(tx, batch, outcomes)            another: only what is still this sender's

Killed in between, the claim runs out and the same messages are claimed again, in the same words under the same key.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from faelles.ground.clock import local_date
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.ids import AgencyId, DivisionId, PatronId
from faelles.notices import rules as ways
from faelles.notices import store as plans
from faelles.notices.channels.port import Delivery, Verdict
from faelles.notices.model import About, ChannelName, MessageState, Notice, kinds
from faelles.notices.planning.sealing import unseal
from faelles.notices.sending import rules, store
from faelles.notices.sending.composing import Composer
from faelles.notices.sending.facts_store import load_facts
from faelles.notices.sending.model import Batch, Draft, Fact, Group
from faelles.notices.sending.recording import MISSING, record
from faelles.notices.sending.store import Result
from faelles.notices.store import Reached
from faelles.notices.templates import store as templates
from faelles.notices.templates.wording import Wording

AT_A_TIME: Final = 200
"""Notices of one claim: handed over well within the minute that what was checked is good for."""
TOGETHER: Final = timedelta(minutes=15)
"""What is due to the same patron so soon afterwards goes into the same message."""


async def agencies_due(database: Database, moment: datetime) -> list[AgencyId]:
    """Who has something to send by then."""
    return await store.agencies_due(database, moment)


async def claim(
    tx: Transaction,
    keyring: Keyring,
    channels: Collection[ChannelName],
    *,
    resting: Collection[ChannelName] = (),
    limit: int = AT_A_TIME,
    choices: str = "",
) -> Batch | None:
    """Take up what is due, check it once more and put it into words. None where there is nothing, or somebody else is
    at it; where none of those looked at may be disturbed now, there may be others. `channels`: the ways this program
    has; what goes by those that are `resting` is left for later. `choices`: where patrons choose what they hear of.
    """
    if not await store.lock_agency(tx):
        return None
    library, zone = await store.sender(tx)
    groups = await _groups(tx, limit, resting)
    looked_at = len(groups)
    reached = await _reached(tx, groups)
    groups = await _undisturbed(tx, groups, reached, zone)
    facts = await _facts(tx, [notice for group in groups for notice in group.notices])
    true, untrue = _sorted_out(groups, facts, reached, tx, zone)
    await _let_go(tx, groups, true, untrue)
    composer = Composer(
        wording=Wording(await templates.written(tx)),
        library=library,
        zone=zone,
        now=tx.now,
        facts=facts,
        reached=reached,
        unsealed=partial(unseal, keyring, tx.agency),
        choices=choices,
    )
    holder = secrets.token_hex(8)
    drafts = await _compose(tx, composer, true, holder, channels)
    has_letters = any(draft.channel is ChannelName.LETTER for draft in drafts)
    addresses = await store.addresses(tx) if has_letters else {}
    return Batch(tx.agency, holder, library, zone, addresses, tuple(drafts), looked_at) if looked_at else None


async def forget_texts(tx: Transaction, days: int) -> int:
    """Erase what messages said and where they went, `days` after they were composed."""
    return await store.erase_texts(tx, tx.now - timedelta(days=days))


async def _groups(tx: Transaction, limit: int, resting: Collection[ChannelName]) -> list[Group]:
    """What is to be tried again, then what is new."""
    waiting = await store.waiting_messages(tx, limit, without=resting)
    await store.note_attempts(
        tx,
        [
            Result(
                message=each.id,
                number=each.attempts,
                revision=each.revision,
                state=MessageState.SENDING,
                outcome="unknown",
            )
            for each in waiting
            if each.was_under_way
        ],
    )
    said: dict[int | None, list[Notice]] = {}
    for notice in await store.notices_of(tx, [each.id for each in waiting]):
        said.setdefault(notice.message, []).append(notice)
    again = [
        Group(
            patron=each.patron,
            division=each.division,
            channel=each.channel,
            notices=tuple(said.get(each.id, ())),
            earlier=each,
        )
        for each in waiting
    ]
    new = await store.due_notices(tx, until=tx.now + TOGETHER, limit=limit, without=resting)
    return again + _new_groups(new)


def _new_groups(notices: Iterable[Notice]) -> list[Group]:
    """One message for each patron, way and division; an urgent notice alone."""
    parts: dict[tuple[PatronId, ChannelName, DivisionId, int], list[Notice]] = {}
    for notice in notices:
        key = (notice.patron, notice.channel, notice.division, notice.id if notice.is_urgent else 0)
        parts.setdefault(key, []).append(notice)
    return [
        Group(patron=patron, division=division, channel=channel, notices=tuple(said))
        for (patron, channel, division, _), said in parts.items()
    ]


async def _reached(tx: Transaction, groups: Sequence[Group]) -> Mapping[PatronId, Reached]:
    concerned = {notice.concerning for group in groups for notice in group.notices if notice.concerning}
    return await plans.load_reached(tx, {group.patron for group in groups} | concerned)


async def _undisturbed(
    tx: Transaction, groups: Sequence[Group], reached: Mapping[PatronId, Reached], zone: str
) -> list[Group]:
    """Those whose patron may be disturbed now; the others wait for the end of their quiet hours, as planned anew."""
    ready = []
    for group in groups:
        found = reached.get(group.patron)
        is_urgent = any(notice.is_urgent for notice in group.notices)
        if found is None or is_urgent or group.earlier is not None:
            ready.append(group)
            continue
        until = ways.end_of_quiet(found.wishes, group.channel, tx.now, zone)
        if until > tx.now:
            await store.postpone(tx, group.notices, until)
        else:
            ready.append(group)
    return ready


async def _facts(tx: Transaction, notices: Sequence[Notice]) -> dict[int, Fact | None]:
    """What each notice is about, as it is now, by the notice's id."""
    wanted: dict[About, set[int]] = {}
    for notice in notices:
        if notice.subject is not None:
            wanted.setdefault(kinds()[notice.kind].about, set()).add(notice.subject)
    found = {about: await load_facts(tx, about, subjects) for about, subjects in wanted.items()}
    return {
        notice.id: found[kinds()[notice.kind].about].get(notice.subject) if notice.subject is not None else None
        for notice in notices
    }


def _sorted_out(
    groups: Sequence[Group],
    facts: Mapping[int, Fact | None],
    reached: Mapping[PatronId, Reached],
    tx: Transaction,
    zone: str,
) -> tuple[list[Group], list[Notice]]:
    """The groups with what is still to be said, and all that is not. To the dead nothing is."""
    today = local_date(tx.now, zone)
    kept, dropped = [], []
    for group in groups:
        found = reached.get(group.patron)
        is_there = found is not None and not found.contact.is_deceased
        true, untrue = rules.split(group.notices, facts, today) if is_there else ([], list(group.notices))
        dropped += untrue
        if true:
            kept.append(replace(group, notices=tuple(true)))
    return kept, dropped


async def _let_go(tx: Transaction, groups: Sequence[Group], kept: Sequence[Group], untrue: Sequence[Notice]) -> None:
    """What is no longer so is not said; a message that was written and has nothing left to say is withdrawn."""
    await store.drop(tx, untrue)
    gone = {group.earlier.id for group in groups if group.earlier} - {each.earlier.id for each in kept if each.earlier}
    await store.withdraw(tx, sorted(gone))


async def _compose(
    tx: Transaction, composer: Composer, groups: Sequence[Group], holder: str, channels: Collection[ChannelName]
) -> list[Draft]:
    """The messages that can be handed over. Those that cannot are recorded at once, for somebody to look at."""
    fresh = iter(await store.message_numbers(tx, sum(group.earlier is None for group in groups)))
    drafts = [composer.draft(group, group.earlier.id if group.earlier else next(fresh)) for group in groups]
    await store.write(tx, drafts, holder)
    stuck = {draft.id: _stuck(draft, channels) for draft in drafts}
    hopeless = tuple(draft for draft in drafts if stuck[draft.id])
    if hopeless:
        outcomes = {draft.id: Delivery(Verdict.REJECTED, detail=stuck[draft.id]) for draft in hopeless}
        await record(tx, Batch(tx.agency, holder, composer.library, composer.zone, {}, hopeless, 0), outcomes)
    return [draft for draft in drafts if not stuck[draft.id]]


def _stuck(draft: Draft, channels: Collection[ChannelName]) -> str | None:
    return draft.failure or (None if draft.channel in channels else MISSING)
