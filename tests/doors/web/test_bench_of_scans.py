"""The bench scans as a desk does."""

import asyncio
from urllib.parse import urlsplit

from circulation.lending_library import LendingLibrary
from faelles.bench.country import Errand
from faelles.bench.scans.measuring import Desk, scan_all
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring


async def test_every_errand_is_a_card_a_loan_and_a_return(address: str, keyring: Keyring, library: LendingLibrary):
    library.clock.now = utc_now()
    errands = [
        Errand(number, library.town.agency, (await library.reader()).card, await library.copy(), library.town.main)
        for number in range(4)
    ]
    port = urlsplit(address).port
    lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
    desks = [Desk(number, keyring, *line) for number, line in enumerate(lines)]
    latencies = await scan_all(desks, errands, 100)
    for desk in desks:
        desk.writer.close()
    assert len(latencies) == 3 * len(errands)
    assert {await library.state_of(errand.item) for errand in errands} == {"available"}
