"""All SQL about notices of exclusion. Whether somebody is excluded is in none of it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from faelles.fees.exclusion import rules
from faelles.fees.exclusion.model import Debtor, NewNotice, Notice, NoticeLine, StandingNotice, UntoldNotice
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import PatronId
from faelles.patrons.reach import Divisions
from faelles.people.model import listed

# Whoever owes anything: what each of them may owe is for the policy to say. $3: these patrons, else all after $2.
_LOAD_DEBTORS = """
SELECT b.patron_id, b.division_id, b.balance_ore,
       (SELECT p.account_id FROM patron_account AS p
         WHERE p.agency_id = $1 AND p.patron_id = b.patron_id AND p.division_id = b.division_id AND p.is_current)
           AS account_id,
       (SELECT m.patron_group_id FROM borrower_membership AS m
         WHERE m.agency_id = $1 AND m.patron_id = b.patron_id AND m.division_id = b.division_id
           AND m.valid @> $4::date) AS patron_group_id,
       (SELECT w.birth_date FROM borrower AS w WHERE w.agency_id = $1 AND w.patron_id = b.patron_id) AS birth_date,
       (SELECT g.guardian_id FROM responsible_guardian AS g
         WHERE g.agency_id = $1 AND g.patron_id = b.patron_id AND g.valid @> $4::date
         ORDER BY lower(g.valid) DESC NULLS LAST, g.guardian_id LIMIT 1) AS guardian_id
  FROM (SELECT p.patron_id, p.division_id, sum(e.amount_ore)::bigint AS balance_ore
          FROM patron_account AS p
          JOIN ledger_entry AS e ON e.agency_id = $1 AND e.account_id = p.account_id
         WHERE p.agency_id = $1 AND p.patron_id > $2 AND ($3::bigint[] IS NULL OR p.patron_id = ANY ($3))
         GROUP BY p.patron_id, p.division_id
        HAVING sum(e.amount_ore) > 0
         ORDER BY p.patron_id
         FETCH FIRST $5 ROWS WITH TIES) AS b
 ORDER BY b.patron_id, b.division_id
"""

_LOAD_NOTICES = """
SELECT patron_id, division_id, notice_id, noticed_on, excludes_on, debt_ore, limit_ore, standing_ore, owed_ore,
       rule_id, addressee_id
  FROM patron_exclusion_notice
 WHERE agency_id = $1 AND patron_id = ANY ($2::bigint[]) AND ($3::integer[] IS NULL OR division_id = ANY ($3))
 ORDER BY notice_id DESC
"""

_LOAD_UNSETTLED = """
SELECT patron_id, division_id, notice_id, noticed_on, excludes_on, debt_ore, limit_ore, standing_ore, owed_ore,
       rule_id, addressee_id
  FROM patron_exclusion_notice
 WHERE agency_id = $1 AND notice_id > $2 AND owed_ore > 0 AND ($3::integer[] IS NULL OR division_id = ANY ($3))
 ORDER BY notice_id
 LIMIT $4
"""

_INSERT_NOTICE = """
WITH noticed AS (
    INSERT INTO exclusion_notice (agency_id, account_id, noticed_at, noticed_on, excludes_on, excludes_at, debt_ore,
                                  limit_ore, rule_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT ON CONSTRAINT noticed_once_a_day DO NOTHING
    RETURNING id
), party AS (
    INSERT INTO exclusion_notice_party (agency_id, notice_id, addressee_id) SELECT $1, id, $10 FROM noticed
)
SELECT id FROM noticed
"""

_LOAD_UNTOLD = """
SELECT notice_id, days_of_notice
  FROM patron_exclusion_notice
 WHERE agency_id = $1 AND notice_id = ANY ($2::bigint[]) AND excludes_on IS NULL
 ORDER BY notice_id
"""
_TELL = """
INSERT INTO exclusion_told (agency_id, notice_id, told_at, excludes_on, excludes_at) VALUES ($1, $2, $3, $4, $5)
"""
_TAKE_BACK = """
INSERT INTO exclusion_told (agency_id, notice_id, told_at)
SELECT $1, notice_id, $3
  FROM patron_exclusion_notice
 WHERE agency_id = $1 AND notice_id = ANY ($2::bigint[]) AND excludes_on IS NOT NULL
RETURNING notice_id
"""

_EVERYBODY = 2**31 - 1


async def load_debtors(tx: Transaction, today: date, *, after: int, limit: int) -> list[Debtor]:
    """The next ones who owe something, a line for each division, in the order of their ids. `limit` lines, and the rest
    of the last patron's.
    """
    return await _debtors(tx, await tx.rows(_LOAD_DEBTORS, tx.agency, after, None, today, limit))


async def load_these_debtors(tx: Transaction, today: date, patrons: Sequence[PatronId]) -> list[Debtor]:
    """Those of `patrons` who owe something."""
    return await _debtors(tx, await tx.rows(_LOAD_DEBTORS, tx.agency, 0, list(patrons), today, _EVERYBODY))


async def _debtors(tx: Transaction, rows: list[Row]) -> list[Debtor]:
    found = await tx.rows(_LOAD_NOTICES, tx.agency, sorted({row["patron_id"] for row in rows}), None)
    return [
        Debtor(
            patron=row["patron_id"],
            division=row["division_id"],
            account=row["account_id"],
            balance_ore=row["balance_ore"],
            group=row["patron_group_id"],
            birth_date=row["birth_date"],
            guardian=row["guardian_id"],
            notices=tuple(
                _notice(each)
                for each in found
                if (each["patron_id"], each["division_id"]) == (row["patron_id"], row["division_id"])
            ),
        )
        for row in rows
    ]


async def list_notices(tx: Transaction, patron: PatronId, divisions: Divisions, today: date) -> list[NoticeLine]:
    """What was written to a patron, newest first."""
    rows = await tx.rows(_LOAD_NOTICES, tx.agency, [patron], listed(divisions))
    return [NoticeLine(**_line(row, today)) for row in rows]


async def list_unsettled(
    tx: Transaction, divisions: Divisions, today: date, *, after: int, limit: int
) -> list[StandingNotice]:
    """The next notices about debts of which something is left, in the order they were written in."""
    rows = await tx.rows(_LOAD_UNSETTLED, tx.agency, after, listed(divisions), limit)
    return [StandingNotice(patron=row["patron_id"], **_line(row, today)) for row in rows]


async def insert_notice(tx: Transaction, new: NewNotice, noticed_on: date, excludes_at: datetime) -> int | None:
    """The new notice's id; None where one was written today already."""
    added: int | None = await tx.value(
        _INSERT_NOTICE,
        tx.agency,
        new.account,
        tx.now,
        noticed_on,
        new.excludes_on,
        excludes_at,
        new.debt_ore,
        new.limit_ore,
        new.rule,
        new.addressee,
    )
    return added


async def load_untold(tx: Transaction, notices: Collection[int]) -> list[UntoldNotice]:
    """Those of `notices` whose letters have reached nobody."""
    return [
        UntoldNotice(notice=row["notice_id"], days_of_notice=row["days_of_notice"])
        for row in await tx.rows(_LOAD_UNTOLD, tx.agency, list(notices))
    ]


async def tell(tx: Transaction, notice: int, excludes_on: date, excludes_at: datetime) -> None:
    await tx.execute(_TELL, tx.agency, notice, tx.now, excludes_on, excludes_at)


async def take_back(tx: Transaction, notices: Collection[int]) -> list[int]:
    """Those of `notices` that were told until now."""
    return [row["notice_id"] for row in await tx.rows(_TAKE_BACK, tx.agency, list(notices), tx.now)]


def _notice(row: Row) -> Notice:
    return Notice(
        division=row["division_id"],
        noticed_on=row["noticed_on"],
        excludes_on=row["excludes_on"],
        limit_ore=row["limit_ore"],
        standing_ore=row["standing_ore"],
        owed_ore=row["owed_ore"],
        rule=row["rule_id"],
    )


def _line(row: Row, today: date) -> dict[str, Any]:
    return {
        "notice": row["notice_id"],
        "division": row["division_id"],
        "noticed_on": row["noticed_on"],
        "excludes_on": row["excludes_on"],
        "debt_ore": row["debt_ore"],
        "limit_ore": row["limit_ore"],
        "owed_ore": row["owed_ore"],
        "addressee": row["addressee_id"],
        "standing": rules.standing(_notice(row), today),
    }
