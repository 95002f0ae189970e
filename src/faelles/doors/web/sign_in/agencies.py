"""The municipalities to choose from before anybody is known."""

from typing import Final

from faelles.agencies import operations as agencies
from faelles.agencies.model import Agency
from faelles.doors.web.request import WebRequest
from faelles.ground.actor import SYSTEM
from faelles.ground.alphabet import by_name
from faelles.ground.ids import NATION

_MOST: Final = 10_000


async def public_agencies(request: WebRequest) -> list[Agency]:
    """By name."""
    listed = await request.services.database.run(
        NATION, SYSTEM, lambda tx: agencies.public_directory(tx, limit=_MOST), read_only=True
    )
    return by_name(listed)
