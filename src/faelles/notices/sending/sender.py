"""The sender: takes up what is due, hands it over, several messages side by side, and records what came of it."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.ids import AgencyId
from faelles.ground.log import logger
from faelles.notices.channels.port import Channel, Delivery, Envelope, Verdict
from faelles.notices.links.unsubscribing import CHOICES_PATH, UNSUBSCRIBE_PATH, is_optional, token_of
from faelles.notices.model import ChannelName
from faelles.notices.sending import operations
from faelles.notices.sending.model import Batch, Draft
from faelles.notices.sending.recording import record
from faelles.patrons.identifiers import unseal as unseal_cpr

_log = logger("notices.sender")

FRESH_SECONDS: Final = 60.0
"""How long what was checked is good for: what could not be handed over by then is checked again."""
REST_SECONDS: Final = 60.0
"""How long a way that leads nowhere is left alone."""


@dataclass(slots=True, kw_only=True)
class Sender:
    """One process's. Any number may run at once: whose message it is stands in the database."""

    database: Database
    keyring: Keyring
    channels: Mapping[ChannelName, Channel]
    public_url: str = ""
    """Where patrons find us, for the addresses in mails; empty: mails carry none."""
    resting: dict[ChannelName, float] = field(default_factory=dict)
    """Until when (monotonic seconds) a channel is left alone."""

    async def send_due(self, agency: AgencyId) -> int:
        """Send what is due in the agency, until there is no more; how many messages were handed over."""
        sent = 0
        while batch := await self.claim(agency):
            sent += await self.deliver(batch)
        return sent

    async def claim(self, agency: AgencyId) -> Batch | None:
        resting = {name for name, until in self.resting.items() if until > time.monotonic()}
        work = partial(
            operations.claim,
            keyring=self.keyring,
            channels=self.channels.keys(),
            resting=resting,
            choices=f"{self.public_url}{CHOICES_PATH}" if self.public_url else "",
        )
        return await self.database.run(agency, SYSTEM, work)

    async def deliver(self, batch: Batch) -> int:
        """Hand over what was claimed and record what came of it; how much of it was taken."""
        began = time.monotonic()
        outcomes: dict[int, Delivery | None] = {}
        async with asyncio.TaskGroup() as group:
            for name, channel in self.channels.items():
                drafts = [draft for draft in batch.drafts if draft.channel is name]
                waiting = iter(drafts)
                for _ in range(min(channel.at_once, len(drafts))):
                    group.create_task(self._hand_over(batch, channel, waiting, outcomes, began))
        await self.database.run(batch.agency, SYSTEM, partial(record, batch=batch, outcomes=outcomes))
        return sum(each is not None and each.verdict is Verdict.ACCEPTED for each in outcomes.values())

    async def _hand_over(
        self,
        batch: Batch,
        channel: Channel,
        waiting: Iterator[Draft],
        outcomes: dict[int, Delivery | None],
        began: float,
    ) -> None:
        for draft in waiting:
            is_stale = time.monotonic() - began > FRESH_SECONDS
            if is_stale or self.resting.get(channel.name, 0.0) > time.monotonic():
                outcomes[draft.id] = None
                continue
            delivery = outcomes[draft.id] = await self._try(channel, self._envelope(batch, draft))
            if delivery.is_down:
                self.resting[channel.name] = time.monotonic() + REST_SECONDS

    @staticmethod
    async def _try(channel: Channel, envelope: Envelope) -> Delivery:
        try:
            return await channel.deliver(envelope)
        except Exception as problem:  # noqa: BLE001 - one message's trouble must not leave the others unrecorded
            _log.error("delivery failed", channel=channel.name, key=envelope.key, exc_info=problem)
            return Delivery(Verdict.TRY_AGAIN, detail=type(problem).__name__)

    def _envelope(self, batch: Batch, draft: Draft) -> Envelope:
        return Envelope(
            key=f"{int(batch.agency)}.{draft.id}.{draft.revision}",
            recipient=self._recipient(batch.agency, draft),
            sender=batch.sender,
            subject=draft.subject,
            body=draft.body,
            language=draft.language,
            composed_at=draft.composed_at.astimezone(ZoneInfo(batch.zone)),
            sender_address=batch.addresses.get(draft.division, ""),
            unsubscribe=self._unsubscribe(batch.agency, draft),
        )

    def _unsubscribe(self, agency: AgencyId, draft: Draft) -> str:
        if not self.public_url or draft.channel is not ChannelName.EMAIL or not is_optional(draft.notices):
            return ""
        return f"{self.public_url}{UNSUBSCRIBE_PATH}{token_of(self.keyring, agency, draft.id)}"

    def _recipient(self, agency: AgencyId, draft: Draft) -> str:
        if draft.channel is ChannelName.MAILBOX and draft.sealed_cpr is not None:
            return unseal_cpr(self.keyring, agency, draft.sealed_cpr)
        return draft.recipient or ""
