"""Seeing what a change would do to what is out, and closing days with it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from faelles.agencies.opening import operations as opening
from faelles.agencies.opening.model import SetCalendarDays
from faelles.circulation.consequences import events, rules, store
from faelles.circulation.consequences.model import ClosingForeseen, Dated, LoansTouched, RulesForeseen
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.events import append
from faelles.ground.i18n import text
from faelles.ground.ids import BranchId
from faelles.people.model import Caller
from faelles.policies.compiled import Settings
from faelles.policies.operations import current_settings, drafted
from faelles.policies.requests import KnobValue, SetRule


async def foresee_rules(
    tx: Transaction, caller: Caller, drafts: Sequence[SetRule], at: datetime | None = None
) -> RulesForeseen:
    """For how many open loans the drafts would be answered differently, by knob and value. Errors as `simulate`."""
    tables = await drafted(tx, caller, drafts, at)
    loans = await store.open_loans(tx)
    counted = rules.touched(loans, tables.settings, tables.before, tables.after)
    return RulesForeseen(
        touched=tuple(
            LoansTouched(
                knob=knob,
                title=text(f"knob_{knob}", caller.language),
                before=_plain(before),
                after=_plain(after),
                number=number,
            )
            for (knob, before, after), number in counted.most_common()
        ),
        open_loans=sum(each.number for each in loans),
    )


async def foresee_closing(tx: Transaction, caller: Caller, request: SetCalendarDays) -> ClosingForeseen:
    """What `close_days` would move. Errors as there."""
    calendars = await opening.foresee_calendars(tx, caller, request)
    settings = await current_settings(tx)
    found = await _dated(tx, settings, request)
    return rules.foreseen(found, rules.moves(found, settings, calendars, tx.now))


async def close_days(tx: Transaction, caller: Caller, request: SetCalendarDays) -> ClosingForeseen:
    """Set the days, and move what is due or to be picked up on them to the next open day. Errors as
    `opening.set_calendar_days`.
    """
    await opening.set_calendar_days(tx, caller, request)
    settings = await current_settings(tx)
    found = await _dated(tx, settings, request)
    moved = rules.moves(found, settings, settings.directory.calendars, tx.now)
    await store.move(tx, moved)
    told = rules.foreseen(found, moved)
    await append(tx, *(events.dates_moved(day) for day in told.days))
    return told


async def _dated(tx: Transaction, settings: Settings, request: SetCalendarDays) -> list[Dated]:
    """What is over already moves no more."""
    today = local_date(tx.now, settings.directory.agency.time_zone)
    branches = [BranchId(branch) for branch in request.branches]
    return await store.dated(tx, branches, max(request.first_day, today), request.last_day)


def _plain(value: object) -> KnobValue:
    plain: KnobValue = msgspec.to_builtins(value)
    return plain
