"""No-block messages: what happened while the line was down, at its own time."""

from datetime import date, datetime

from faelles.circulation.loans.offline import Happened, OfflineAnswer, OfflineEntry, record_offline
from faelles.circulation.self_service.model import ItemSeen
from faelles.circulation.self_service.operations import item_at_machine, language_of
from faelles.doors.sip2.exchange import Exchange
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.i18n import Language


async def as_fact(exchange: Exchange, what: Happened) -> tuple[OfflineAnswer, ItemSeen | None, Language]:
    """Record it; how it was taken, the copy as it is now, and what to speak to the borrower in."""
    entry = OfflineEntry(
        what=what,
        item=exchange.item,
        branch=exchange.branch,
        card=exchange.card or None,
        happened_at=happened_at(exchange, "transaction_date"),
        due_on=_told_due(exchange),
    )
    caller, keyring = exchange.terminal.caller, exchange.services.keyring

    async def work(tx: Transaction) -> tuple[OfflineAnswer, ItemSeen | None, Language]:
        answer = await record_offline(tx, caller, keyring, entry)
        seen = await item_at_machine(tx, caller, exchange.item)
        return answer, seen, await language_of(tx, caller, keyring, exchange.card)

    return await exchange.run(work)


def happened_at(exchange: Exchange, *names: str) -> datetime:
    """The first of these dates that is one. A machine's clock may be ahead: nothing has happened after now."""
    found = (exchange.moment(name) for name in names)
    return min(next((moment for moment in found if moment is not None), exchange.now), exchange.now)


def _told_due(exchange: Exchange) -> date | None:
    """The due date that the borrower was told. Blanks, and a copy of the transaction date, are none."""
    if "nb_due_date" not in exchange.message.fixed:
        return None
    told, happened = exchange.moment("nb_due_date"), exchange.moment("transaction_date")
    if told is None or (happened is not None and told <= happened):
        return None
    return local_date(told, exchange.where.zone.key)
