-- Fills a database whose agencies, rules and calendars are there: patrons, copies, and what has happened so far.
-- bench.share says how many patrons each agency has, in blocks of twenty. Patron p has card 'K' || p and, standing in
-- p's municipality, the copies 5p-4 to 5p: two at home, three lent to somebody of the same block of twenty. Everything
-- follows from p, so that a caller needs nothing but a counter to name a patron and a copy nobody has used yet.
-- Triggers and foreign keys are left out while it is filled, as a restore does: what is written here is consistent.

INSERT INTO record (agency_id, identifier, title, creators, material_type, language, classification, subjects, year, words)
SELECT 0, 'bench:' || n, 'Bog nummer ' || n || ' om ' || (ARRAY['havet', 'byen', 'skoven', 'krigen', 'sproget'])[1 + n % 5],
       ARRAY['Forfatter ' || n % 20000], 'Bog', 'dan', (n % 100)::text, ARRAY['emne ' || n % 3000], 1950 + n % 75, ''
  FROM generate_series(1, (SELECT greatest(1, sum(patrons) / 2) FROM bench.share)) AS n;

SET session_replication_role = replica;

CREATE TEMP TABLE place AS
SELECT b.agency_id, b.id AS branch_id, b.division_id, min(p.id) AS placement_id,
       row_number() OVER (PARTITION BY b.agency_id ORDER BY b.id) - 1 AS place,
       count(*) OVER (PARTITION BY b.agency_id) AS places
  FROM branch AS b
  JOIN division AS d ON d.agency_id = b.agency_id AND d.id = b.division_id AND d.kind = 'public'
  JOIN placement AS p ON p.agency_id = b.agency_id AND p.branch_id = b.id
 WHERE b.kind = 'public'
 GROUP BY b.agency_id, b.id;

-- One in five is a child, whom the one before answers for.
CREATE TEMP TABLE person AS
SELECT s.agency_id, p, 1000000000000 + p::bigint * 48271 % 2147483647 AS id, p % 5 = 0 AS is_child, place.branch_id,
       place.division_id, s.pin_hash
  FROM bench.share AS s
 CROSS JOIN generate_series(s.first_patron, s.first_patron + s.patrons - 1) AS p
  JOIN place ON place.agency_id = s.agency_id AND place.place = p % place.places;
CREATE UNIQUE INDEX ON person (p);

INSERT INTO patron (agency_id, id, kind, name, birth_date, home_branch_id, street, postal_code, city, email, phone,
                    pin_hash, registered_at)
SELECT agency_id, id, 'person', 'Prøve ' || (ARRAY['Ågesen', 'Bjerre', 'Østergaard', 'Ærø', 'Lund'])[1 + p % 5] || ' ' || p,
       CASE WHEN is_child THEN current_date - 365 * 10 - p % 1000 ELSE current_date - 365 * 20 - p % 20000 END,
       branch_id, 'Vejen ' || p % 200, '0000', 'Byen', 'p' || p || '@prøve.invalid', '00000000', pin_hash, now()
  FROM person
 ORDER BY agency_id, id;

INSERT INTO patron_identifier (agency_id, patron_id, kind, lookup, sealed, valid_from)
SELECT agency_id, id, 'card', 'K' || lpad(p::text, 9, '0'), NULL, now() FROM person
 UNION ALL
SELECT agency_id, id, 'cpr', '01' || encode(sha256(convert_to(p::text, 'UTF8')), 'hex'), sha256(convert_to('s' || p, 'UTF8')), now()
  FROM person;

INSERT INTO membership (agency_id, patron_id, division_id, role, patron_group_id, valid)
SELECT w.agency_id, w.id, w.division_id, 'borrower', g.id, daterange('2020-01-01', NULL)
  FROM person AS w
  JOIN patron_group AS g ON g.agency_id = 0 AND g.code = CASE WHEN w.is_child THEN 'child' ELSE 'adult' END;

INSERT INTO guardian (agency_id, patron_id, guardian_id, is_financially_responsible, valid)
SELECT child.agency_id, child.id, adult.id, true, daterange('2020-01-01', NULL)
  FROM person AS child
  JOIN person AS adult ON adult.p = child.p - 1
 WHERE child.is_child;

-- One in fifty was blocked once.
INSERT INTO patron_block (agency_id, patron_id, division_id, code, starts_on, ends_on, set_by)
SELECT agency_id, id, division_id, 'M', '2021-01-01', '2021-02-01', 'staff:1' FROM person WHERE p % 50 = 7;

-- One in seven owes a little.
INSERT INTO account (agency_id, id, division_id, currency) OVERRIDING SYSTEM VALUE
SELECT w.agency_id, w.p, w.division_id, a.currency FROM person AS w JOIN agency AS a USING (agency_id) WHERE p % 7 = 3;
INSERT INTO patron_account (agency_id, patron_id, division_id, account_id)
SELECT agency_id, id, division_id, p FROM person WHERE p % 7 = 3;
INSERT INTO charge (agency_id, id, account_id, kind, batch, step, age_class, raised_at) OVERRIDING SYSTEM VALUE
SELECT agency_id, p, p, 'overdue', 'bench', 1, 'adult', now() FROM person WHERE p % 7 = 3;
INSERT INTO ledger_entry (agency_id, account_id, charge_id, kind, amount_ore, actor, at)
SELECT agency_id, p, p, 'charge', 2000, 'staff:1', now() FROM person WHERE p % 7 = 3;

CREATE TEMP TABLE volume AS
SELECT w.agency_id, w.p, w.p::bigint * 5 - 5 + r AS id, r, place.branch_id, place.placement_id, place.division_id,
       (w.p::bigint * 5 + r) * 7919 % titles.number + 1 AS title
  FROM person AS w
 CROSS JOIN generate_series(1, 5) AS r
 CROSS JOIN (SELECT count(*) AS number FROM record) AS titles
  JOIN place ON place.agency_id = w.agency_id AND place.place = (w.p * 5 + r) % place.places;

INSERT INTO item (agency_id, id, number, record_id, owner_branch_id, default_placement_id, material_group_id, price_ore,
                  acquired_on)
SELECT v.agency_id, v.id, lpad(v.id::text, 10, '0'), v.title, v.branch_id, v.placement_id, g.id, 19900, '2020-01-01'
  FROM volume AS v
  JOIN material_group AS g ON g.agency_id = 0 AND g.code = 'book_adult'
 ORDER BY v.agency_id, v.id;

INSERT INTO item_circulation (agency_id, item_id, state, seen_branch_id, seen_at)
SELECT agency_id, id, CASE WHEN r <= 2 THEN 'available' ELSE 'on_loan' END, branch_id, now() - interval '20 days'
  FROM volume
 ORDER BY agency_id, id;

-- One copy in a hundred has parts, one in two hundred a note.
INSERT INTO item_part (agency_id, item_id, number, description)
SELECT agency_id, id, n, 'Del ' || n FROM volume CROSS JOIN generate_series(1, 2) AS n WHERE id % 100 = 3;
INSERT INTO item_note (agency_id, item_id, text, written_by, written_at)
SELECT agency_id, id, 'Se efter løse sider', 'staff:1', now() FROM volume WHERE id % 200 = 11;

-- Sixty loans among twenty patrons: three of them have none, most have two or three, one has twenty. Lent one to
-- two weeks ago, but for one in thirty of the last copies, which is overdue.
CREATE TEMP TABLE lent AS
SELECT v.*, slot.id AS loan_id, b.id AS borrower_id, g.patron_group_id,
       current_date - CASE WHEN v.r = 5 AND v.p % 30 = 0 THEN 40 ELSE 7 + v.p % 7 END AS lent_on
  FROM volume AS v
 CROSS JOIN LATERAL (SELECT 10000000 + (v.p - 1) * 3 + v.r - 3 AS id, (v.p - 1) % 20 * 3 + v.r - 3 AS place) AS slot
  JOIN person AS b ON b.p = (v.p - 1) / 20 * 20 + 1 + (ARRAY[
       3, 4, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15, 16, 16, 16,
       17, 17, 17, 17, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19
       ])[1 + slot.place]
  JOIN membership AS g ON g.agency_id = b.agency_id AND g.patron_id = b.id
 WHERE v.r > 2;

INSERT INTO loan (agency_id, id, item_agency_id, item_id, record_id, division_id, material_group_id, patron_group_id,
                  kind, branch_id, lent_at, lent_on, due_on)
SELECT l.agency_id, l.loan_id, l.agency_id, l.id, l.title, l.division_id, g.id, l.patron_group_id,
       'loan', l.branch_id, l.lent_on + interval '10 hours', l.lent_on, l.lent_on + 28
  FROM lent AS l
  JOIN material_group AS g ON g.agency_id = 0 AND g.code = 'book_adult'
 ORDER BY l.agency_id, l.loan_id;
INSERT INTO loan_borrower (agency_id, loan_id, patron_id, role)
SELECT agency_id, loan_id, borrower_id, 'primary' FROM lent ORDER BY agency_id, loan_id;
SELECT setval('loan_number', 20000000);

INSERT INTO event (agency_id, at, actor, kind, loan_id, item_id, dimensions)
SELECT agency_id, now(), 'staff:1', 'loan.opened', loan_id, id, '{"branch": 1, "material_type": "Bog", "age_band": "25-39"}'
  FROM lent;
INSERT INTO access_log (agency_id, at, actor, person_id, operation)
SELECT agency_id, now(), 'staff:1', borrower_id, 'checkout' FROM lent;

SET session_replication_role = origin;

-- What accumulates. A table that is empty when plans are made is read from end to end by plans that stay.
INSERT INTO idempotency (agency_id, client, operation, key, fingerprint, answer, answered_at)
SELECT agency_id, 'staff:1', 'checkout', gen_random_uuid()::text, sha256(convert_to(loan_id::text, 'UTF8')),
       jsonb_build_object('outcome', 'lent', 'loan', loan_id, 'due_on', lent_on + 28), now()
  FROM lent;
INSERT INTO journey (agency_id, item_id, from_branch_id, to_branch_id, reason, sent_at, ended_at, ended_how)
SELECT v.agency_id, v.id, v.branch_id, v.branch_id, 'going_home', now() - interval '9 days',
       CASE WHEN v.r > 2 THEN now() - interval '8 days' END, CASE WHEN v.r > 2 THEN 'received' END
  FROM volume AS v
 WHERE v.r > 2 AND v.id % 10 = 1 OR v.r = 2 AND v.p % 100 = 1;
INSERT INTO failed_sign_in (agency_id, identifier_hash, failures, last_failed_at)
SELECT agency_id, sha256(convert_to('f' || p, 'UTF8')), 1, now() FROM person WHERE p % 100 = 2;
INSERT INTO foreign_sighting (agency_id, owner_agency_id, item_number, branch_id, seen_at)
SELECT v.agency_id, 1 + v.agency_id % 100, lpad(v.id::text, 10, '0'), v.branch_id, now() FROM volume AS v WHERE v.id % 300 = 1;
