"""What was said to a patron; what could not be delivered, and what is done about it; a word by hand."""

from msgspec import structs

from faelles.fees.claims.operations import show_claim
from faelles.fees.exclusion import operations as exclusion
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError, RefusedError
from faelles.ground.events import Event, append
from faelles.ground.idempotency import recall, remember
from faelles.ground.ids import BranchId, ChargeId, PatronId
from faelles.notices import rules
from faelles.notices import store as plans
from faelles.notices.looking import store
from faelles.notices.looking.model import (
    MessageLine,
    MessageView,
    ReportBounce,
    Said,
    SentAgain,
    WriteToPatron,
    Written,
)
from faelles.notices.model import MessageState, kinds
from faelles.notices.planning.operations import say
from faelles.notices.sending import store as sending
from faelles.notices.sending.model import Group
from faelles.notices.sending.recording import by_another_way
from faelles.patrons import store as patrons
from faelles.patrons.reach import looked_at, may_see_contact, patron_for
from faelles.people.model import Caller, Permission, Place

_FAILED = (MessageState.UNDELIVERABLE, MessageState.BOUNCED)


async def list_messages(
    tx: Transaction, caller: Caller, patron: PatronId, *, before: int | None, limit: int, is_known: bool = False
) -> list[MessageLine]:
    """What was and is to be said to a patron, the latest first, of the divisions that the caller may look into.
    `is_known`: the caller was let through to the patron in this transaction, with the same permission.
    """
    if not is_known:
        await patron_for(tx, caller, patron, Permission.PATRON_VIEW, "list_messages")
    divisions = caller.divisions(Permission.PATRON_VIEW)
    return await store.of_patron(tx, patron, divisions, before=before, limit=limit)


async def show_message(tx: Transaction, caller: Caller, message: int) -> MessageView:
    """One message with its words, as long as they are kept, and each try to deliver it.

    The address is kept from whoever may not see the patron's.
    """
    caller.require(Permission.PATRON_VIEW)
    found = await store.load(tx, message, caller.divisions(Permission.PATRON_VIEW))
    if found is None:
        raise NotFoundError("notice_message_unknown")
    known = await patron_for(tx, caller, found.patron, Permission.PATRON_VIEW, "show_message")
    return found if may_see_contact(caller, known) else structs.replace(found, recipient=None, text=None)


async def said_about_claim(
    tx: Transaction, caller: Caller, patron: PatronId, charge: ChargeId, *, is_known: bool = False
) -> list[Said]:
    """What was said about a claim and the loans it is for, to the patron and to whom it was addressed, the earliest
    first. Raises NotFoundError for a claim that is not the patron's, or not for the caller to see. `is_known`: the
    caller was let through to the patron in this transaction.
    """
    caller.require(Permission.PATRON_VIEW)
    story = await show_claim(tx, caller, patron, charge, is_known=is_known)
    parties = (patron, story.claim.for_patron, story.claim.liable, story.claim.addressee)
    told = {party for party in parties if party is not None}
    loans = [each.loan for each in story.loans]
    return await store.said_about(tx, sorted(told), loans=loans, charge=charge)


async def undeliverable(tx: Transaction, caller: Caller, *, after: int, limit: int) -> list[MessageLine]:
    """Messages that nobody took or that came back, the oldest first: somebody has to find another way."""
    caller.require(Permission.WORKLIST)
    found = await store.unsettled(tx, caller.divisions(Permission.WORKLIST), after=after, limit=limit)
    await looked_at(tx, caller, "undeliverable", sorted({line.patron for line in found}))
    return found


async def resend(tx: Transaction, caller: Caller, message: int) -> SentAgain:
    """Say again what a message could not deliver, by whatever reaches the patron now; what is no longer true is left
    out when it goes. Raises RefusedError where nothing reaches them, and for a code that has gone: another is asked
    for.
    """
    found = await _failed(tx, caller, message, "resend_message")
    if any(each.is_urgent and each.sealed is None for each in await sending.notices_in(tx, message)):
        raise RefusedError("notice_message_text_gone")
    reached = (await plans.load_reached(tx, [found.patron])).get(found.patron)
    ways = (
        [rules.channel_for(kinds()[kind], reached.wishes, reached.contact) for kind in found.kinds] if reached else []
    )
    channel = next((way for way in ways if way is not None), None)
    if channel is None:
        raise RefusedError("notice_nothing_reaches")
    again = await store.plan_again(tx, message, channel)
    await store.settle(tx, message, "sent_again")
    await append(tx, Event(kind="notice.sent_again", subject=message, dimensions={"notices": again}))
    return SentAgain(again)


async def settle(tx: Transaction, caller: Caller, message: int) -> None:
    """Somebody has dealt with it otherwise: by telephone, or not at all."""
    await _failed(tx, caller, message, "settle_message")
    await store.settle(tx, message, "settled")
    await append(tx, Event(kind="notice.settled", subject=message))


async def hand_over(tx: Transaction, caller: Caller, message: int) -> None:
    """Its words were given to the patron on paper. That is written notice: the time of a warning runs from today."""
    await _failed(tx, caller, message, "hand_over_message")
    await store.settle(tx, message, "handed_over")
    await exclusion.told(tx, await store.warnings_in(tx, message))
    await append(tx, Event(kind="notice.handed_over", subject=message))


async def report_bounce(tx: Transaction, caller: Caller, message: int, request: ReportBounce) -> None:
    """A message that was taken came back. Told twice it is told once. What must be said goes by another way, if there
    is one; a warning of exclusion was told to nobody until it does.
    """
    await store.lock(tx, message)
    found = await _message(tx, caller, message, "report_bounce")
    if found.state is MessageState.BOUNCED:
        return
    if not await store.bounce(tx, message, request.detail):
        raise ConflictError("notice_message_not_failed")
    await exclusion.came_back(tx, await store.warnings_lost(tx, message))
    said = [each for each in await sending.notices_in(tx, message) if not each.is_urgent]
    back = Group(patron=found.patron, division=found.division, channel=found.channel, notices=tuple(said))
    await by_another_way(tx, [back])
    await append(tx, Event(kind="notice.bounced", subject=message, dimensions={"channel": found.channel.value}))


async def write_to_patron(
    tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId, request: WriteToPatron
) -> Written:
    """Send a patron some words by hand, on behalf of a branch, by the way they chose.

    The same key is the same message; with other words it raises ConflictError.
    """
    branch = await patrons.branch(tx, BranchId(request.branch))
    caller.require(Permission.PATRON_EDIT, Place(branch.division, BranchId(request.branch)))
    await patron_for(tx, caller, patron, Permission.PATRON_EDIT, "write_to_patron")
    asked = (patron, request)
    if earlier := await recall(tx, "write_to_patron", request.key, asked, Written):
        return earlier
    kind = kinds()["library_message"]
    occasion = f"hand/{tx.actor}/{request.key}"
    said = Written(await say(tx, keyring, kind, patron, branch.division, occasion=occasion, text=request.text))
    await remember(tx, "write_to_patron", request.key, asked, said)
    return said


async def _failed(tx: Transaction, caller: Caller, message: int, operation: str) -> MessageView:
    await store.lock(tx, message)
    found = await _message(tx, caller, message, operation)
    if found.state not in _FAILED or found.settled_at is not None:
        raise ConflictError("notice_message_not_failed")
    return found


async def _message(tx: Transaction, caller: Caller, message: int, operation: str) -> MessageView:
    caller.require(Permission.WORKLIST)
    found = await store.load(tx, message, caller.divisions(Permission.WORKLIST))
    if found is None:
        raise NotFoundError("notice_message_unknown")
    await looked_at(tx, caller, operation, [found.patron])
    return found
