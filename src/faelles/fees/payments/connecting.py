"""Finding the provider that an agency has chosen."""

from datetime import datetime

from faelles.agencies.directory import load_directory
from faelles.fees.neighbours.model import Role
from faelles.fees.neighbours.operations import neighbour_for
from faelles.fees.payments.model import Outside
from faelles.fees.payments.provider import PaymentProvider, provider_of
from faelles.ground.database import Transaction


async def reach(tx: Transaction, outside: Outside) -> tuple[PaymentProvider, str, datetime]:
    """The agency's provider, the ISIL that it calls us back under, and the moment."""
    known = await neighbour_for(tx, outside.keyring, outside.installation, Role.PAYMENTS)
    return provider_of(known, outside.installation), (await load_directory(tx)).agency.isil, tx.now
