"""How long an agency keeps what each entry of the register speaks of."""

from dataclasses import dataclass
from datetime import date, datetime

from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.policies.compiled import Terms
from faelles.policies.knobs import KNOBS
from faelles.policies.model import Subject
from faelles.policies.operations import current_settings
from faelles.privacy.model import Entry, Unit
from faelles.privacy.rules import kept_since


@dataclass(frozen=True, slots=True)
class Limits:
    """The agency's limits on one day."""

    terms: Terms
    day: date
    zone: str

    def number(self, entry: Entry) -> int | None:
        """In the entry's unit; None where the entry goes along with something else."""
        if entry.limit is None:
            return None
        if entry.limit.knob is None:
            return entry.limit.days
        said = self.terms[KNOBS[entry.limit.knob]].value
        return said if isinstance(said, int) else None

    def unit(self, entry: Entry) -> Unit | None:
        return None if entry.limit is None else entry.limit.unit

    def since(self, entry: Entry) -> datetime | None:
        """What began to run out before this moment is over; None where nothing is."""
        number, unit = self.number(entry), self.unit(entry)
        return None if number is None or unit is None else kept_since(self.day, number, unit, self.zone)


async def limits_on(tx: Transaction, day: date | None = None) -> Limits:
    """The limits on that day of the agency's, today by default."""
    settings = await current_settings(tx)
    place = settings.at_division(None)
    zone = settings.directory.agency.time_zone
    terms = settings.policy.terms(Subject(item=place, patron=place, desk=place), tx.now)
    return Limits(terms, day or local_date(tx.now, zone), zone)
