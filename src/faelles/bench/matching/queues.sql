-- Queues of the lengths that bench.queue says (none where it is 0) for the titles of its copies, no two of one title, and
-- a hold each for bench.titles more. Who waits follows from the place in the queue; where an agency has fewer patrons, the
-- rest are holds without a patron, as those of other agencies are.

CREATE TEMP TABLE wish AS
SELECT q.agency_id, i.record_id, q.branch_id, n
  FROM bench.queue AS q
  JOIN item AS i ON i.agency_id = q.agency_id AND i.number = q.number
 CROSS JOIN generate_series(1, q.length) AS n;

INSERT INTO wish
SELECT i.agency_id, i.record_id, min(i.owner_branch_id), 1
  FROM item AS i
 WHERE NOT EXISTS (SELECT FROM bench.queue AS q JOIN item AS o ON o.agency_id = q.agency_id AND o.number = q.number
                    WHERE o.agency_id = i.agency_id AND o.record_id = i.record_id)
 GROUP BY i.agency_id, i.record_id
 LIMIT current_setting('bench.titles')::integer;

WITH placed AS (
    INSERT INTO hold (agency_id, target, record_id, transaction_id, division_id, patron_group_id, pickup_branch_id,
                      placed_at, placed_on, placed_by, interest_until, rank)
    SELECT w.agency_id, 'title', w.record_id, 0, b.division_id,
           (SELECT g.id FROM patron_group AS g WHERE g.code = 'adult' LIMIT 1), w.branch_id,
           now(), current_date, 'staff', current_date + 180, 1048576 * w.n
      FROM wish AS w
      JOIN branch AS b ON b.agency_id = w.agency_id AND b.id = w.branch_id
    RETURNING agency_id, id, record_id, rank / 1048576 - 1 AS before
)
INSERT INTO hold_patron (agency_id, hold_id, patron_id, record_id)
SELECT p.agency_id, p.id, 1000000000000 + (s.first_patron + (p.record_id + p.before) % s.patrons) * 48271 % 2147483647,
       p.record_id
  FROM placed AS p
  JOIN bench.share AS s ON s.agency_id = p.agency_id AND p.before < s.patrons;
