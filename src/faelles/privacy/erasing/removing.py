"""One patron goes from every room, from the top of the house down."""

from faelles.bookings.forgetting import operations as bookings
from faelles.circulation.forgetting import operations as circulation
from faelles.fees.forgetting import operations as fees
from faelles.ground.database import Transaction
from faelles.ground.forgetting import forget_answers_of
from faelles.ground.ids import PatronId
from faelles.interlibrary.forgetting import operations as interlibrary
from faelles.notices.forgetting import operations as notices
from faelles.patrons.forgetting import operations as patrons
from faelles.people.forgetting import operations as people
from faelles.privacy.erasing import store


async def remove(tx: Transaction, patron: PatronId) -> None:
    """Everything of a patron whom nothing ties any more, and of whoever was merged into the patron. The log of looks
    keeps the number, which is nobody's then.
    """
    for each in [*await patrons.signposts(tx, patron), patron]:
        await bookings.erase(tx, each)
        await interlibrary.erase(tx, each)
        await notices.erase(tx, each)
        await circulation.erase(tx, each)
        await fees.erase(tx, each)
        await people.erase(tx, each)
        await forget_answers_of(tx, each)
        await store.erase_own(tx, each)
        await patrons.erase(tx, each)
