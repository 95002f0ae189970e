"""The list of erasures: handed out to be kept beside the backups, and replayed when one of them was restored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from faelles.circulation.forgetting.operations import forget_history
from faelles.ground import events
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import PatronId
from faelles.patrons import store as patrons
from faelles.patrons.forgetting.operations import signposts
from faelles.patrons.operations import write_consent
from faelles.people.model import Caller, Permission
from faelles.policies.operations import current_settings
from faelles.privacy import store as kept
from faelles.privacy.consents import store as consents
from faelles.privacy.erasing import rules, store
from faelles.privacy.erasing.model import ErasureLine, Replayed, What
from faelles.privacy.erasing.operations import keep_for_the_books, person_hash, person_hashes
from faelles.privacy.erasing.removing import remove
from faelles.privacy.events import erasures_replayed
from faelles.privacy.limits import limits_on
from faelles.privacy.register import REGISTER

_PATRONS_AT_A_TIME: Final = 5_000


async def list_erasures(
    tx: Transaction, caller: Caller, *, after: int = 0, limit: int = 200
) -> list[tuple[int, ErasureLine]]:
    """The list from the line `after` on, each line with its number. It names nobody."""
    caller.require_throughout(Permission.PRIVACY)
    isil = await _own_isil(tx)
    return [
        (
            row["id"],
            ErasureLine(isil=isil, person=row["person_hash"].hex(), what=What(row["what"]), erased_at=row["erased_at"]),
        )
        for row in await store.lines(tx, after=after, limit=limit)
    ]


async def replay(tx: Transaction, caller: Caller, keyring: Keyring, lines: Sequence[ErasureLine]) -> Replayed:
    """Do again what the list says was done. Lines of other agencies are passed over; done twice it changes nothing.

    Whom something ties in the restored data is held: to be settled, and replayed again. Raises NotFoundError where no
    line is the agency's.
    """
    caller.require_throughout(Permission.PRIVACY)
    isil = await _own_isil(tx)
    own = {(line.what, line.person): line.erased_at for line in lines if line.isil == isil}
    if not own:
        raise NotFoundError("erasures_of_others")
    found = await _find(tx, keyring, own)
    erased = withdrawn = held = 0
    for what, patron, at in found:
        if what is What.HISTORY:
            withdrawn += await _withdraw_again(tx, patron, at)
        elif (gone := await _erase_again(tx, keyring, patron, at)) is None:
            held += 1
        else:
            erased += gone
    await events.append(tx, erasures_replayed(erased, withdrawn))
    return Replayed(erased=erased, withdrawn=withdrawn, absent=len(own) - len(found), held=held)


async def _own_isil(tx: Transaction) -> str:
    return (await current_settings(tx)).directory.agency.isil


async def _find(
    tx: Transaction, keyring: Keyring, own: Mapping[tuple[What, str], datetime]
) -> list[tuple[What, PatronId, datetime]]:
    """Which patrons the lines stand for: every number there is is hashed. Withdrawals first."""
    found: list[tuple[What, PatronId, datetime]] = []
    after = 0
    while page := await store.persons(tx, after=after, limit=_PATRONS_AT_A_TIME):
        for patron in page:
            hashes = [each.hex() for each in person_hashes(keyring, tx, patron)]
            found += [(what, patron, own[what, each]) for what in What for each in hashes if (what, each) in own]
        after = page[-1]
    return sorted(found, key=lambda each: each[0] is What.PERSON)


async def _erase_again(tx: Transaction, keyring: Keyring, patron: PatronId, at: datetime) -> int | None:
    """As at the first time, what the law keeps included: the restored data may not have it.

    How many numbers are gone by it, those merged into the patron's included; None where something ties them.
    """
    await patrons.lock(tx, [patron])
    known = await patrons.load(tx, [patron])
    if not known:
        # It went a moment ago with the one it had been merged into.
        return 0
    persons = [patron, *await signposts(tx, patron)]
    if rules.refusals(await kept.ties(tx, persons)):
        return None
    stays = await keep_for_the_books(tx, keyring, known[0], await limits_on(tx))
    await remove(tx, patron)
    for person in persons:
        await store.note(tx, person_hash(keyring, tx, person), What.PERSON, "replayed", kept=stays, erased_at=at)
    return len(persons)


async def _withdraw_again(tx: Transaction, patron: PatronId, at: datetime) -> bool:
    """Withdraw a consent that was given before `at`; a newer one stands."""
    await patrons.lock(tx, [patron])
    [known] = await patrons.load(tx, [patron])
    if not known.keeps_history or await consents.given_after(tx, patron, at):
        return False
    await write_consent(tx, known, keeps=False)
    limits = await limits_on(tx)
    if (since := limits.since(REGISTER.find("loans"))) is not None:
        await forget_history(tx, patron, since)
    return True
