"""SQL of the night's bench: its database, filled by country.sql, and what is in it."""

from collections.abc import Callable, Sequence
from importlib import resources
from typing import Final

from faelles.bench.country import Errand
from faelles.bench.night.model import Extent
from faelles.bench.store import Connection, Pair

TEMPLATE: Final = "night_template"
RUN: Final = "night_run"
DATABASES: Final = Pair(TEMPLATE, RUN)
TOO_OLD_HOURS: Final = 20
"""What is due tonight is not tomorrow."""

_SEARCH_PATH = "SET search_path = faelles, public"
_PREPARE = """
CREATE SCHEMA bench;
CREATE TABLE bench.share (
    agency_id integer PRIMARY KEY, first_patron integer NOT NULL, patrons integer NOT NULL, pin_hash bytea NOT NULL)
"""
_VACUUM = "VACUUM (ANALYZE)"
_ERRANDS = "SELECT agency_id, card, number, branch_id FROM bench.errand ORDER BY place"
_EXTENT = "SELECT * FROM bench.extent"
_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = $1"
_SENT = "SELECT notices, messages FROM bench.sent_today"


async def fill(
    owner: Connection, shares: Sequence[tuple[int, int, int, bytes]], tell: Callable[[int, int], None]
) -> None:
    """A country of agencies that are founded: (agency, first patron, patrons, PIN's hash). `tell` hears how many pieces
    of the work are done, and how many there are.
    """
    await owner.execute(_SEARCH_PATH)
    await owner.execute(_PREPARE)
    await owner.copy_records_to_table("share", schema_name="bench", records=shares)
    pieces = [*filter(_does_something, script().split("\n\n")), _VACUUM]
    for number, piece in enumerate(pieces):
        tell(number, len(pieces))
        await owner.execute(piece, timeout=7200)


def _does_something(piece: str) -> bool:
    """A comment alone is nothing that asyncpg can execute."""
    return any(line and not line.startswith("--") for line in piece.splitlines())


def script() -> str:
    return (resources.files("faelles.bench.night") / "country.sql").read_text(encoding="utf-8")


async def errands(owner: Connection) -> list[Errand]:
    return [
        Errand(number, row["agency_id"], row["card"], row["number"], row["branch_id"])
        for number, row in enumerate(await owner.fetch(_ERRANDS))
    ]


async def extent(owner: Connection) -> Extent:
    await owner.execute(_SEARCH_PATH)
    row = await owner.fetchrow(_EXTENT, timeout=600)
    return Extent(**dict(row or {}))


async def backends(owner: Connection) -> set[int]:
    """The database's processes that serve clients."""
    return {row["pid"] for row in await owner.fetch(_BACKENDS, RUN)}


async def sent(owner: Connection) -> tuple[int, int]:
    """Notices and messages of this day, since the night began."""
    await owner.execute(_SEARCH_PATH)
    row = await owner.fetchrow(_SENT, timeout=600)
    return (row["notices"], row["messages"]) if row else (0, 0)
