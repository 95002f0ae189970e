"""Consents are dated, as easily taken back as given, and what they alone kept goes with them."""

from circulation.lending_library import LendingLibrary
from faelles.circulation.looking.operations import loans_of_patron
from faelles.ground.actor import Actor, ActorKind
from faelles.ground.database import Transaction
from faelles.ground.i18n import Language
from faelles.ground.ids import LoanId, PatronId
from faelles.patrons.operations import write_consent
from faelles.patrons.reach import reached
from faelles.people.model import Caller, Grant, Permission
from faelles.privacy.consents.history import list_own_history
from faelles.privacy.consents.model import ConsentKind, ConsentSet, SetConsent
from faelles.privacy.consents.operations import list_consents, set_consent
from privacy.conftest import Nights
from privacy.lives import borrow, borrowers


def own(library: LendingLibrary, patron: PatronId) -> Caller:
    return Caller(
        agency=library.town.agency,
        actor=Actor(ActorKind.PATRON, patron),
        language=Language.DANISH,
        grants=(Grant(frozenset({Permission.OWN_ACCOUNT})),),
        patron=patron,
    )


async def say(library: LendingLibrary, patron: PatronId, *, is_given: bool, version: str | None = None) -> ConsentSet:
    request = SetConsent(kind=ConsentKind.HISTORY, is_given=is_given, text_version=version)
    return await library.run(lambda tx: set_consent(tx, library.librarian, library.keyring, patron, request))


async def test_history_is_kept_for_a_consent_and_goes_at_once_with_it(library: LendingLibrary, nights: Nights):
    reader = await library.reader()
    await say(library, reader.id, is_given=True, version="2027-1")
    old = await borrow(library, reader)
    library.clock.pass_days(100)
    new = await borrow(library, reader)
    await nights.pass_over()
    assert await borrowers(library, old) == [reader.id]
    answer = await say(library, reader.id, is_given=False)
    assert answer.erased_loans == 1
    assert (await borrowers(library, old), await borrowers(library, new)) == ([], [reader.id])
    [line] = answer.consents
    assert (line.text_version, line.given_by, line.withdrawn_by) == ("2027-1", "staff", "staff")


async def test_saying_it_again_changes_nothing(library: LendingLibrary):
    reader = await library.reader()
    for _ in range(2):
        assert len((await say(library, reader.id, is_given=True)).consents) == 1
    for _ in range(2):
        assert len((await say(library, reader.id, is_given=False)).consents) == 1
    assert len((await say(library, reader.id, is_given=True)).consents) == 2


async def test_whoever_sets_the_flag_the_consent_is_dated(library: LendingLibrary):
    reader = await library.reader()

    async def set_flag(tx: Transaction) -> None:
        await write_consent(tx, await reached(tx, reader.id), keeps=True)

    await library.database.run(library.town.agency, library.librarian.actor, set_flag)
    [line] = await library.run(lambda tx: list_consents(tx, library.librarian, reader.id))
    assert (line.kind, line.given_by, line.withdrawn_at) == ("history", "staff", None)


async def seen_by_themselves(library: LendingLibrary, patron: PatronId) -> list[LoanId]:
    caller = own(library, patron)
    found = await library.run(lambda tx: list_own_history(tx, caller, after=0, limit=50))
    assert await library.run(lambda tx: loans_of_patron(tx, caller, patron, is_open=False)) == []
    return [each.id for each in found]


async def test_patrons_see_what_came_back_since_they_agreed(library: LendingLibrary):
    reader = await library.reader()
    await borrow(library, reader)
    assert await seen_by_themselves(library, reader.id) == []
    library.clock.pass_days(1)
    await say(library, reader.id, is_given=True)
    assert await seen_by_themselves(library, reader.id) == []
    library.clock.pass_days(1)
    loan = await borrow(library, reader)
    assert await seen_by_themselves(library, reader.id) == [loan]


async def test_a_new_consent_brings_back_nothing_of_the_time_before_it(library: LendingLibrary):
    reader = await library.reader()
    await say(library, reader.id, is_given=True)
    await borrow(library, reader)
    library.clock.pass_days(1)
    await say(library, reader.id, is_given=False)
    assert await seen_by_themselves(library, reader.id) == []
    await say(library, reader.id, is_given=True)
    assert await seen_by_themselves(library, reader.id) == []


async def test_other_consents_touch_no_loan(library: LendingLibrary):
    reader = await library.reader()
    for is_given in (True, False):
        request = SetConsent(kind=ConsentKind.NEWSLETTERS, is_given=is_given)
        answer = await library.run(
            lambda tx, request=request: set_consent(tx, library.librarian, library.keyring, reader.id, request)
        )
    assert [line.kind for line in answer.consents] == ["newsletters"]
    assert "privacy.consent_withdrawn" in await library.events()
