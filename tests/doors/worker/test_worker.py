"""The worker end to end: something happens, and somebody is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes
from functools import partial
from pathlib import Path

import pytest

from circulation.holds.wishing import copies, state_of, waits
from circulation.lending_library import Clock, LendingLibrary
from faelles.doors.rest.app import ON_THIS_MACHINE
from faelles.doors.worker.registry import JOBS
from faelles.doors.worker.working import Worker, homes
from faelles.fees.payments.model import Outside
from faelles.ground.actor import SYSTEM
from faelles.ground.config import ChannelsConfig
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import MisconfiguredError, UnavailableError
from faelles.ground.i18n import Language, knows
from faelles.ground.ids import NATION, AgencyId
from faelles.ground.jobs import Home
from faelles.ground.night import Night, Outcome
from faelles.notices.channels.opening import open_channels
from faelles.notices.sending.sender import Sender
from faelles.policies.seeds import seed_agency, seed_nation
from faelles.simulation.store import until_readable
from notices.post_office import PostOffice
from town import Town
from waiting import PATIENCE

NOTHING_SET = ChannelsConfig(
    smtp_url=None, mail_from=None, sms_url=None, sms_secret=None, mailbox_url=None, mailbox_secret=None, letters=None
)


@pytest.fixture
async def post(database: Database, town: Town, keyring: Keyring) -> PostOffice:
    await database.run(NATION, SYSTEM, seed_nation)
    await database.run(town.agency, SYSTEM, seed_agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        groups = {row["code"]: row["id"] for row in await tx.rows("SELECT code, id FROM patron_group")}
        materials = {row["code"]: row["id"] for row in await tx.rows("SELECT code, id FROM material_group")}
    clock = Clock()
    return PostOffice(LendingLibrary(town, Database(database._pool, clock), keyring, clock, groups, materials))


@pytest.fixture
async def worker(post: PostOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    """A worker of this test's municipality: it does not read what other tests have left in theirs."""
    library = post.library
    monkeypatch.setattr("faelles.doors.worker.working.homes", partial(homes, only=library.town.agency))
    async with open_channels(NOTHING_SET, tmp_path, is_production=False) as channels:
        sender = Sender(database=library.database, keyring=library.keyring, channels=channels)
        yield Worker(database=library.database, sender=sender, clock=library.clock)


async def test_what_happens_is_told_by_mail(post, worker, tmp_path):
    reader = await post.reader()
    await post.wish(reader, '{"kinds": {"return_receipt": true}}')
    item = await post.library.copy()
    await post.library.lend(reader, item)
    await post.library.take_back(item)
    await until_readable(post.library.database)
    await worker.follow_events()
    post.library.clock.pass_days(0.1)
    await worker.send()
    [file] = (tmp_path / "outbox").glob(f"{post.library.town.agency}.*.eml")
    mail = message_from_bytes(file.read_bytes())
    assert mail["To"] == "laaner@example.invalid"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "Frøken Smillas" in mail.get_payload(decode=True).decode()


async def test_the_night_does_every_job_for_the_agency(post):
    await post.late(3)
    [home] = await homes(post.library.database, only=post.library.town.agency)
    night = Night(database=post.library.database, jobs=JOBS, clock=post.library.clock)
    reports = await night.run_due([home])
    assert [report.outcome for report in reports] == [Outcome.DONE] * len(JOBS)
    assert sum(report.counts.get("notices_planned", 0) for report in reports) == 1


async def test_a_worker_matches_holds_with_copies(post, worker):
    title, [number] = await copies(post.library, 1)
    hold = await waits(post.library, title)
    task = asyncio.create_task(replace(worker, jobs=()).run())
    try:
        async with asyncio.timeout(PATIENCE):
            while await state_of(post.library, hold) != ("matched", number):  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.05)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_worker_stops_when_it_is_told_to(worker):
    task = asyncio.create_task(worker.run())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_one_municipalitys_trouble_takes_nobody_elses_turn(post, worker, monkeypatch):
    """Its exchange folder cannot be read, say."""
    reached: list[int] = []

    async def two(_database):
        return [Home(number, f"DK-{number}", "Europe/Copenhagen") for number in (1, 2)]

    async def round_(_database, _outside, agency):
        reached.append(agency)
        raise PermissionError

    async def nothing(*_):
        raise UnavailableError("neighbour_away")

    monkeypatch.setattr("faelles.doors.worker.working.homes", two)
    monkeypatch.setattr("faelles.doors.worker.working.make_round", round_)
    monkeypatch.setattr("faelles.doors.worker.working.update_from_register", nothing)
    outside = Outside(post.library.keyring, ON_THIS_MACHINE)
    await replace(worker, outside=outside).make_rounds()
    assert reached == [1, 2]


async def test_a_database_that_is_away_is_one_matter_and_no_mistake_of_ours(worker, monkeypatch, capfd):
    """However many municipalities there are, and however the work is shared out."""
    looked, looked_again = asyncio.Event(), asyncio.Event()

    async def away(*_: object, **__: object) -> object:
        (looked_again if looked.is_set() else looked).set()
        raise UnavailableError("database_unavailable")

    async def due(*_: object) -> list[AgencyId]:
        return [AgencyId(number) for number in range(1, 9)]

    monkeypatch.setattr("faelles.doors.worker.working.agencies_due", due)
    monkeypatch.setattr("faelles.doors.worker.working.make_round", away)
    monkeypatch.setattr(Sender, "send_due", away)
    outside = Outside(worker.sender.keyring, ON_THIS_MACHINE)
    running = asyncio.create_task(replace(worker, outside=outside).run())
    async with asyncio.timeout(PATIENCE):
        await looked_again.wait()
    await asyncio.sleep(0.1)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert "work failed" not in "".join(capfd.readouterr())


def test_no_two_jobs_share_a_name_and_each_has_words():
    names = [job.name for job in JOBS]
    assert len(set(names)) == len(names)
    said = [f"job_{name}" for name in names] + [f"job_outcome_{outcome}" for outcome in Outcome]
    assert [code for code in said for language in Language if not knows(code, language)] == []


async def test_production_refuses_to_pretend_mail(tmp_path):
    with pytest.raises(MisconfiguredError, match="mail_not_set"):
        async with open_channels(NOTHING_SET, tmp_path, is_production=True):
            pass
