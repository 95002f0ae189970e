"""SIP2 machines: signing in, profiles, maintenance, status and traces."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    TooManyAttemptsError,
    UnauthenticatedError,
)
from faelles.ground.i18n import Language
from faelles.ground.ids import NATION, MachineId
from faelles.people.machines import operations as machines
from faelles.people.machines.model import MachineChange, MachineSecret, NewMachine
from faelles.people.machines.terminal import (
    Alert,
    DueDateForm,
    Encoding,
    PinRule,
    SortRule,
    Terminal,
    TerminalProfile,
)
from faelles.people.model import Caller, Grant, MachineKind, Permission, system_caller
from faelles.people.rules import MACHINE_PERMISSIONS
from faelles.people.terminals import operations, store
from faelles.people.terminals.model import (
    Direction,
    NewTraceLine,
    Observed,
    ProfileChange,
    ProfileShown,
    Sighting,
    StartTrace,
    Tally,
    TerminalOutcome,
)
from faelles.people.terminals.sign_in import load_terminal, sign_in_terminal
from people.colleagues import at, event_kinds
from town import Town

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SERVER, OTHER_SERVER = "one:6001", "two:6001"


async def sorter(database: Database, town: Town, username: str = "sorter-1") -> MachineSecret:
    new = NewMachine(
        username=username,
        kind=MachineKind.SORTER,
        name="Sorteringen",
        branch=town.main,
        language=Language.ENGLISH,
        renews_on_checkout=False,
    )
    async with database.transaction(town.agency, SYSTEM) as tx:
        return await machines.create_machine(tx, system_caller(town.agency), new)


async def set_up(database: Database, town: Town, machine: MachineId, change: ProfileChange) -> ProfileShown:
    async with database.transaction(town.agency, SYSTEM) as tx:
        return await operations.change_profile(tx, system_caller(town.agency), machine, change)


async def sign_in(database: Database, keyring: Keyring, known: MachineSecret) -> Terminal:
    return await sign_in_terminal(database, keyring, username=known.username, secret=known.secret)


def editor(town: Town, *, branch: bool) -> Caller:
    """Staff who see to people at the suburb's branch, or in the whole public library."""
    return Caller(
        agency=town.agency,
        actor=Actor(ActorKind.STAFF, 1),
        language=Language.DANISH,
        grants=(
            Grant(
                frozenset({Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT}),
                town.library,
                town.suburb if branch else None,
            ),
        ),
    )


async def test_a_machine_comes_in_with_its_place_its_rights_and_its_profile(
    database: Database, keyring: Keyring, town: Town
):
    known = await sorter(database, town)
    await set_up(database, town, known.id, ProfileChange(encoding=Encoding.CP850, default_bin="9"))
    terminal = await sign_in_terminal(database, keyring, username=f" {known.username.upper()} ", secret=known.secret)
    assert (terminal.machine, terminal.kind, terminal.name) == (known.id, MachineKind.SORTER, "Sorteringen")
    assert (terminal.branch, terminal.division, terminal.renews_on_checkout) == (town.main, town.library, False)
    assert terminal.caller == Caller(
        agency=town.agency,
        actor=Actor(ActorKind.MACHINE, known.id),
        language=Language.ENGLISH,
        grants=(Grant(MACHINE_PERMISSIONS[MachineKind.SORTER], town.library, town.main),),
        stands_in=town.main,
    )
    assert terminal.profile == TerminalProfile(encoding=Encoding.CP850, default_bin="9")


async def test_wrong_secret_unknown_name_and_disabled_are_answered_alike(
    database: Database, keyring: Keyring, town: Town
):
    known, gone = await sorter(database, town), await sorter(database, town, "old")
    async with database.transaction(town.agency, SYSTEM) as tx:
        await machines.change_machine(tx, system_caller(town.agency), gone.id, MachineChange(is_disabled=True))
    for username, secret in [
        (known.username, "wrong"),
        (known.username, "\udcff\x00"),
        (f"{town.isil}.nobody", known.secret),
        ("with\x00nul", known.secret),
        ("", ""),
        (gone.username, gone.secret),
    ]:
        with pytest.raises(UnauthenticatedError, match="sign_in_refused"):
            await sign_in_terminal(database, keyring, username=username, secret=secret)


async def test_guessing_is_counted_and_locked_out(database: Database, keyring: Keyring, town: Town):
    known = await sorter(database, town)
    for _ in range(5):
        with pytest.raises(UnauthenticatedError):
            await sign_in_terminal(database, keyring, username=known.username, secret="guess")
    with pytest.raises(TooManyAttemptsError):
        await sign_in(database, keyring, known)


async def test_a_machine_read_again_is_what_it_is_now_and_nobody_once_disabled(
    database: Database, keyring: Keyring, town: Town
):
    known = await sorter(database, town)
    before = await sign_in(database, keyring, known)
    assert await load_terminal(database, town.agency, known.id) == before
    async with database.transaction(town.agency, SYSTEM) as tx:
        caller = system_caller(town.agency)
        await machines.replace_machine_secret(tx, caller, known.id)
        await machines.change_machine(tx, caller, known.id, MachineChange(branch=town.suburb))
    after = await load_terminal(database, town.agency, known.id)
    assert after is not None
    assert (after.branch, after.secret_hash == before.secret_hash) == (town.suburb, False)
    async with database.transaction(town.agency, SYSTEM) as tx:
        await machines.change_machine(tx, system_caller(town.agency), known.id, MachineChange(is_disabled=True))
    assert await load_terminal(database, town.agency, known.id) is None


def test_every_setting_of_a_profile_can_be_changed():
    assert ProfileChange.__struct_fields__ == TerminalProfile.__struct_fields__


async def test_a_change_of_the_profile_leaves_the_rest_and_null_goes_back_to_the_programs_choice(
    database: Database, town: Town
):
    known = await sorter(database, town)
    first = await set_up(database, town, known.id, ProfileChange(due_date=DueDateForm.ISO, pin=PinRule.WHEN_GIVEN))
    again = await set_up(
        database, town, known.id, msgspec.json.decode(b'{"pin": null, "retries": 5}', type=ProfileChange)
    )
    assert (first.pin, again.pin, again.due_date, again.retries) == (PinRule.WHEN_GIVEN, None, DueDateForm.ISO, 5)
    assert "encoding" in msgspec.to_builtins(again)
    kinds = await event_kinds(database, town.agency)
    await set_up(database, town, known.id, ProfileChange(retries=5))
    assert kinds.count("terminal_profile_changed") == 2
    assert await event_kinds(database, town.agency) == kinds


async def test_sorting_goes_to_places_of_the_agencys_own(database: Database, town: Town, neighbour: Town):
    known = await sorter(database, town)
    good = SortRule(bin="1", destination=town.suburb, placement=town.suburb_shelf, alert=Alert.SEND_ELSEWHERE)
    strange = SortRule(bin="2", destination=neighbour.main, placement=neighbour.main_shelf)
    with pytest.raises(InvalidRequestError) as refusal:
        await set_up(database, town, known.id, ProfileChange(sorting=(good, strange)))
    assert [(each.field, each.code) for each in refusal.value.problems] == [
        ("sorting.1.destination", "branch_unknown"),
        ("sorting.1.placement", "placement_unknown"),
    ]
    assert (await set_up(database, town, known.id, ProfileChange(sorting=(good,)))).sorting == (good,)


async def test_a_setting_only_a_newer_release_knows_is_passed_over(database: Database, keyring: Keyring, town: Town):
    known = await sorter(database, town)
    await set_up(database, town, known.id, ProfileChange(retries=7))
    async with database.transaction(town.agency, SYSTEM) as tx:
        await tx.execute(
            """UPDATE terminal SET profile = profile || '{"speaks_sip3": true}' WHERE agency_id = $1""", tx.agency
        )
    assert (await sign_in(database, keyring, known)).profile == TerminalProfile(retries=7)


async def test_maintenance_of_an_agency_reaches_all_its_machines_and_no_others(
    database: Database, keyring: Keyring, town: Town, neighbour: Town
):
    known, theirs = await sorter(database, town), await sorter(database, neighbour)
    async with database.transaction(town.agency, SYSTEM) as tx:
        for _ in range(2):
            await operations.set_maintenance(tx, system_caller(town.agency), is_on=True)
    assert (await sign_in(database, keyring, known)).profile.in_maintenance
    assert not (await sign_in(database, keyring, theirs)).profile.in_maintenance
    async with database.transaction(town.agency, SYSTEM) as tx:
        assert (await operations.show_status(tx, system_caller(town.agency), known.id)).in_maintenance
        await operations.set_maintenance(tx, system_caller(town.agency), is_on=False)
        assert not await operations.is_in_maintenance(tx, system_caller(town.agency))
    assert not (await sign_in(database, keyring, known)).profile.in_maintenance
    assert (await event_kinds(database, town.agency)).count("terminal_maintenance_changed") == 2


async def test_maintenance_of_the_nation_reaches_every_machine_in_the_country(
    database: Database, keyring: Keyring, town: Town, neighbour: Town
):
    machines = [await sorter(database, each) for each in (town, neighbour)]
    for is_on in (True, False):
        async with database.transaction(NATION, SYSTEM) as tx:
            await operations.set_maintenance(tx, system_caller(NATION), is_on=is_on)
        for each in machines:
            assert (await sign_in(database, keyring, each)).profile.in_maintenance is is_on


async def test_who_sees_to_one_place_changes_and_reads_no_machine_elsewhere(database: Database, town: Town):
    known = await sorter(database, town)
    caller = editor(town, branch=True)
    async with database.transaction(town.agency, SYSTEM) as tx:
        for attempt in (
            operations.change_profile(tx, caller, known.id, ProfileChange(retries=1)),
            operations.start_trace(tx, caller, known.id, StartTrace()),
            operations.stop_trace(tx, caller, known.id),
            operations.read_trace(tx, caller, known.id),
            operations.set_maintenance(tx, caller, is_on=True),
            operations.set_maintenance(tx, editor(town, branch=False), is_on=True),
        ):
            with pytest.raises(ForbiddenError):
                await attempt
        assert (await operations.show_status(tx, caller, known.id)).username == known.username


async def test_the_neighbours_machine_is_no_machine(database: Database, town: Town, neighbour: Town):
    theirs, caller = (await sorter(database, neighbour)).id, system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        for attempt in (
            operations.show_profile(tx, caller, theirs),
            operations.change_profile(tx, caller, theirs, ProfileChange(retries=1)),
            operations.show_status(tx, caller, theirs),
            operations.start_trace(tx, caller, theirs, StartTrace()),
            operations.stop_trace(tx, caller, theirs),
            operations.read_trace(tx, caller, theirs),
        ):
            with pytest.raises(NotFoundError):
                await attempt
        assert await operations.list_statuses(tx, caller) == []


def seen(machine: MachineId, minutes: int, *, connected: bool = True) -> Sighting:
    return Sighting(machine, NOW + timedelta(minutes=minutes), NOW if connected else None)


async def observe(database: Database, town: Town, server: str, observed: Observed) -> None:
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.note_observed(tx, server, observed)


async def test_what_servers_tell_adds_up(database: Database, town: Town):
    known = await sorter(database, town)
    lent = Tally("11", TerminalOutcome.ANSWERED, 3)
    refused = Tally("11", TerminalOutcome.REFUSED, 1)
    for minutes in (5, 1):
        observed = Observed((seen(known.id, minutes),), ((known.id, lent), (known.id, refused)))
        await observe(database, town, SERVER, observed)
    async with database.transaction(town.agency, SYSTEM) as tx:
        [status] = await operations.list_statuses(tx, system_caller(town.agency))
        assert await operations.list_statuses(tx, system_caller(town.agency), after=known.id) == []
    assert (status.last_seen_at, status.connected_since, status.served_by) == (NOW + timedelta(minutes=5), NOW, SERVER)
    assert status.counts == (
        Tally("11", TerminalOutcome.ANSWERED, 6),
        Tally("11", TerminalOutcome.REFUSED, 2),
    )


async def test_one_server_says_nothing_of_a_connection_that_another_has(database: Database, town: Town):
    known = await sorter(database, town)
    await observe(database, town, SERVER, Observed((seen(known.id, 0),)))
    await observe(database, town, OTHER_SERVER, Observed((seen(known.id, 1),)))
    await observe(database, town, SERVER, Observed((seen(known.id, 2, connected=False),)))
    async with database.transaction(town.agency, SYSTEM) as tx:
        status = await operations.show_status(tx, system_caller(town.agency), known.id)
        assert (status.served_by, status.last_seen_at) == (OTHER_SERVER, NOW + timedelta(minutes=2))
    await observe(database, town, OTHER_SERVER, Observed((seen(known.id, 3, connected=False),)))
    async with database.transaction(town.agency, SYSTEM) as tx:
        status = await operations.show_status(tx, system_caller(town.agency), known.id)
    assert (status.served_by, status.connected_since) == (None, None)


async def test_a_server_clears_what_its_crash_left_standing(database: Database, town: Town):
    known = await sorter(database, town)
    mine = f"{town.isil}:6001"
    await observe(database, town, mine, Observed((seen(known.id, 0),)))
    assert await store.agencies_served_by(database, mine) == [town.agency]
    async with database.transaction(town.agency, SYSTEM) as tx:
        await store.clear_connections(tx, mine)
    assert await store.agencies_served_by(database, mine) == []


def said(machine: MachineId, *frames: str, moment: datetime = NOW) -> Observed:
    return Observed(trace=tuple(NewTraceLine(machine, moment, Direction.RECEIVED, frame) for frame in frames))


async def test_a_trace_keeps_the_latest_rows_while_it_is_on(database: Database, town: Town):
    known, quiet = await sorter(database, town), await sorter(database, town, "quiet")
    now, caller = at(database, NOW), system_caller(town.agency)
    async with now.transaction(town.agency, SYSTEM) as tx:
        ends_at = await operations.start_trace(tx, caller, known.id, StartTrace(hours=2, rows=3))
    assert ends_at == NOW + timedelta(hours=2)
    for observed in (said(known.id, "1", "2"), said(known.id, "3", "4"), said(quiet.id, "x")):
        await observe(now, town, SERVER, observed)
    await observe(now, town, SERVER, said(known.id, "late", moment=ends_at))
    async with now.transaction(town.agency, SYSTEM) as tx:
        lines = await operations.read_trace(tx, caller, known.id)
        assert [line.frame for line in lines] == ["2", "3", "4"]
        rest = await operations.read_trace(tx, caller, known.id, after=lines[0].id, limit=1)
        assert [line.frame for line in rest] == ["3"]
        assert await operations.read_trace(tx, caller, quiet.id) == []
        await operations.stop_trace(tx, caller, known.id)
        assert await operations.read_trace(tx, caller, known.id) == []
        assert await tx.value("SELECT count(*) FROM terminal_trace WHERE agency_id = $1", tx.agency) == 0
    kinds = await event_kinds(database, town.agency)
    assert kinds[-2:] == ["terminal_trace_started", "terminal_trace_stopped"]


async def test_a_trace_whose_time_is_over_shows_nothing_and_is_forgotten(database: Database, town: Town):
    known, caller = await sorter(database, town), system_caller(town.agency)
    async with at(database, NOW).transaction(town.agency, SYSTEM) as tx:
        await operations.start_trace(tx, caller, known.id, StartTrace(hours=1))
    await observe(at(database, NOW), town, SERVER, said(known.id, "1"))
    later = at(database, NOW + timedelta(hours=1))
    assert (town.agency, known.id) in {(row["agency_id"], row["machine_id"]) for row in await store.traced(later)}
    async with later.transaction(town.agency, SYSTEM) as tx:
        assert await operations.read_trace(tx, caller, known.id) == []
        await operations.end_old_traces(tx)
        assert await tx.value("SELECT count(*) FROM terminal_trace WHERE agency_id = $1", tx.agency) == 0
        assert (await operations.show_status(tx, caller, known.id)).traced_until is None
