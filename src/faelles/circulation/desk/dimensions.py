"""What statistics need to know about a loan, copied into its event when it is written: never who, only what kind."""

from datetime import date

from faelles.circulation.desk.facts import ItemFacts, PatronFacts
from faelles.ground.clock import age_on
from faelles.ground.events import Dimension
from faelles.ground.ids import BranchId, DivisionId, PatronGroupId

_BANDS = ((6, "0-5"), (14, "6-13"), (18, "14-17"), (25, "18-24"), (40, "25-39"), (65, "40-64"))
_OLDEST_BAND = "65+"


def age_band(born: date | None, day: date) -> str | None:
    """The band of ages somebody belongs to on `day`, wide enough to say nothing about one person."""
    if born is None:
        return None
    age = age_on(born, day)
    return next((band for below, band in _BANDS if age < below), _OLDEST_BAND)


def loan_dimensions(
    *,
    item: ItemFacts,
    branch: BranchId,
    division: DivisionId,
    patron: PatronFacts | None,
    group: PatronGroupId | None,
    day: date,
) -> dict[str, Dimension]:
    """The dimensions of a loan, renewal or return that happened on `day` at `branch`."""
    return {
        "branch": branch,
        "division": division,
        "owner_branch": item.owner_branch,
        "record": item.record,
        "material_type": item.material_type,
        "material_group": item.material_group,
        "classification": item.classification,
        "patron_group": group,
        "age_band": age_band(patron.birth_date, day) if patron else None,
    }
