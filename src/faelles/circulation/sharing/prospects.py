"""Whether another municipality may still lend what somebody waits for here."""

from collections.abc import Sequence
from datetime import date, datetime

from faelles.circulation.sharing import store
from faelles.ground.database import Transaction
from faelles.ground.ids import DivisionId, HoldId, PatronGroupId
from faelles.policies import model as policies
from faelles.policies.compiled import Settings
from faelles.policies.knobs import LENDING_AFTER_DAYS


def asked_after(
    settings: Settings, division: DivisionId, patron_group: PatronGroupId | None, now: datetime
) -> int | None:
    """After how many days of waiting others are asked, by the rules of the patron's division; None: never. Pure."""
    place = settings.at_division(division)
    subject = policies.Subject(item=place, patron=place, desk=place, patron_group=patron_group or policies.ANY_PATRON)
    return settings.policy.terms(subject, now)[LENDING_AFTER_DAYS].value


async def with_prospects(tx: Transaction, settings: Settings, holds: Sequence[HoldId], day: date) -> set[HoldId]:
    """Those of `holds` that another municipality is being asked for, or will be some night. Whether it has a copy only
    it can say.
    """
    found = await store.prospects(tx, holds, day)
    return {
        each.hold
        for each in found
        if each.is_asked or asked_after(settings, each.division, each.patron_group, tx.now) is not None
    }
