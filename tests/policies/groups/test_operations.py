import pytest

from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.errors import ConflictError, ForbiddenError, NotFoundError
from faelles.policies.groups.model import AddGroup, GroupKind, RenameGroup
from faelles.policies.groups.operations import add_group, list_groups, rename_group
from faelles.policies.knobs import LOAN_DAYS
from faelles.policies.model import Scope
from faelles.policies.requests import SetRule
from policies.asking import editor, group_ids, set_in, terms_of
from town import Town

MANGA = {"code": "manga", "name_da": "Manga", "name_en": "Manga"}


async def test_a_rule_for_a_group_holds_for_a_group_of_our_own_below_it(database: Database, seeded: Town):
    async with database.transaction(seeded.agency, SYSTEM) as tx:
        ids = await group_ids(tx)
        await add_group(tx, editor(seeded.agency), GroupKind.MATERIAL, AddGroup(parent=ids["comic"], **MANGA))
    await set_in(database, seeded, SetRule(knob="loan_days", value=10, scope=Scope.AGENCY, material_group=ids["comic"]))
    assert (await terms_of(database, seeded, seeded.main, "adult", "manga"))[LOAN_DAYS].value == 10


async def test_the_neighbour_does_not_see_our_groups(database: Database, seeded: Town, neighbour: Town):
    async with database.transaction(seeded.agency, SYSTEM) as tx:
        added = await add_group(tx, editor(seeded.agency), GroupKind.PATRON, AddGroup(parent=1, **MANGA))
    async with database.transaction(neighbour.agency, SYSTEM) as tx:
        caller = editor(neighbour.agency)
        assert added.id not in {group.id for group in await list_groups(tx, caller, GroupKind.PATRON)}
        with pytest.raises(NotFoundError):
            await add_group(tx, caller, GroupKind.PATRON, AddGroup(parent=added.id, **MANGA))
        with pytest.raises(NotFoundError):
            await rename_group(tx, caller, GroupKind.PATRON, added.id, RenameGroup(name_da="x", name_en="x"))


async def test_the_same_group_again_is_the_same_group_and_its_code_taken_for_others(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        caller = editor(town.agency)
        first = await add_group(tx, caller, GroupKind.PATRON, AddGroup(parent=1, **MANGA))
        assert await add_group(tx, caller, GroupKind.PATRON, AddGroup(parent=1, **MANGA)) == first
        with pytest.raises(ConflictError):
            await add_group(tx, caller, GroupKind.PATRON, AddGroup(parent=first.id, **MANGA))


async def test_a_group_is_renamed_by_its_owner_alone(database: Database, seeded: Town):
    new_names = RenameGroup(name_da="Tegneserier fra Japan", name_en="Comics from Japan")
    async with database.transaction(seeded.agency, SYSTEM) as tx:
        caller, ids = editor(seeded.agency), await group_ids(tx)
        ours = await add_group(tx, caller, GroupKind.MATERIAL, AddGroup(parent=ids["comic"], **MANGA))
        renamed = await rename_group(tx, caller, GroupKind.MATERIAL, ours.id, new_names)
        assert (renamed.code, renamed.name_en) == ("manga", "Comics from Japan")
        with pytest.raises(ForbiddenError):
            await rename_group(tx, caller, GroupKind.MATERIAL, ids["comic"], new_names)


async def test_groups_are_changed_by_who_may_edit_the_whole_agency(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(ForbiddenError):
            await add_group(
                tx, editor(town.agency, division=town.library), GroupKind.PATRON, AddGroup(parent=1, **MANGA)
            )
