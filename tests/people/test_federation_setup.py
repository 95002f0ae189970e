"""Who may say where staff sign in, and what of it is ever shown."""

import msgspec
import pytest

from doors.rest.callers import staff
from faelles.doors.rest.app import ON_THIS_MACHINE
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import ForbiddenError, InvalidRequestError, NotFoundError
from faelles.people.federation.model import Protocol, Provider, RoleHere, SetProvider
from faelles.people.federation.operations import list_providers, provider_with_secret, remove_provider, set_provider
from faelles.people.model import EVERY_PERMISSION, Caller, Grant, Permission
from faelles.people.staff.operations import seed_roles
from town import Town

DESK = SetProvider(
    name="Kommunens login",
    protocol=Protocol.OPENID,
    issuer="https://login.example.dk",
    client="faelles",
    secret="kun os to",
    roles=(RoleHere(outside="Skranke", role="desk_assistant"),),
)


async def put(database: Database, keyring: Keyring, town: Town, wanted: SetProvider, caller: Caller) -> Provider:
    async with database.transaction(town.agency, SYSTEM) as tx:
        await seed_roles(tx)
        return await set_provider(tx, caller, keyring, ON_THIS_MACHINE, "kommunen", wanted)


def chief(town: Town) -> Caller:
    return staff(town.agency, 1)


def personnel(town: Town) -> Caller:
    """May employ people, and nothing that a desk does."""
    return staff(town.agency, 2, {Permission.PEOPLE_EDIT})


async def test_a_provider_cannot_be_made_to_give_more_than_its_maker_holds(
    database: Database, keyring: Keyring, town: Town
):
    with pytest.raises(ForbiddenError, match="beyond_own_permissions"):
        await put(database, keyring, town, DESK, personnel(town))


async def test_nor_changed_or_removed_by_somebody_who_holds_less_than_it_gives(
    database: Database, keyring: Keyring, town: Town
):
    await put(database, keyring, town, DESK, chief(town))
    without_roles = SetProvider(name="Mit", protocol=Protocol.OPENID, issuer="https://mit.example.dk", client="faelles")
    with pytest.raises(ForbiddenError, match="beyond_own_permissions"):
        await put(database, keyring, town, without_roles, personnel(town))
    with pytest.raises(ForbiddenError, match="beyond_own_permissions"):
        async with database.transaction(town.agency, SYSTEM) as tx:
            await remove_provider(tx, personnel(town), "kommunen")


async def test_the_secret_stays_where_it_is_not_given_again_and_is_never_shown(
    database: Database, keyring: Keyring, town: Town
):
    await put(database, keyring, town, DESK, chief(town))
    renamed = SetProvider(name="Nyt navn", protocol=Protocol.OPENID, issuer=DESK.issuer, client="faelles")
    await put(database, keyring, town, renamed, chief(town))
    async with database.transaction(town.agency, SYSTEM) as tx:
        keyed = await provider_with_secret(tx, keyring, "kommunen")
        shown = await list_providers(tx, chief(town))
    assert keyed.secret == DESK.secret
    assert [each.name for each in shown] == ["Nyt navn"]
    assert "kun os to" not in repr(shown)


async def test_without_a_secret_there_is_no_provider(database: Database, keyring: Keyring, town: Town):
    nothing = SetProvider(name="Tom", protocol=Protocol.OPENID, issuer=DESK.issuer, client="faelles")
    with pytest.raises(InvalidRequestError):
        await put(database, keyring, town, nothing, chief(town))
    with pytest.raises(NotFoundError, match="sign_in_provider_unknown"):
        async with database.transaction(town.agency, SYSTEM) as tx:
            await provider_with_secret(tx, keyring, "kommunen")


async def test_a_role_holds_at_one_place(database: Database, keyring: Keyring, town: Town):
    here = RoleHere(outside="Skranke", role="desk_assistant", branch=town.main, is_by_place=True)
    with pytest.raises(InvalidRequestError):
        await put(database, keyring, town, msgspec.structs.replace(DESK, roles=(here,)), chief(town))


async def test_who_edits_people_in_one_division_sets_no_provider_of_the_whole_agency(
    database: Database, keyring: Keyring, town: Town
):
    at_school = msgspec.structs.replace(chief(town), grants=(Grant(EVERY_PERMISSION, division=town.schools),))
    of_nobody = msgspec.structs.replace(DESK, roles=())
    with pytest.raises(ForbiddenError, match="permission_missing"):
        await put(database, keyring, town, of_nobody, at_school)
    await put(database, keyring, town, of_nobody, chief(town))
    with pytest.raises(ForbiddenError, match="permission_missing"):
        async with database.transaction(town.agency, SYSTEM) as tx:
            await remove_provider(tx, at_school, "kommunen")
