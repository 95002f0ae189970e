"""Writing to those who owe too much, and telling what was written."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from faelles.fees import rules as fee_rules
from faelles.fees.desk.operations import books_of
from faelles.fees.exclusion import events, rules, store
from faelles.fees.exclusion.model import Debtor, NewNotice, NoticeLine, NoticesWritten, Standing, StandingNotice
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.events import append
from faelles.ground.ids import DivisionId, PatronId
from faelles.ground.money import Ore
from faelles.patrons import store as patrons
from faelles.patrons.reach import looked_at
from faelles.people.model import Caller, Permission
from faelles.policies.compiled import Settings, Terms
from faelles.policies.knobs import EXCLUSION_LIMIT_ORE, EXCLUSION_NOTICE_DAYS
from faelles.policies.model import ANY_PATRON, Subject
from faelles.policies.operations import current_settings

A_SLICE = 500


async def write_notices(tx: Transaction, caller: Caller, *, after: int = 0, limit: int = A_SLICE) -> NoticesWritten:
    """Write to the next debtors whose debt has reached the limit of their division and group: one slice of the night.

    Whoever needs a letter is locked and looked at again, so that two runs at once write one, and none to somebody
    who paid meanwhile.
    """
    caller.require(Permission.DEBT_COLLECT)
    settings = await current_settings(tx)
    today = _today(tx, settings)
    found = await store.load_debtors(tx, today, after=after, limit=limit)
    chosen = [each for each in found if _limit_reached(settings, each, tx.now, today, caller)]
    written = await _notify(tx, caller, settings, [each.patron for each in chosen]) if chosen else 0
    return NoticesWritten(written=written, last=found[-1].patron if len(found) >= limit else None)


async def notices(tx: Transaction, caller: Caller, patron: PatronId, *, is_known: bool = False) -> list[NoticeLine]:
    """What was written to a patron in the divisions that the caller may look into, and what follows from it today.
    `is_known`: the caller was let through to the patron in this transaction.
    """
    divisions = await books_of(tx, caller, patron, "exclusion_notices", is_known=is_known)
    return await store.list_notices(tx, patron, divisions, _today(tx, await current_settings(tx)))


async def standing_notices(
    tx: Transaction, caller: Caller, patron: PatronId, *, is_known: bool = False
) -> list[NoticeLine]:
    """Those of `notices` that exclude today, or will."""
    found = await notices(tx, caller, patron, is_known=is_known)
    return [each for each in found if each.standing is not Standing.SETTLED]


async def list_standing(tx: Transaction, caller: Caller, *, after: int, limit: int) -> list[StandingNotice]:
    """Who is excluded today, or will be when a notice's time has run out; in the divisions the caller collects for."""
    caller.require(Permission.DEBT_COLLECT)
    divisions, today = caller.divisions(Permission.DEBT_COLLECT), _today(tx, await current_settings(tx))
    standing: list[StandingNotice] = []
    while len(standing) < limit:
        found = await store.list_unsettled(tx, divisions, today, after=after, limit=limit)
        standing += [each for each in found if each.standing is not Standing.SETTLED]
        if len(found) < limit:
            break
        after = found[-1].notice
    shown = standing[:limit]
    await looked_at(tx, caller, "list_excluded", [each.patron for each in shown])
    return shown


async def told(tx: Transaction, letters: Collection[int]) -> None:
    """Somebody was told of these notices today. The time of those that nobody was told of before runs from now: written
    notice is what an exclusion rests on, and it counts from when it is sent.
    """
    settings = await current_settings(tx)
    today = _today(tx, settings)
    for each in await store.load_untold(tx, letters):
        excludes_on = today + timedelta(days=each.days_of_notice)
        await store.tell(tx, each.notice, excludes_on, _midnight(settings, excludes_on))
        await append(tx, events.told(each.notice, excludes_on))


async def came_back(tx: Transaction, letters: Collection[int]) -> None:
    """The letters of these notices reached nobody after all: until somebody is told, they exclude nobody."""
    returned = await store.take_back(tx, letters)
    await append(tx, *(events.returned(notice) for notice in returned))


async def _notify(tx: Transaction, caller: Caller, settings: Settings, chosen: Sequence[PatronId]) -> int:
    await patrons.lock(tx, sorted(set(chosen)))
    today = _today(tx, settings)
    debtors = await store.load_these_debtors(tx, today, chosen)
    due = [each for each in debtors if _limit_reached(settings, each, tx.now, today, caller)]
    written = [await _write(tx, settings, each, today) for each in due]
    await looked_at(tx, caller, "exclusion_notice", [each.patron for each in due])
    return sum(written)


async def _write(tx: Transaction, settings: Settings, debtor: Debtor, today: date) -> bool:
    terms = _terms(settings, debtor.division, debtor, tx.now)
    new = NewNotice(
        account=debtor.account,
        division=debtor.division,
        addressee=fee_rules.payer(debtor.patron, debtor.guardian, debtor.birth_date, today),
        excludes_on=today + timedelta(days=terms[EXCLUSION_NOTICE_DAYS].value),
        debt_ore=debtor.balance_ore,
        limit_ore=Ore(terms[EXCLUSION_LIMIT_ORE].value or debtor.balance_ore),
        rule=terms[EXCLUSION_LIMIT_ORE].rule_id,
    )
    notice = await store.insert_notice(tx, new, today, _midnight(settings, new.excludes_on))
    if notice is None:
        return False
    await append(tx, events.noticed(notice, new))
    return True


def _limit_reached(settings: Settings, debtor: Debtor, now: datetime, today: date, caller: Caller) -> bool:
    reach = caller.divisions(Permission.DEBT_COLLECT)
    limit = _terms(settings, debtor.division, debtor, now)[EXCLUSION_LIMIT_ORE].value
    is_ours = reach is None or debtor.division in reach
    return is_ours and rules.needs_notice(debtor.balance_ore, limit, debtor.notices, today)


def _terms(settings: Settings, division: DivisionId, debtor: Debtor, now: datetime) -> Terms:
    """What the division where the debt is says of the patron's group there."""
    place = settings.at_division(division)
    return settings.policy.terms(
        Subject(item=place, patron=place, desk=place, patron_group=debtor.group or ANY_PATRON), now
    )


def _midnight(settings: Settings, day: date) -> datetime:
    """When `day` begins, where the agency is."""
    return datetime.combine(day, time(), ZoneInfo(settings.directory.agency.time_zone))


def _today(tx: Transaction, settings: Settings) -> date:
    return local_date(tx.now, settings.directory.agency.time_zone)
