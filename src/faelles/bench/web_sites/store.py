"""What web sites ask about in the run's database, made by data.sql and yardstick.sql as the database's owner."""

from importlib import resources
from typing import Final

from faelles.bench.store import Connection

READERS: Final = 200
_VACUUM = "VACUUM (ANALYZE)"
_SEARCH_PATH = "SET search_path = faelles, public"
_SET_SITE = "SELECT set_config('bench.site', $1, false), set_config('bench.readers', $2, false)"


async def furnish(owner: Connection, agency: int, readers: int) -> None:
    await owner.execute(_SEARCH_PATH)
    await owner.fetchrow(_SET_SITE, str(agency), str(readers))
    for script in ("data.sql", "yardstick.sql"):
        text = (resources.files("faelles.bench.web_sites") / script).read_text(encoding="utf-8")
        await owner.execute(text, timeout=600)
    await owner.execute(_VACUUM, timeout=600)
