"""The matcher beside a server, and what a new day means."""

import asyncio
from datetime import timedelta

from circulation.holds.wishing import copies, day, match_all, state_of, waits
from circulation.lending_library import LendingLibrary
from faelles.circulation.holds import matcher
from faelles.circulation.holds.following import match_everywhere, matching_titles
from faelles.circulation.holds.nightly import turn_day


async def test_titles_are_matched_in_the_background(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    async with matching_titles(library.database):
        hold = await waits(library, title)
        for _ in range(600):
            if (await state_of(library, hold))[0] == "matched":
                break
            await asyncio.sleep(0.05)
    assert await state_of(library, hold) == ("matched", numbers[0])


async def test_a_title_that_fails_holds_up_no_other(library: LendingLibrary, monkeypatch):
    (bad, _), (good, _) = await copies(library, 1), await copies(library, 1)
    await match_all(library)
    failing, fine = await waits(library, bad), await waits(library, good)
    plan = matcher.plan_title

    def plan_title(queue, copies, at):
        if any(hold.record == bad for hold in queue):
            raise ZeroDivisionError
        return plan(queue, copies, at)

    monkeypatch.setattr(matcher, "plan_title", plan_title)
    for _ in range(3):
        await match_everywhere(library.database)
    assert (await state_of(library, fine))[0] == "matched"
    monkeypatch.undo()
    await match_everywhere(library.database)
    assert (await state_of(library, failing))[0] == "matched"


async def test_interest_runs_out_at_the_turn_of_the_day(library: LendingLibrary):
    title, _ = await copies(library, 1)
    over = await waits(library, title, interest_until=day(5, library))
    stays = await waits(library, title, interest_until=day(6, library))
    await match_all(library)
    library.clock.now += timedelta(days=6)
    done = await library.run(lambda tx: turn_day(tx, library.clock.now.date(), None))
    assert done.counts == {"holds_expired": 1, "titles_marked": 1}
    await match_all(library)
    assert [(await state_of(library, hold))[0] for hold in (over, stays)] == ["expired", "matched"]
    assert "hold.expired" in await library.events()
