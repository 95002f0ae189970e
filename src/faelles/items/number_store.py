"""The SQL of item numbers: which are drawn, and whose one is."""

from faelles.ground.database import Transaction
from faelles.ground.ids import AgencyId, ItemNumber
from faelles.items.model import NumberSeries

_DRAW_NUMBER = "SELECT draw_item_number($1, $2, $3)"

_SET_SERIES = """
INSERT INTO item_number_series AS s (agency_id, next_number, last_number) VALUES ($1, $2, $3)
ON CONFLICT (agency_id) DO UPDATE SET next_number = excluded.next_number, last_number = excluded.last_number
"""

_SERIALISE_NUMBER = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

_OWNERS = "SELECT owners_of_item_number($1) AS agency_id"


async def draw_number(tx: Transaction, if_none: NumberSeries) -> ItemNumber | None:
    """The next number of the agency's series (of `if_none` where it has none yet); None when it is used up."""
    number: str | None = await tx.value(_DRAW_NUMBER, tx.agency, int(if_none.next), int(if_none.last))
    return None if number is None else ItemNumber(number)


async def set_series(tx: Transaction, series: NumberSeries) -> None:
    await tx.execute(_SET_SERIES, tx.agency, int(series.next), int(series.last))


async def serialise_number(tx: Transaction, number: str) -> None:
    """Whoever else is about to give an item this number, in any agency, waits until the commit."""
    await tx.execute(_SERIALISE_NUMBER, f"item_number/{number}")


async def owners_of_number(tx: Transaction, number: str) -> list[AgencyId]:
    """The agencies that have an item of this number, and nothing else; one where it was withdrawn comes last."""
    return [row["agency_id"] for row in await tx.rows(_OWNERS, number)]
