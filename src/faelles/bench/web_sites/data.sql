-- What a web site asks about, in one agency (bench.site): its readers, who have twenty loans already, get five holds
-- and three fees each, and one title gets sixty copies, twenty of them lent. Readers are every twentieth patron, from
-- the first block on, bench.readers of them.

SET session_replication_role = replica;

CREATE TEMP TABLE site AS SELECT current_setting('bench.site')::integer AS agency_id;
CREATE TEMP TABLE reader AS
SELECT s.agency_id, p, 1000000000000 + p::bigint * 48271 % 2147483647 AS id, m.division_id, m.patron_group_id,
       w.home_branch_id, row_number() OVER (ORDER BY p) - 1 AS place
  FROM site
  JOIN bench.share AS s USING (agency_id)
 CROSS JOIN generate_series(s.first_patron + 19, s.first_patron + 20 * current_setting('bench.readers')::integer - 1, 20) AS p
  JOIN patron AS w ON w.agency_id = s.agency_id AND w.id = 1000000000000 + p::bigint * 48271 % 2147483647
  JOIN membership AS m ON m.agency_id = w.agency_id AND m.patron_id = w.id;

CREATE TEMP TABLE sixty AS
SELECT id, is_lent
  FROM (SELECT i.agency_id, i.id, c.state = 'on_loan' AS is_lent,
               row_number() OVER (PARTITION BY c.state ORDER BY i.id DESC) AS place
          FROM site
          JOIN item AS i USING (agency_id)
          JOIN item_circulation AS c ON c.agency_id = i.agency_id AND c.item_id = i.id) AS copies
 WHERE place <= CASE WHEN is_lent THEN 20 ELSE 40 END;
UPDATE item AS i SET record_id = r.id
  FROM site, sixty, record AS r
 WHERE i.agency_id = site.agency_id AND i.id = sixty.id AND r.agency_id = 0 AND r.identifier = 'bench:1';
UPDATE loan AS l SET record_id = r.id
  FROM site, sixty, record AS r
 WHERE l.agency_id = site.agency_id AND l.item_id = sixty.id AND l.closed_at IS NULL
   AND r.agency_id = 0 AND r.identifier = 'bench:1';

-- No two readers wait for one title, nor for one that others wait for already.
CREATE TEMP TABLE wish AS
SELECT w.*, t.record_id
  FROM (SELECT reader.*, place * 5 + n AS number FROM reader CROSS JOIN generate_series(1, 5) AS n) AS w
  JOIN (SELECT record_id, row_number() OVER (ORDER BY record_id) AS number
          FROM (SELECT DISTINCT i.record_id
                  FROM site
                  JOIN item AS i USING (agency_id)
                 WHERE NOT EXISTS (SELECT FROM hold AS h
                                    WHERE h.agency_id = i.agency_id AND h.record_id = i.record_id)) AS titles) AS t
 USING (number);
WITH placed AS (
    INSERT INTO hold (agency_id, target, record_id, transaction_id, division_id, patron_group_id, pickup_branch_id,
                      placed_at, placed_on, placed_by, interest_until, rank)
    SELECT agency_id, 'title', record_id, record_id, division_id, patron_group_id, home_branch_id, now(), current_date,
           'patron', current_date + 180, 1048576000000
      FROM wish
    RETURNING agency_id, id, record_id
)
INSERT INTO hold_patron (agency_id, hold_id, patron_id, record_id)
SELECT p.agency_id, p.id, w.id, p.record_id FROM placed AS p JOIN wish AS w USING (agency_id, record_id);

INSERT INTO account (agency_id, id, division_id, currency) OVERRIDING SYSTEM VALUE
SELECT r.agency_id, 100000000 + r.p, r.division_id, 'DKK' FROM reader AS r
 WHERE NOT EXISTS (SELECT FROM patron_account AS a WHERE a.agency_id = r.agency_id AND a.patron_id = r.id);
INSERT INTO patron_account (agency_id, patron_id, division_id, account_id)
SELECT r.agency_id, r.id, r.division_id, a.id
  FROM reader AS r JOIN account AS a ON a.agency_id = r.agency_id AND a.id = 100000000 + r.p;
CREATE TEMP TABLE claim AS
SELECT r.agency_id, 200000000 + r.p::bigint * 3 + n AS id, a.account_id, n, lent.loan_id
  FROM reader AS r
  JOIN patron_account AS a ON a.agency_id = r.agency_id AND a.patron_id = r.id
 CROSS JOIN generate_series(0, 2) AS n
 CROSS JOIN LATERAL (SELECT b.loan_id FROM loan_borrower AS b
                      WHERE b.agency_id = r.agency_id AND b.patron_id = r.id ORDER BY b.loan_id OFFSET n LIMIT 1) AS lent;
INSERT INTO charge (agency_id, id, account_id, kind, batch, step, age_class, raised_at) OVERRIDING SYSTEM VALUE
SELECT agency_id, id, account_id, 'overdue', 'site' || n, 1, 'adult', now() FROM claim;
INSERT INTO charge_line (agency_id, charge_id, loan_id, kind, step, batch, amount_ore, added_at)
SELECT agency_id, id, loan_id, 'overdue', 1, 'site' || n, 2000, now() FROM claim;
INSERT INTO ledger_entry (agency_id, account_id, charge_id, kind, amount_ore, actor, at)
SELECT agency_id, account_id, id, 'charge', 2000, 'staff:1', now() FROM claim;

-- What is written from here on takes numbers beyond those that the data set gave.
SELECT setval(pg_get_serial_sequence(name, 'id'), 900000000)
  FROM unnest(ARRAY['account', 'charge', 'charge_line', 'ledger_entry']) AS name;

SET session_replication_role = origin;
