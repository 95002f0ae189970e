"""No-block messages: what happened while the line was down, at its own time."""

from datetime import date, datetime, timedelta

from faelles.circulation.desk.opening import LONGEST_BACKDATING
from faelles.circulation.loans.offline import record_offline
from faelles.circulation.loans.offline_model import Happened, OfflineAnswer, OfflineEntry
from faelles.circulation.self_service.model import ItemSeen
from faelles.circulation.self_service.operations import item_at_machine, language_of
from faelles.doors.sip2.exchange import Exchange
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.fields import is_plausible
from faelles.ground.i18n import Language

_CLOCKS_ARE_AHEAD = timedelta(days=1)


async def as_fact(exchange: Exchange, what: Happened) -> tuple[OfflineAnswer, ItemSeen | None, Language]:
    """Record it; how it was taken, the copy as it is now, and what to speak to the borrower in."""
    entry = OfflineEntry(
        what=what,
        item=exchange.item,
        branch=exchange.branch,
        card=exchange.card or None,
        happened_at=happened_at(exchange, "transaction_date"),
        due_on=_told_due(exchange),
        for_others=exchange.message.fixed.get("third_party_allowed", "").upper() == "Y",
    )
    caller, keyring = exchange.terminal.caller, exchange.services.keyring

    async def work(tx: Transaction) -> tuple[OfflineAnswer, ItemSeen | None, Language]:
        answer = await record_offline(tx, caller, keyring, entry)
        seen = await item_at_machine(tx, caller, exchange.item)
        return answer, seen, await language_of(tx, caller, keyring, exchange.card)

    return await exchange.run(work)


def happened_at(exchange: Exchange, *names: str) -> datetime:
    """The first of these dates that can be so. A machine's clock may be ahead, or start at nought after a power cut:
    nothing has happened after now, and what no clock can tell has happened now.
    """
    found = (exchange.moment(name) for name in names)
    likely = (moment for moment in found if moment is not None and _is_credible(exchange, moment))
    return min(next(likely, exchange.now), exchange.now)


def _is_credible(exchange: Exchange, moment: datetime) -> bool:
    return -_CLOCKS_ARE_AHEAD <= exchange.now - moment <= LONGEST_BACKDATING


def _told_due(exchange: Exchange) -> date | None:
    """The due date that the borrower was told. Blanks, a copy of the transaction date, and what a clock that is wrong
    has made up, are none: a fact is taken all the same.
    """
    if "nb_due_date" not in exchange.message.fixed:
        return None
    told, happened = exchange.moment("nb_due_date"), exchange.moment("transaction_date")
    if told is None or (happened is not None and (told <= happened or not _is_credible(exchange, happened))):
        return None
    due_on = local_date(told, exchange.where.zone.key)
    return due_on if is_plausible(due_on) else None
