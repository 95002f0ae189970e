"""What the furnished municipality has for privacy: somebody who leaves, and an account whose name the books keep."""

from faelles.ground.database import Transaction


async def furnish_privacy(tx: Transaction, furniture) -> None:
    leaver = await tx.value(
        "INSERT INTO patron (agency_id, kind, name, home_branch_id, registered_at)"
        " VALUES ($1, 'person', $2, $3, $4) RETURNING id",
        tx.agency,
        f"Farvel {furniture.marker}",
        furniture.town.main,
        tx.now,
    )
    account = await tx.value(
        "INSERT INTO account (agency_id, division_id, currency) VALUES ($1, $2, 'DKK') RETURNING id",
        tx.agency,
        furniture.town.library,
    )
    await tx.execute(
        "INSERT INTO bookkeeping_name (agency_id, account_id, sealed, kept_until) VALUES ($1, $2, $3, $4)",
        tx.agency,
        account,
        furniture.keyring.encrypt("bookkeeping name", tx.agency, f"Farvel {furniture.marker}"),
        tx.now,
    )
    furniture.ours(leaver=leaver, nameless_account=account)
