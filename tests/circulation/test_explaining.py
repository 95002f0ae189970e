"""One patron and one item: what a check-out would go by, and why."""

import pytest

from circulation.lending_library import LendingLibrary
from faelles.circulation.desk.model import Borrower
from faelles.circulation.looking.explaining import CheckoutExplained, ExplainCheckout, explain_checkout
from faelles.ground.errors import ForbiddenError, NotFoundError
from faelles.people.model import Caller, Permission


async def explained(
    library: LendingLibrary, card: str, item: str, *, caller: Caller | None = None
) -> CheckoutExplained:
    asked = ExplainCheckout(
        borrower=Borrower(card=card), item=item, branch=library.town.main, knobs=["loan_days", "max_loans"]
    )
    return await library.run(lambda tx: explain_checkout(tx, caller or library.librarian, library.keyring, asked))


async def test_group_and_place_are_those_of_the_check_out(library: LendingLibrary):
    reader, book = await library.reader("child"), await library.copy()
    found = await explained(library, reader.card, book)
    assert found.coordinates.patron_group == library.groups["child"]
    assert found.coordinates.item_branch == library.town.main
    assert found.coordinates.patron_division == library.town.library
    assert [each.knob for each in found.knobs] == ["loan_days", "max_loans"]
    assert (found.parties.patron_group, found.parties.desk) == ("Børn", "Hovedbiblioteket")


async def test_the_look_at_the_patron_is_recorded(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await explained(library, reader.card, book)
    assert "explain_checkout" in await library.looks_at(reader)


async def test_a_member_of_another_division_counts_as_nobody_in_particular(library: LendingLibrary):
    pupil, book = await library.reader(division=library.town.schools), await library.copy()
    assert (await explained(library, pupil.card, book)).coordinates.patron_group == 1


async def test_what_is_not_there_is_told(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    with pytest.raises(NotFoundError, match="patron_unknown"):
        await explained(library, "K000000000", book)
    with pytest.raises(NotFoundError, match="material_not_found"):
        await explained(library, reader.card, "0000000000")


async def test_a_schools_staff_learn_nothing_of_the_public_librarys_patrons(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    pupil = await library.reader(division=library.town.schools)
    permissions = frozenset({Permission.POLICY_VIEW, Permission.PATRON_VIEW})
    teacher = library.staff(permissions, library.town.schools)
    with pytest.raises(NotFoundError):
        await explained(library, reader.card, book, caller=teacher)
    with pytest.raises(ForbiddenError):
        await explained(library, pupil.card, book, caller=teacher)


@pytest.mark.parametrize("missing", [Permission.POLICY_VIEW, Permission.PATRON_VIEW])
async def test_it_takes_both_permissions(library: LendingLibrary, missing: Permission):
    reader, book = await library.reader(), await library.copy()
    caller = library.staff(frozenset({Permission.POLICY_VIEW, Permission.PATRON_VIEW}) - {missing})
    with pytest.raises(ForbiddenError):
        await explained(library, reader.card, book, caller=caller)
