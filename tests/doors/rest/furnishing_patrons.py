"""What the furnished municipality has for its patrons beyond borrowing: links that were mailed, an interest on offer,
guardians who may look.
"""

from datetime import date

from faelles.agencies.settings.model import GUARDIAN_VIEW, YES
from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId
from faelles.patrons.identifiers import made_up_cpr
from faelles.patrons.links.operations import make_pin_reset, make_verification
from faelles.patrons.store import load


async def furnish_patron_services(tx: Transaction, furniture) -> None:
    interest = f"interest-{tx.agency}"
    await tx.execute(
        "INSERT INTO interest (agency_id, code, name_da, name_en) VALUES ($1, $2, $3, $3)",
        tx.agency,
        interest,
        f"Interesse {furniture.marker}",
    )
    await tx.execute(
        "INSERT INTO division_setting (agency_id, division_id, key, setting) VALUES ($1, $2, $3, $4)",
        tx.agency,
        furniture.town.library,
        GUARDIAN_VIEW,
        [YES],
    )
    await tx.execute(
        "INSERT INTO newsletter_provider (agency_id, adapter, set_at, set_by) VALUES ($1, 'built_in', $2, 'system:0')",
        tx.agency,
        tx.now,
    )
    other = PatronId(furniture.number("other_patron"))
    reset = await make_pin_reset(tx, furniture.keyring, other)
    verification = await make_verification(tx, furniture.keyring, (await load(tx, [other]))[0])
    assert reset
    assert verification
    furniture.ours(login_code=f"built-in/{made_up_cpr(date(2015, 9, 1), 7)}")
    furniture.ours(interest=interest, pin_reset_token=reset.token, verification_token=verification.token)
