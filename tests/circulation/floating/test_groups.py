"""Float groups: setting them up, and which copies float where."""

import pytest

from circulation.lending_library import LendingLibrary
from faelles.circulation.floating import operations, store
from faelles.circulation.floating.model import FloatSubject, NewFloatGroup, Room
from faelles.circulation.holds.queue_store import float_groups
from faelles.ground.errors import ConflictError, InvalidRequestError, NotFoundError


def group(library: LendingLibrary, name="Nord", *, room=(5, 5), **subject):
    town = library.town
    subject.setdefault("material_group", library.materials["book"])
    rooms = tuple(
        Room(branch=branch, copies=copies) for branch, copies in zip((town.main, town.suburb), room, strict=True)
    )
    return NewFloatGroup(
        name=name,
        branches=(town.main, town.suburb),
        subjects=(FloatSubject(name="Bøger", room=rooms, **subject),),
    )


async def add(library: LendingLibrary, new: NewFloatGroup, key=None):
    return await library.run(lambda tx: operations.add_group(tx, library.librarian, new, key))


def placed(shown):
    return [room.placed for subject in shown.subjects for room in subject.room]


async def test_the_copies_of_its_branches_float_from_the_start(library: LendingLibrary):
    await library.copy("book_adult")
    await library.copy("book_child", branch=library.town.suburb, shelf=library.town.suburb_shelf)
    await library.copy("film")
    shown = await add(library, group(library))
    assert placed(shown) == [1, 1]
    assert shown.branches == (library.town.main, library.town.suburb)


async def test_a_subject_may_be_the_beginning_of_a_class_number(library: LendingLibrary):
    await library.copy()
    assert placed(await add(library, group(library, classification="86"))) == [0, 0]


async def test_the_first_subject_that_fits_counts(library: LendingLibrary):
    await library.copy()
    first = group(library)
    both = NewFloatGroup(name="Nord", branches=first.branches, subjects=first.subjects * 2)
    assert placed(await add(library, both)) == [1, 0, 0, 0]


async def test_a_branch_floats_in_one_group(library: LendingLibrary):
    await add(library, group(library))
    with pytest.raises(ConflictError, match="branch_floats_already"):
        await add(library, group(library, "Syd"))


async def test_the_same_key_makes_one_group(library: LendingLibrary):
    assert await add(library, group(library), "g-1") == await add(library, group(library), "g-1")


async def test_branches_and_groups_are_ours_and_room_is_inside(library: LendingLibrary):
    here, room = library.town.main, (Room(branch=library.town.main, copies=1),)
    subject = FloatSubject(name="X", material_group=library.materials["book"], room=room * 2)
    for wrong, kind in (
        (NewFloatGroup(name="Nord", branches=(here, here)), InvalidRequestError),
        (NewFloatGroup(name="Nord", branches=(here, 999_999_999)), NotFoundError),
        (group(library, material_group=999_999), NotFoundError),
        (NewFloatGroup(name="Nord", branches=(here, library.town.suburb), subjects=(subject,)), InvalidRequestError),
        (
            NewFloatGroup(name="Nord", branches=(library.town.suburb, library.town.school), subjects=(subject,)),
            InvalidRequestError,
        ),
    ):
        with pytest.raises(kind):
            await add(library, wrong)


async def test_a_group_is_changed_as_a_whole_and_dissolved(library: LendingLibrary):
    await library.copy()
    made = await add(library, group(library))
    changed = await library.run(
        lambda tx: operations.change_group(tx, library.librarian, made.id, group(library, "Midt", room=(2, 3)))
    )
    assert (changed.name, [room.copies for room in changed.subjects[0].room], placed(changed)) == (
        "Midt",
        [2, 3],
        [1, 0],
    )
    assert await library.run(float_groups) == (frozenset({library.town.main, library.town.suburb}),)
    await library.run(lambda tx: operations.dissolve_group(tx, library.librarian, made.id))
    assert await library.run(float_groups) == ()
    with pytest.raises(NotFoundError):
        await library.run(lambda tx: operations.dissolve_group(tx, library.librarian, made.id))


async def test_counting_anew_writes_only_what_changed(library: LendingLibrary):
    await add(library, group(library))
    book = await library.copy()
    assert await library.run(store.refresh) == 1
    assert await library.run(store.refresh) == 0
    await library.run(
        lambda tx: tx.execute(
            "UPDATE item SET withdrawn_at = $3, withdrawn_why = 'worn' WHERE agency_id = $1 AND number = $2",
            tx.agency,
            book,
            tx.now,
        )
    )
    await library.run(store.refresh)
    [shown] = await library.run(lambda tx: operations.list_groups(tx, library.librarian))
    assert placed(shown) == [0, 0]
