"""What people leave behind in a library, one of everything."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg

from circulation.holds.wishing import copies, wish
from circulation.lending_library import LendingLibrary, Reader
from faelles.circulation.holds.changing import cancel_holds
from faelles.circulation.holds.model import CancelHolds
from faelles.fees.desk.model import Means, Pay
from faelles.fees.desk.operations import pay
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.ids import LoanId
from town import Town

_MORE = (
    """
INSERT INTO interlibrary_request (agency_id, direction, patron_id, division_id, branch_id, title, state, requested_at,
changed_at) SELECT $1, 'borrowing', $2::bigint, division_id, id, 'Niels Lyhne', 'closed', $3, $3
FROM branch WHERE agency_id = $1 AND kind = 'school'
""",
    """
INSERT INTO booking (agency_id, patron_id, record_id, division_id, from_branch_id, delivery_branch_id, first_day,
last_day, wanted, minimum, booked_at, booked_by)
SELECT $1, $2::bigint, (SELECT min(id) FROM record), b.division_id, b.id, b.id, $3::timestamptz::date - 900,
$3::timestamptz::date - 900, 1, 1, $3, 'staff:1' FROM branch AS b WHERE b.agency_id = $1 AND b.kind = 'school'
""",
    """
INSERT INTO patron_identifier (agency_id, patron_id, kind, lookup, valid_from, ended_at, ended_why) VALUES
($1, $2, 'card', 'old' || $2::bigint::text, $3, $3, 'replaced')
""",
    """
INSERT INTO absence (agency_id, patron_id, period) SELECT $1, $2, daterange($3::timestamptz::date,
$3::timestamptz::date + 3)
""",
    """
INSERT INTO patron_block (agency_id, patron_id, code, starts_on, set_by, lifted_at, lifted_by) VALUES ($1, $2,
'M', $3::timestamptz::date, 'staff:1', $3, 'staff:1')
""",
    """
INSERT INTO token (agency_id, secret_hash, subject, subject_id, signed_in_at, issued_at, expires_at) VALUES
($1, sha256($2::bigint::text::bytea), 'patron', $2, $3, $3, $3::timestamptz + interval '1 hour')
""",
    """
INSERT INTO idempotency (agency_id, client, operation, key, fingerprint, answer, answered_at) VALUES ($1,
'patron:' || $2::bigint::text, 'renew', 'k', '', '{}', $3)
""",
    """
INSERT INTO notice_message (agency_id, patron_id, division_id, channel, state, recipient, language, subject,
body, composed_at, sent_at) SELECT $1, $2, id, 'email', 'sent', 'a@example.invalid', 'da', 'Emne',
'Kære Søren', $3, $3 FROM division WHERE agency_id = $1 AND kind = 'public'
""",
    """
INSERT INTO notice (agency_id, kind, occasion, patron_id, division_id, channel, state, planned_at, send_after,
message_id) SELECT $1, 'due', 'loan/1', $2, m.division_id, 'email', 'sent', $3, $3, m.id FROM notice_message
AS m WHERE m.agency_id = $1 AND m.patron_id = $2
""",
    """
INSERT INTO patron_link (agency_id, patron_id, purpose, made_at, expires_at) VALUES ($1, $2, 'pin_reset', $3,
$3)
""",
    """
INSERT INTO notice_wishes (agency_id, patron_id, wishes, changed_at) VALUES ($1, $2, '{}', $3)
""",
    """
INSERT INTO work_entry (agency_id, branch_id, kind, scanned_card, happened_at, recorded_at, recorded_by,
settled_at) SELECT $1, p.home_branch_id, 'offline_checkout', i.lookup, $3, $3, 'staff:1', $3 FROM patron AS p
JOIN patron_identifier AS i ON i.agency_id = $1 AND i.patron_id = p.id AND i.ended_at IS NULL WHERE
p.agency_id = $1 AND p.id = $2
""",
    """
INSERT INTO exclusion_notice (agency_id, account_id, noticed_at, noticed_on, excludes_on, excludes_at,
debt_ore, limit_ore) SELECT $1, account_id, $3, $3::timestamptz::date, $3::timestamptz::date, $3, 1, 1 FROM
patron_account WHERE agency_id = $1 AND patron_id = $2
""",
    """
INSERT INTO exclusion_notice_party (agency_id, notice_id, addressee_id) SELECT $1, max(n.id), $2::bigint FROM
exclusion_notice AS n WHERE n.agency_id = $1 AND n.noticed_at <= $3
""",
    """
INSERT INTO hold_match_log (agency_id, at, record_id, hold_id, outcome) SELECT $1, $3, record_id, hold_id,
'matched' FROM hold_patron WHERE agency_id = $1 AND patron_id = $2
""",
)
_STAFF = (
    """
INSERT INTO staff (agency_id, username, name, password_hash, disabled_at) VALUES ($1, 'lise', 'Lise Lukket',
'x', $2)
""",
    """
INSERT INTO support_grant (agency_id, reason, granted_by, granted_at, expires_at) VALUES ($1, 'fejl',
'staff:1', $2, $2::timestamptz + interval '1 day')
""",
    """
INSERT INTO failed_sign_in (agency_id, identifier_hash, failures, last_failed_at) VALUES ($1, 'x', 1, $2)
""",
    """
INSERT INTO machine (agency_id, branch_id, username, secret_hash, kind, name, disabled_at) SELECT $1::integer,
min(id), $1::integer || '.automat', '', 'self_check', 'Automat', $2 FROM branch WHERE agency_id = $1
""",
    """
INSERT INTO terminal_trace (agency_id, machine_id, at, direction, frame) SELECT $1, id, $2, 'sent', '98' FROM
machine WHERE agency_id = $1
""",
    """
INSERT INTO erasure (agency_id, person_hash, what, why, erased_at, erased_by) VALUES ($1, 'x', 'person',
'requested', $2, 'staff:1')
""",
    """
INSERT INTO bookkeeping_name (agency_id, account_id, sealed, kept_until) SELECT $1, min(id), 'x', $2 FROM
account WHERE agency_id = $1
""",
    """
INSERT INTO loan_override (agency_id, item_id, block, reason, actor, at) SELECT $1, min(id), 'x', 'glemt',
'staff:1', $2 FROM item WHERE agency_id = $1
""",
)


async def borrow(library: LendingLibrary, reader: Reader, *, days: int = 5) -> LoanId:
    """Lent and taken back after so many days."""
    item = await library.copy()
    lent = await library.lend(reader, item)
    library.clock.pass_days(days)
    await library.take_back(item)
    assert lent.loan is not None
    return lent.loan


async def owe_and_pay(library: LendingLibrary, reader: Reader, reference: str) -> None:
    """Returned too late, and the fee is paid."""
    await borrow(library, reader, days=40)
    await _pay(library, reader, reference)


async def lose_and_pay(library: LendingLibrary, reader: Reader, reference: str) -> str:
    """Lost for good, and paid for; the copy's number."""
    item = await library.copy()
    await library.lend(reader, item)
    await library.lose(item)
    await _pay(library, reader, reference)
    return item


async def _pay(library: LendingLibrary, reader: Reader, reference: str) -> None:
    owed = await library.owed(reader)
    request = Pay(branch=library.town.main, amount_ore=owed, means=Means.CASH, reference=reference)
    await library.run(lambda tx: pay(tx, library.librarian, reader.id, request))


async def change_mind(library: LendingLibrary, reader: Reader) -> None:
    """A hold placed and cancelled."""
    title, [item] = await copies(library, 1)
    other = await library.reader()
    await library.lend(other, item)
    placing = await wish(library, reader, title)
    request = CancelHolds(holds=(placing.holds[0].hold,))
    await library.run(lambda tx: cancel_holds(tx, library.librarian, request))
    await library.take_back(item)


async def live(library: LendingLibrary, reader: Reader) -> None:
    """One of everything that a patron can leave behind and settle."""
    await borrow(library, reader)
    await owe_and_pay(library, reader, f"R-{reader.id}")
    await lose_and_pay(library, reader, f"L-{reader.id}")
    await change_mind(library, reader)
    for sql in _MORE:
        await library.run(lambda tx, sql=sql: tx.execute(sql, tx.agency, reader.id, tx.now))


async def work_here(library: LendingLibrary) -> None:
    """What staff, machines and the supplier leave behind."""
    for sql in _STAFF:
        await library.run(lambda tx, sql=sql: tx.execute(sql, tx.agency, tx.now))


async def rows(library: LendingLibrary, sql: str, *values: object) -> list[Any]:
    return await library.run(lambda tx: tx.rows(sql, *values))


async def borrowers(library: LendingLibrary, loan: LoanId) -> list[int]:
    """Who is known to have borrowed it."""
    sql = "SELECT patron_id FROM loan_borrower WHERE agency_id = $1 AND loan_id = $2"
    return [row["patron_id"] for row in await rows(library, sql, library.town.agency, loan)]


async def found_reader(database: Database, town: Town, registered_at: datetime) -> int:
    """Somebody in another municipality, who never did anything."""
    async with database.transaction(town.agency, SYSTEM) as tx:
        patron: int = await tx.value(
            "INSERT INTO patron (agency_id, kind, name, home_branch_id, registered_at)"
            " VALUES ($1, 'person', 'Nabo', $2, $3) RETURNING id",
            tx.agency,
            town.main,
            registered_at,
        )
        return patron


async def make_logs_older(owner_url: str, library: LendingLibrary, years: int) -> None:
    """Age the log of looks: the database keeps the young part of it by its own clock, which no test turns."""
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(
            "UPDATE faelles.access_log SET at = at - $2::interval WHERE agency_id = $1",
            library.town.agency,
            timedelta(days=366 * years),
        )
    finally:
        await connection.close()
