"""What came of messages that were handed over, and which way those go that reached nobody."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final

from faelles.fees.exclusion import operations as exclusion
from faelles.ground.database import Transaction
from faelles.ground.events import Event, append
from faelles.notices import rules as ways
from faelles.notices import store as plans
from faelles.notices.channels.port import Delivery, Verdict
from faelles.notices.model import About, ChannelName, MessageState, Notice, kinds
from faelles.notices.sending import rules, store
from faelles.notices.sending.model import Batch, Draft, Group
from faelles.notices.sending.store import Result
from faelles.notices.store import PlannedNotice, Reached

DOWN_FOR: Final = timedelta(minutes=1)
MISSING: Final = "channel_missing"


async def record(tx: Transaction, batch: Batch, outcomes: Mapping[int, Delivery | None]) -> None:
    """Write down what came of each message of `batch`; None: it was not tried. What this sender was too slow with is
    somebody else's by now, and left alone.
    """
    results = [_result(draft, outcomes.get(draft.id), tx) for draft in batch.drafts]
    own = set(await store.record(tx, results, batch.holder))
    ended = [
        (draft, result)
        for draft, result in zip(batch.drafts, results, strict=True)
        if draft.id in own and result.state in (MessageState.SENT, MessageState.UNDELIVERABLE)
    ]
    await _tell(tx, ended)
    await _warned(tx, [draft for draft, result in ended if result.state is MessageState.SENT])
    failed = [draft for draft, result in ended if result.state is MessageState.UNDELIVERABLE]
    missing = {draft.channel for draft, result in ended if result.failure == MISSING}
    await by_another_way(tx, failed, missing)


async def by_another_way(
    tx: Transaction, failed: Sequence[Draft | Group], missing: Collection[ChannelName] = ()
) -> None:
    """What must be said and could not be goes by the next way that reaches the patron, if there is one; whatever was
    to go by a way that this installation has not (`missing`), too.
    """
    reached = await plans.load_reached(tx, {draft.patron for draft in failed})
    planned: list[PlannedNotice] = []
    for draft in failed:
        for notice, again in await store.plans_of(tx, draft.notices):
            channel = _next_way(notice, reached.get(draft.patron), draft.channel, missing)
            if channel is not None:
                planned.append(
                    PlannedNotice(
                        plan=again,
                        patron=draft.patron,
                        channel=channel,
                        send_after=tx.now,
                        is_urgent=notice.is_urgent,
                    )
                )
    await plans.insert_notices(tx, planned)


def _result(draft: Draft, delivery: Delivery | None, tx: Transaction) -> Result:
    if delivery is None or delivery.verdict is Verdict.UNAVAILABLE:
        return Result(
            message=draft.id,
            number=draft.attempts,
            revision=draft.revision,
            state=MessageState.WAITING,
            outcome=None,
            failure=delivery.detail if delivery else None,
            try_after=tx.now + DOWN_FOR,
        )
    is_over = delivery.verdict is Verdict.REJECTED or draft.attempts >= rules.MOST_ATTEMPTS
    if delivery.verdict is Verdict.ACCEPTED:
        state = MessageState.SENT
    else:
        state = MessageState.UNDELIVERABLE if is_over else MessageState.WAITING
    return Result(
        message=draft.id,
        number=draft.attempts,
        revision=draft.revision,
        state=state,
        outcome=delivery.verdict.value,
        reference=delivery.reference,
        failure=None if state is MessageState.SENT else delivery.detail,
        try_after=tx.now + rules.pause(draft.attempts) if state is MessageState.WAITING else None,
    )


async def _tell(tx: Transaction, ended: Sequence[tuple[Draft, Result]]) -> None:
    events = [
        Event(
            kind=f"notice.{result.state}",
            subject=draft.id,
            dimensions={
                "channel": draft.channel.value,
                "division": draft.division,
                "kinds": " ".join(sorted({notice.kind for notice in draft.notices})),
                "notices": len(draft.notices),
            },
        )
        for draft, result in ended
    ]
    await append(tx, *events)


async def _warned(tx: Transaction, sent: Sequence[Draft]) -> None:
    """The time of a warning runs from when it went."""
    said = {
        notice.subject
        for draft in sent
        for notice in draft.notices
        if notice.subject is not None and kinds()[notice.kind].about is About.EXCLUSION
    }
    if said:
        await exclusion.told(tx, said)


def _next_way(
    notice: Notice, found: Reached | None, failed: ChannelName, missing: Collection[ChannelName]
) -> ChannelName | None:
    kind = kinds()[notice.kind]
    if found is None or not (kind.must or failed in missing):
        return None
    order = (*ways.USUAL, *ways.LAST_RESORT)
    tried = [failed] if failed in missing else order[: order.index(failed) + 1]
    return ways.channel_for(kind, found.wishes, found.contact, tried=tried)
