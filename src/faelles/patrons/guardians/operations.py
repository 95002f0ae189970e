"""The guardian's view. It takes a division that allows it (`loaner.guardianVisibility.enabled`), a guardianship that
holds today, and a child who is not of age yet; the adult pays for the child, or the child's own record lets every
guardian look.
"""

from msgspec import structs

from faelles.agencies.settings.model import GUARDIAN_VIEW
from faelles.agencies.settings.operations import is_on
from faelles.ground.access import record_access
from faelles.ground.crypto import Keyring
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import ForbiddenError, NotFoundError
from faelles.ground.ids import PatronId
from faelles.patrons import reach
from faelles.patrons import store as patrons
from faelles.patrons.guardians import store
from faelles.patrons.identification import store as identification
from faelles.patrons.identifiers import lookup_keys
from faelles.patrons.looking.model import PatronSummary
from faelles.patrons.looking.operations import summary_of
from faelles.patrons.model import Patron
from faelles.patrons.own_account.operations import own_patron
from faelles.patrons.relations.operations import today_of
from faelles.patrons.rules import is_adult
from faelles.people.model import Caller, Permission


async def children_for(tx: Transaction, caller: Caller, keyring: Keyring, identifier: str) -> list[Patron]:
    """Whom the guardian behind a CPR number or card may see, for a web site that signed that guardian in; the
    children of the web site's own divisions.

    Raises ForbiddenError `guardian_view_off` where no division of a child's allows it, NotFoundError `no_children`.
    """
    seen = await _children_in_reach(tx, caller, await guardian_behind(tx, caller, keyring, identifier))
    if not seen:
        raise NotFoundError("no_children")
    await reach.looked_at(tx, caller, "guardian_view", [child.id for child in seen])
    return seen


async def require_guardian(
    tx: Transaction, caller: Caller, keyring: Keyring, identifier: str, child: PatronId
) -> PatronId:
    """The guardian behind `identifier`, who may see and change `child`, else ForbiddenError `guardian_of_nobody`."""
    guardian = await guardian_behind(tx, caller, keyring, identifier)
    if child not in [each.id for each in await _children_in_reach(tx, caller, guardian)]:
        raise ForbiddenError("guardian_of_nobody")
    return guardian.id


async def guardian_behind(tx: Transaction, caller: Caller, keyring: Keyring, identifier: str) -> Patron:
    """Raises NotFoundError `no_children` for somebody unknown, as for somebody without children."""
    caller.require(Permission.PATRON_VIEW)
    held = await identification.find(tx, lookup_keys(keyring, tx.agency, identifier))
    found = await patrons.load(tx, sorted({each.patron for each in held if each.ended_at is None}))
    if len(found) != 1 or not reach.visible(caller, found):
        raise NotFoundError("no_children")
    return found[0]


async def own_children(tx: Transaction, caller: Caller) -> list[PatronSummary]:
    """The children that a signed-in patron may see; each look is recorded."""
    guardian = await own_patron(tx, caller)
    children = await _children(tx, guardian)
    await record_access(tx, "guardian_view", [child.id for child in children])
    return [summary_of(_as(caller, child.id), child, None) for child in children]


async def acting_for(tx: Transaction, caller: Caller, child: PatronId) -> Caller:
    """The guardian as somebody who may do for the child what the child may do; what is done says who did it.

    Raises ForbiddenError `guardian_of_nobody` for a child that is not theirs to see, `guardian_view_off` where the
    library does not let guardians look.
    """
    guardian = await own_patron(tx, caller)
    if child not in [each.id for each in await _children(tx, guardian)]:
        raise ForbiddenError("guardian_of_nobody")
    await record_access(tx, "guardian_view", [child])
    return _as(caller, child)


def _as(caller: Caller, child: PatronId) -> Caller:
    return structs.replace(caller, patron=child)


async def _children_in_reach(tx: Transaction, caller: Caller, guardian: Patron) -> list[Patron]:
    divisions = caller.divisions(Permission.PATRON_VIEW)
    return [each for each in await _children(tx, guardian) if reach.within(each, divisions)]


async def _children(tx: Transaction, guardian: Patron) -> list[Patron]:
    today = await today_of(tx, guardian)
    wards = await patrons.load(tx, await store.children(tx, guardian.id, today))
    children = [each for each in wards if not is_adult(each.birth_date, today)]
    if not children:
        raise NotFoundError("no_children")
    homes = {each.home_branch: (await patrons.branch(tx, each.home_branch)).division for each in children}
    allowing = {division for division in set(homes.values()) if await is_on(tx, division, GUARDIAN_VIEW)}
    seen = [each for each in children if homes[each.home_branch] in allowing]
    if not seen:
        raise ForbiddenError("guardian_view_off")
    return seen
