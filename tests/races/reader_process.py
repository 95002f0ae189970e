"""A reader of events that does its work in a process of its own, until it is killed."""

import asyncio
import sys

from faelles.ground.actor import SYSTEM
from faelles.ground.database import Transaction
from faelles.ground.database.pool import open_database
from faelles.ground.events import read_next
from faelles.ground.ids import AgencyId

READER = "race"


async def follow(tx: Transaction) -> None:
    """The effect of an event is a line in a table, written in the transaction that reads it."""
    for event in await read_next(tx, READER, limit=5):
        await tx.execute("INSERT INTO race_effect (agency_id, event_id) VALUES ($1, $2)", tx.agency, event.id)
        await asyncio.sleep(0.002)


async def main(url: str, agency: AgencyId) -> None:
    async with open_database(url, connections=1) as database:
        while True:
            await database.run(agency, SYSTEM, follow)
            await asyncio.sleep(0.002)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], AgencyId(int(sys.argv[2]))))
