"""What the furnished municipality has of notices: messages, sent and not taken, and wording of its own."""

from faelles.ground.database import Transaction
from faelles.notices.links.unsubscribing import token_of


async def furnish_notices(tx: Transaction, furniture) -> None:
    sent = await _message(tx, furniture, "sent")
    furniture.ours(
        notice_message=sent,
        unsubscribe_token=token_of(furniture.keyring, tx.agency, sent),
        failed_message=await _message(tx, furniture, "undeliverable"),
    )
    await tx.execute(
        "INSERT INTO notice_template (agency_id, kind, form, language, subject, body, written_by, written_at)"
        " VALUES ($1, 'hold_expired', 'full', 'da', $2, $2, 'system:0', $3)",
        tx.agency,
        f"Udløbet {furniture.marker}",
        tx.now,
    )


async def _message(tx: Transaction, furniture, state: str) -> int:
    message: int = await tx.value(
        "INSERT INTO notice_message (agency_id, patron_id, division_id, channel, state, recipient, language, subject,"
        " body, composed_at, attempts, sent_at, failed_at, failure)"
        " VALUES ($1, $2, $3, 'email', $4, $5, 'da', $5, $5, $6, 1, $7, $8, $9) RETURNING id",
        tx.agency,
        furniture.number("patron"),
        furniture.town.library,
        state,
        f"Besked {furniture.marker}",
        tx.now,
        tx.now if state == "sent" else None,
        tx.now if state == "undeliverable" else None,
        "smtp_550" if state == "undeliverable" else None,
    )
    await tx.execute(
        "INSERT INTO notice (agency_id, kind, occasion, patron_id, division_id, channel, state, planned_at, send_after,"
        " message_id) VALUES ($1, 'membership_welcome', $2, $3, $4, 'email', $5, $6, $6, $7)",
        tx.agency,
        f"member/{state}",
        furniture.number("patron"),
        furniture.town.library,
        state,
        tx.now,
        message,
    )
    return message
