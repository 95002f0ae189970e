-- A country on the evening before: fills a database whose agencies, rules and calendars are there. bench.share says how many
-- patrons each agency has; everything else follows from that number. For each 4,200 patrons there are 5,000 open loans, of
-- which 300 are overdue, 100 holds, of which 20 stand ready, 300 debts and 100 loans that ended a month ago.
-- Triggers and foreign keys are left out meanwhile, as a restore does: what is written here is consistent. Indexes that
-- no rule of the data stands on are made at the end, all at once.

CREATE TABLE bench.rebuilt (place integer GENERATED ALWAYS AS IDENTITY, dropping text NOT NULL, making text NOT NULL);
INSERT INTO bench.rebuilt (dropping, making)
SELECT format('DROP INDEX %I.%I', x.schemaname, x.indexname), x.indexdef
  FROM pg_indexes AS x
  JOIN pg_class AS c ON c.oid = format('%I.%I', x.schemaname, x.indexname)::regclass
 WHERE x.schemaname = 'faelles'
   AND x.tablename IN ('patron', 'patron_identifier', 'membership', 'guardian', 'record', 'item', 'item_circulation', 'loan',
                       'loan_borrower', 'hold', 'hold_patron', 'charge', 'charge_party', 'ledger_entry', 'notice',
                       'notice_message')
   AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = c.oid);
INSERT INTO bench.rebuilt (dropping, making)
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname),
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
  FROM pg_constraint AS k
 WHERE k.contype = 'x' AND k.conrelid IN ('membership'::regclass, 'guardian'::regclass);
DO $$
DECLARE
    each text;
BEGIN
    FOR each IN SELECT dropping FROM bench.rebuilt ORDER BY place LOOP
        EXECUTE each;
    END LOOP;
END
$$;
SET session_replication_role = replica;
SET synchronous_commit = off;
SET work_mem = '256MB';
SET maintenance_work_mem = '1GB';

-- How much each agency has, and from what number on its copies count: the lent ones, then those on the hold shelf, then
-- those at home, which are the desk's.
CREATE TEMP TABLE extent AS
SELECT agency_id, first_patron, patrons, pin_hash, loans, ready, free,
       1 + sum(loans + ready + free) OVER (ORDER BY agency_id) - loans - ready - free AS first_copy
  FROM (SELECT s.*, s.patrons * 25 / 21 AS loans, 1 + s.patrons / 210 AS ready, 10 + s.patrons / 100 AS free
          FROM bench.share AS s) AS s;

CREATE TEMP TABLE place AS
SELECT b.agency_id, b.id AS branch_id, b.division_id, min(p.id) AS placement_id,
       row_number() OVER (PARTITION BY b.agency_id ORDER BY b.id) - 1 AS place,
       count(*) OVER (PARTITION BY b.agency_id) AS places
  FROM branch AS b
  JOIN division AS d ON d.agency_id = b.agency_id AND d.id = b.division_id AND d.kind = 'public'
  JOIN placement AS p ON p.agency_id = b.agency_id AND p.branch_id = b.id
 WHERE b.kind = 'public'
 GROUP BY b.agency_id, b.id;

-- Ten copies a title, and an agency has one or two of them.
INSERT INTO record (agency_id, identifier, title, creators, material_type, language, classification, subjects, year, words)
SELECT 0, 'bench:' || n, 'Bog nummer ' || n || ' om ' || (ARRAY['havet', 'byen', 'skoven', 'krigen', 'sproget'])[1 + n % 5],
       ARRAY['Forfatter ' || n % 20000], 'Bog', 'dan', (n % 100)::text, ARRAY['emne ' || n % 3000], 1950 + n % 75, ''
  FROM generate_series(1, (SELECT 1000 + sum(loans) / 10 FROM extent)) AS n;

CREATE TEMP TABLE person AS
SELECT x.agency_id, p, 1000000000000 + p::bigint * 48271 % 2147483647 AS id, p % 5 = 0 AS is_child, place.branch_id,
       place.division_id, x.pin_hash
  FROM extent AS x
 CROSS JOIN generate_series(x.first_patron, x.first_patron + x.patrons - 1) AS p
  JOIN place ON place.agency_id = x.agency_id AND place.place = p % place.places;
CREATE UNIQUE INDEX ON person (p);
ANALYZE person;

-- One in 2,000 was registered yesterday. All have mail, but for one in fifty, who has a telephone.
INSERT INTO patron (agency_id, id, kind, name, birth_date, home_branch_id, street, postal_code, city, email, phone,
                    pin_hash, registered_at)
SELECT agency_id, id, 'person', 'Prøve ' || (ARRAY['Ågesen', 'Bjerre', 'Østergaard', 'Ærø', 'Lund'])[1 + p % 5] || ' ' || p,
       CASE WHEN is_child THEN current_date - 365 * 10 - p % 1000 ELSE current_date - 365 * 20 - p % 20000 END,
       branch_id, 'Vejen ' || p % 200, '0000', 'Byen', CASE WHEN p % 50 <> 9 THEN 'p' || p || '@prøve.invalid' END,
       '00000000', pin_hash, now() - CASE WHEN p % 2000 = 5 THEN interval '1 day' ELSE interval '2 years' END
  FROM person
 ORDER BY agency_id, id;

INSERT INTO patron_identifier (agency_id, patron_id, kind, lookup, sealed, valid_from)
SELECT agency_id, id, 'card', 'K' || lpad(p::text, 9, '0'), NULL, now() FROM person;

-- One in 365 memberships ends a month from now, without another to follow.
INSERT INTO membership (agency_id, patron_id, division_id, role, patron_group_id, valid)
SELECT w.agency_id, w.id, w.division_id, 'borrower', g.id,
       daterange('2020-01-01', CASE WHEN p % 365 = 7 THEN current_date + 31 END)
  FROM person AS w
  JOIN patron_group AS g ON g.agency_id = 0 AND g.code = CASE WHEN w.is_child THEN 'child' ELSE 'adult' END;

INSERT INTO guardian (agency_id, patron_id, guardian_id, is_financially_responsible, valid)
SELECT child.agency_id, child.id, adult.id, true, daterange('2020-01-01', NULL)
  FROM person AS child
  JOIN person AS adult ON adult.p = child.p - 1 AND adult.agency_id = child.agency_id
 WHERE child.is_child;

-- Copies.
CREATE TEMP TABLE volume AS
SELECT x.agency_id, x.first_copy + k AS id, k, x.loans, x.ready, place.branch_id, place.placement_id, place.division_id,
       1 + (x.first_copy + k) * 7919 % titles.number AS title
  FROM extent AS x
 CROSS JOIN generate_series(0, x.loans + x.ready + x.free - 1) AS k
 CROSS JOIN (SELECT count(*) AS number FROM record WHERE agency_id = 0 AND identifier LIKE 'bench:%') AS titles
  JOIN place ON place.agency_id = x.agency_id AND place.place = k % place.places;
CREATE TEMP TABLE title_id AS
SELECT substr(identifier, 7)::bigint AS title, id FROM record WHERE agency_id = 0 AND identifier LIKE 'bench:%';
CREATE UNIQUE INDEX ON title_id (title);
ANALYZE title_id;

INSERT INTO item (agency_id, id, number, record_id, owner_branch_id, default_placement_id, material_group_id, price_ore,
                  acquired_on)
SELECT v.agency_id, v.id, lpad(v.id::text, 10, '0'), t.id, v.branch_id, v.placement_id, g.id, 19900, '2020-01-01'
  FROM volume AS v
  JOIN title_id AS t USING (title)
  JOIN material_group AS g ON g.agency_id = 0 AND g.code = 'book_adult'
 ORDER BY v.agency_id, v.id;
INSERT INTO item_circulation (agency_id, item_id, state, seen_branch_id, seen_at)
SELECT agency_id, id, CASE WHEN k < loans THEN 'on_loan' ELSE 'available' END, branch_id, now() - interval '20 days'
  FROM volume
 ORDER BY agency_id, id;

-- Two patrons of five have something at home, two or three things each; what came on one visit is due on one day. Six in a
-- hundred are overdue, by one day to sixty.
CREATE TEMP TABLE lent AS
SELECT v.agency_id, v.id, v.title, v.branch_id, v.division_id, v.k, b.id AS borrower_id, b.is_child,
       CASE WHEN v.k % 50 < 3 THEN current_date - 1 - (v.k / 50 % 60)::integer
            ELSE current_date + ((b.p * 31 + v.k / active / 2 * 11) % 29)::integer END AS due_on
  FROM volume AS v
  JOIN extent AS x USING (agency_id)
 CROSS JOIN LATERAL (SELECT greatest(1, x.patrons * 2 / 5) AS active) AS a
  JOIN person AS b ON b.p = x.first_patron + v.k % active * 5 / 2
 WHERE v.k < v.loans;

INSERT INTO loan (agency_id, id, item_agency_id, item_id, record_id, division_id, material_group_id, patron_group_id,
                  kind, branch_id, lent_at, lent_on, due_on)
SELECT l.agency_id, 10000000 + l.id, l.agency_id, l.id, t.id, l.division_id, g.id, w.id, 'loan', l.branch_id,
       l.due_on - 28 + interval '10 hours', l.due_on - 28, l.due_on
  FROM lent AS l
  JOIN title_id AS t USING (title)
  JOIN material_group AS g ON g.agency_id = 0 AND g.code = 'book_adult'
  JOIN patron_group AS w ON w.agency_id = 0 AND w.code = CASE WHEN l.is_child THEN 'child' ELSE 'adult' END
 ORDER BY l.agency_id, l.id;
INSERT INTO loan_borrower (agency_id, loan_id, patron_id, role)
SELECT agency_id, 10000000 + id, borrower_id, 'primary' FROM lent ORDER BY agency_id, id;

-- A loan for each ten patrons ended a month ago, give or take ten days.
INSERT INTO loan (agency_id, id, item_agency_id, item_id, record_id, division_id, material_group_id, patron_group_id,
                  kind, branch_id, lent_at, lent_on, due_on, closed_at, closed_on, closed_how, closed_branch_id)
SELECT l.agency_id, 100000000 + l.id, l.agency_id, l.id, t.id, l.division_id, g.id, w.id, 'loan', l.branch_id,
       gone.day - 20 + interval '10 hours', gone.day - 20, gone.day + 8, gone.day + interval '12 hours', gone.day, 'returned',
       l.branch_id
  FROM lent AS l
 CROSS JOIN LATERAL (SELECT current_date - 20 - (l.k / 12 % 20)::integer AS day) AS gone
  JOIN title_id AS t USING (title)
  JOIN material_group AS g ON g.agency_id = 0 AND g.code = 'book_adult'
  JOIN patron_group AS w ON w.agency_id = 0 AND w.code = CASE WHEN l.is_child THEN 'child' ELSE 'adult' END
 WHERE l.k % 12 = 0
 ORDER BY l.agency_id, l.id;
INSERT INTO loan_borrower (agency_id, loan_id, patron_id, role)
SELECT agency_id, 100000000 + id, borrower_id, 'primary' FROM lent WHERE k % 12 = 0 ORDER BY agency_id, id;
SELECT setval('loan_number', 1000000000);

-- Holds: on the shelf, one in seven a day too long; and four times as many for what is lent, of which one in 180 wishes no
-- more since yesterday.
CREATE TEMP TABLE wish AS
SELECT v.agency_id, v.title, v.id AS copy, true AS is_ready, v.k - v.loans AS n, v.branch_id, v.division_id,
       x.first_patron + (v.k - v.loans) * 7 % x.patrons AS p
  FROM volume AS v JOIN extent AS x USING (agency_id)
 WHERE v.k >= v.loans AND v.k < v.loans + v.ready
 UNION ALL
SELECT v.agency_id, v.title, v.id, false, v.k / 62, v.branch_id, v.division_id, x.first_patron + v.k * 3 % x.patrons
  FROM volume AS v JOIN extent AS x USING (agency_id)
 WHERE v.k < v.loans AND v.k % 62 = 5;
INSERT INTO hold (agency_id, id, target, record_id, transaction_id, division_id, patron_group_id, pickup_branch_id, placed_at,
                  placed_on, placed_by, interest_until, rank, state, item_id, captured_at, ready_at, shelf_number,
                  pickup_deadline)
SELECT w.agency_id, 10000000 + w.copy, 'title', t.id, 10000000 + w.copy, w.division_id, g.id, w.branch_id,
       now() - interval '30 days', current_date - 30, 'patron',
       CASE WHEN NOT w.is_ready AND w.n % 180 = 0 THEN current_date - 1 ELSE current_date + 150 END,
       1048576 * (1 + row_number() OVER (PARTITION BY w.agency_id, w.title ORDER BY w.copy)),
       CASE WHEN w.is_ready THEN 'ready' ELSE 'pending' END, CASE WHEN w.is_ready THEN w.copy END,
       CASE WHEN w.is_ready THEN now() - interval '8 days' END, CASE WHEN w.is_ready THEN now() - interval '8 days' END,
       CASE WHEN w.is_ready THEN 'H' || w.copy END, CASE WHEN w.is_ready THEN current_date - 1 + (w.n % 7)::integer END
  FROM wish AS w
  JOIN title_id AS t USING (title)
  JOIN patron_group AS g ON g.agency_id = 0 AND g.code = 'adult';
INSERT INTO hold_patron (agency_id, hold_id, patron_id, record_id)
SELECT w.agency_id, 10000000 + w.copy, b.id, t.id
  FROM wish AS w
  JOIN title_id AS t USING (title)
  JOIN person AS b ON b.p = w.p;
SELECT setval('hold_number', 1000000000);

-- One patron in fourteen owes 20 kroner. One in 140 owes 250 for two months, was written to, and the debtor system knows; of
-- those one in twenty reached that only yesterday, so that somebody must tell them.
CREATE TEMP TABLE debtor AS
SELECT agency_id, id, p, division_id, p % 140 = 3 AS is_large, p % 2800 = 3 AS is_new FROM person WHERE p % 14 = 3;
INSERT INTO account (agency_id, id, division_id, currency) OVERRIDING SYSTEM VALUE
SELECT w.agency_id, w.p, w.division_id, a.currency FROM debtor AS w JOIN agency AS a USING (agency_id);
INSERT INTO patron_account (agency_id, patron_id, division_id, account_id)
SELECT agency_id, id, division_id, p FROM debtor ORDER BY agency_id, p;
INSERT INTO charge (agency_id, id, account_id, kind, batch, step, age_class, raised_at) OVERRIDING SYSTEM VALUE
SELECT agency_id, p, p, 'overdue', 'bench', 1, 'adult', now() - interval '1 day' * CASE WHEN is_large THEN 70 ELSE 20 END
  FROM debtor;
INSERT INTO charge_party (agency_id, charge_id, liable_id, addressee_id) SELECT agency_id, p, id, id FROM debtor;
INSERT INTO ledger_entry (agency_id, account_id, charge_id, kind, amount_ore, actor, at)
SELECT agency_id, p, p, 'charge', CASE WHEN is_large THEN 25000 ELSE 2000 END, 'staff:1',
       now() - interval '1 day' * CASE WHEN is_large THEN 70 ELSE 20 END
  FROM debtor;
INSERT INTO exclusion_notice (agency_id, id, account_id, noticed_at, noticed_on, excludes_on, excludes_at, debt_ore, limit_ore)
       OVERRIDING SYSTEM VALUE
SELECT agency_id, p, p, now() - interval '60 days', current_date - 60, current_date - 52, now() - interval '52 days', 25000, 20000
  FROM debtor WHERE is_large AND NOT is_new;
INSERT INTO exclusion_notice_party (agency_id, notice_id, addressee_id)
SELECT agency_id, p, id FROM debtor WHERE is_large AND NOT is_new;
INSERT INTO exclusion_told (agency_id, notice_id, told_at, excludes_on, excludes_at)
SELECT agency_id, p, now() - interval '60 days', current_date - 52, now() - interval '52 days'
  FROM debtor WHERE is_large AND NOT is_new;
INSERT INTO debt_claim (agency_id, charge_id, told_ore, handed_over_at)
SELECT agency_id, p, 25000, now() - interval '9 days' FROM debtor WHERE is_large AND NOT is_new;

-- What was written to one patron in 70 a month ago, and to one in seven since.
INSERT INTO notice_message (agency_id, id, patron_id, division_id, channel, state, recipient, language, subject, body,
                            composed_at, attempts, sent_at)
SELECT agency_id, p, id, division_id, 'email', 'sent', 'p' || p || '@prøve.invalid', 'da', 'Husk at aflevere',
       repeat('Kære låner. Du har lånt noget hos os. ', 12), since.at, 1, since.at
  FROM person
 CROSS JOIN LATERAL (SELECT now() - interval '1 day' * CASE WHEN p % 70 = 2 THEN 31 ELSE p % 29 END AS at) AS since
 WHERE p % 7 = 2
 ORDER BY agency_id, p;
INSERT INTO notice (agency_id, id, kind, occasion, patron_id, division_id, channel, day, state, planned_at, send_after, ended_at,
                    message_id) OVERRIDING SYSTEM VALUE
SELECT m.agency_id, m.id, 'due_soon', 'loan/' || m.id, m.patron_id, m.division_id, 'email', m.sent_at::date, 'sent', m.sent_at,
       m.sent_at, m.sent_at, m.id
  FROM notice_message AS m;
SELECT setval('notice_message_number', 100000000), setval(pg_get_serial_sequence('notice', 'id'), 100000000),
       setval(pg_get_serial_sequence('charge', 'id'), 100000000), setval(pg_get_serial_sequence('account', 'id'), 100000000),
       setval(pg_get_serial_sequence('exclusion_notice', 'id'), 100000000);

-- The desk's: a patron and a copy at home, at the copy's own branch.
CREATE TABLE bench.errand AS
SELECT v.agency_id, 'K' || lpad((x.first_patron + 3 + (v.k * 7) % x.patrons / 5 * 5)::text, 9, '0') AS card,
       lpad(v.id::text, 10, '0') AS number, v.branch_id,
       row_number() OVER (ORDER BY v.k - v.loans - v.ready, v.agency_id) AS place
  FROM volume AS v JOIN extent AS x USING (agency_id)
 WHERE v.k >= v.loans + v.ready
   -- Who owes more than the limit is lent nothing.
   AND (x.first_patron + 3 + (v.k * 7) % x.patrons / 5 * 5) % 140 <> 3;

SET session_replication_role = origin;
DO $$
DECLARE
    each text;
BEGIN
    FOR each IN SELECT making FROM bench.rebuilt ORDER BY place LOOP
        EXECUTE each;
    END LOOP;
END
$$;
RESET synchronous_commit;

-- What there is, and what was said.
CREATE VIEW bench.extent AS
SELECT (SELECT count(*) FROM bench.share) AS agencies, (SELECT sum(patrons) FROM bench.share) AS patrons,
       (SELECT count(*) FROM loan WHERE closed_at IS NULL) AS open_loans,
       (SELECT count(*) FROM loan WHERE closed_at IS NULL AND due_on < current_date) AS overdue,
       (SELECT count(*) FROM hold WHERE closed_at IS NULL) AS holds;
CREATE VIEW bench.sent_today AS
SELECT (SELECT count(*) FROM notice WHERE state = 'sent' AND ended_at >= current_date) AS notices,
       (SELECT count(*) FROM notice_message WHERE state = 'sent' AND sent_at >= current_date) AS messages;
