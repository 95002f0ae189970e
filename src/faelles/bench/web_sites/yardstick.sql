-- The yardsticks: what a web site asks, as somebody who knows SQL would answer it in the database. Each is one call
-- under the application's role and row policies, reads what ours reads (the settings' revision, the patron with all that
-- a renewal is decided by, titles, copies, queues), notes the look where ours does, and gives one JSON text back.
-- They decide little: no rules are resolved, and no calendar is asked. Loans are looked up by their keys (OFFSET 0): as
-- joins they are sometimes planned to read all that are open in the agency.

CREATE FUNCTION bench.enter(in_agency integer) RETURNS bigint LANGUAGE sql AS $$
    SELECT set_config('faelles.agency', in_agency::text, true), set_config('faelles.actor', 'client:1', true);
    SELECT own.number + nation.number
      FROM settings_revision AS own JOIN settings_revision AS nation ON nation.agency_id = 0
     WHERE own.agency_id = in_agency;
$$;

CREATE FUNCTION bench.look(in_agency integer, who bigint, operation text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    found json;
BEGIN
    SELECT json_build_object('name', p.name, 'born', p.birth_date, 'home', p.home_branch_id, 'history', p.keeps_history,
               'member', (SELECT json_agg(json_build_array(m.division_id, m.patron_group_id)) FROM membership AS m
                           WHERE m.agency_id = in_agency AND m.patron_id = who AND m.valid @> current_date))
      INTO found
      FROM patron AS p WHERE p.agency_id = in_agency AND p.id = who;
    INSERT INTO access_log (agency_id, at, actor, person_id, operation) VALUES (in_agency, now(), 'client:1', who, operation);
    RETURN found;
END
$$;

CREATE FUNCTION bench.site_availability(in_agency integer, numbers text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    revision bigint := bench.enter(in_agency);
BEGIN
    RETURN (
        SELECT json_agg(json_build_object('recordId', r.identifier, 'reservations', waiting.number,
                   'available', copies.are_here, 'reservable', copies.are_lent_at_all))
          FROM record AS r
         CROSS JOIN LATERAL (
                SELECT COALESCE(bool_or(c.state = 'available' AND bound.hold_id IS NULL), false) AS are_here,
                       COALESCE(bool_or(i.not_for_loan IS NULL), false) AS are_lent_at_all, max(l.due_on) AS due_on
                  FROM item AS i
                  JOIN item_circulation AS c ON c.agency_id = in_agency AND c.item_id = i.id
                  LEFT JOIN LATERAL (SELECT h.id AS hold_id FROM hold AS h
                                      WHERE h.agency_id = in_agency AND h.item_id = i.id AND h.closed_at IS NULL) AS bound
                         ON true
                  LEFT JOIN LATERAL (SELECT o.due_on FROM loan AS o
                                      WHERE o.agency_id = in_agency AND o.item_agency_id = in_agency AND o.item_id = i.id
                                        AND o.closed_at IS NULL OFFSET 0) AS l ON true
                 WHERE i.agency_id = in_agency AND i.record_id = r.id AND i.withdrawn_at IS NULL) AS copies
         CROSS JOIN LATERAL (SELECT count(*) AS number FROM hold AS h
                              WHERE h.agency_id = in_agency AND h.record_id = r.id AND h.closed_at IS NULL) AS waiting
         WHERE r.agency_id IN (0, in_agency) AND r.identifier = ANY (numbers))::text;
END
$$;

CREATE FUNCTION bench.site_holdings(in_agency integer, in_number text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    revision bigint := bench.enter(in_agency);
BEGIN
    RETURN (
        SELECT json_build_object('recordId', r.identifier,
                   'reservations', (SELECT count(*) FROM hold AS h
                                     WHERE h.agency_id = in_agency AND h.record_id = r.id AND h.closed_at IS NULL),
                   'holdings', (
                       SELECT json_agg(json_build_object('itemNumber', i.number, 'branch', b.name, 'department', p.department,
                                  'location', p.location, 'group', g.name_da, 'state', c.state, 'bound', bound.hold_id,
                                  'missed', missed.is_so, 'shelved', shelved.is_so, 'returnDate', l.due_on))
                         FROM item AS i
                         JOIN item_circulation AS c ON c.agency_id = in_agency AND c.item_id = i.id
                         JOIN branch AS b ON b.agency_id = in_agency AND b.id = i.owner_branch_id
                         JOIN placement AS p ON p.agency_id = in_agency AND p.id = i.default_placement_id
                         JOIN material_group AS g ON g.agency_id IN (0, in_agency) AND g.id = i.material_group_id
                         LEFT JOIN LATERAL (SELECT h.id AS hold_id FROM hold AS h WHERE h.agency_id = in_agency
                                               AND h.item_id = i.id AND h.closed_at IS NULL) AS bound ON true
                        CROSS JOIN LATERAL (SELECT count(*) > 0 AS is_so FROM missed_item AS m WHERE m.agency_id = in_agency
                                               AND m.item_id = i.id AND m.settled_at IS NULL) AS missed
                        CROSS JOIN LATERAL (SELECT count(*) > 0 AS is_so FROM shelf_place AS s WHERE s.agency_id = in_agency
                                               AND s.item_id = i.id AND s.emptied_at IS NULL) AS shelved
                         LEFT JOIN LATERAL (SELECT o.due_on FROM loan AS o WHERE o.agency_id = in_agency
                                               AND o.item_agency_id = in_agency AND o.item_id = i.id
                                               AND o.closed_at IS NULL OFFSET 0) AS l ON true
                        WHERE i.agency_id = in_agency AND i.record_id = r.id AND i.withdrawn_at IS NULL))
          FROM record AS r
         WHERE r.agency_id IN (0, in_agency) AND r.identifier = in_number)::text;
END
$$;

CREATE FUNCTION bench.site_loans(in_agency integer, who bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    revision bigint := bench.enter(in_agency);
    person   json := bench.look(in_agency, who, 'loans');
BEGIN
    RETURN (
        SELECT json_build_object('person', person,
                   'blocks', (SELECT count(*) FROM patron_block AS b
                               WHERE b.agency_id = in_agency AND b.patron_id = who AND b.lifted_at IS NULL),
                   'owed', (SELECT sum(e.amount_ore) FROM patron_account AS a
                              JOIN ledger_entry AS e ON e.agency_id = in_agency AND e.account_id = a.account_id
                             WHERE a.agency_id = in_agency AND a.patron_id = who),
                   'loans', json_agg(json_build_object('loanId', l.id, 'recordId', r.identifier, 'title', r.title,
                       'group', g.name_da, 'itemNumber', i.number, 'loanDate', l.lent_at, 'dueDate', l.due_on,
                       'renewals', l.renewals, 'notForLoan', i.not_for_loan, 'state', c.state, 'waitedFor', waited.is_so)
                       ORDER BY l.id))
          FROM loan_borrower AS o
         CROSS JOIN LATERAL (SELECT * FROM loan AS one WHERE one.agency_id = in_agency AND one.id = o.loan_id
                                AND one.closed_at IS NULL OFFSET 0) AS l
          JOIN item AS i ON i.agency_id = in_agency AND i.id = l.item_id
          JOIN item_circulation AS c ON c.agency_id = in_agency AND c.item_id = l.item_id
          JOIN material_group AS g ON g.agency_id IN (0, in_agency) AND g.id = i.material_group_id
          JOIN record AS r ON r.agency_id IN (0, in_agency) AND r.id = l.record_id
         CROSS JOIN LATERAL (SELECT count(*) > 0 AS is_so FROM hold AS h WHERE h.agency_id = in_agency
                                AND h.record_id = l.record_id AND h.closed_at IS NULL AND h.state = 'pending') AS waited
         WHERE o.agency_id = in_agency AND o.patron_id = who)::text;
END
$$;

CREATE FUNCTION bench.site_reservations(in_agency integer, who bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    revision bigint := bench.enter(in_agency);
    person   json := bench.look(in_agency, who, 'reservations');
BEGIN
    RETURN (
        SELECT json_build_object('person', person, 'holds', json_agg(json_build_object('reservationId', h.id,
                   'recordId', r.identifier, 'title', r.title, 'state', h.state, 'pickupBranch', b.name,
                   'date', h.placed_at, 'expiryDate', h.interest_until, 'pickupNumber', h.shelf_number,
                   'numberInQueue', queue.place) ORDER BY h.id))
          FROM hold_patron AS o
          JOIN hold AS h ON h.agency_id = in_agency AND h.id = o.hold_id
          JOIN record AS r ON r.agency_id IN (0, in_agency) AND r.id = h.record_id
          JOIN branch AS b ON b.agency_id = in_agency AND b.id = h.pickup_branch_id
         CROSS JOIN LATERAL (SELECT count(*) AS place FROM hold AS q WHERE q.agency_id = in_agency
                                AND q.record_id = h.record_id AND q.closed_at IS NULL AND q.rank <= h.rank) AS queue
         WHERE o.agency_id = in_agency AND o.patron_id = who AND o.is_open)::text;
END
$$;

CREATE FUNCTION bench.site_fees(in_agency integer, who bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    revision bigint := bench.enter(in_agency);
    person   json := bench.look(in_agency, who, 'fees');
BEGIN
    RETURN (
        SELECT json_build_object('person', person, 'settings', (SELECT json_agg(s.setting) FROM division_setting AS s
                                                                 WHERE s.agency_id = in_agency),
                   'fees', json_agg(json_build_object('feeId', c.id, 'kind', c.kind, 'raised', c.raised_at, 'ore', owed.ore,
                       'materials', things.all) ORDER BY c.id DESC))
          FROM patron_account AS a
          JOIN charge AS c ON c.agency_id = in_agency AND c.account_id = a.account_id
         CROSS JOIN LATERAL (SELECT sum(e.amount_ore) AS ore FROM ledger_entry AS e
                              WHERE e.agency_id = in_agency AND e.charge_id = c.id) AS owed
         CROSS JOIN LATERAL (SELECT json_agg(json_build_array(i.number, r.identifier, r.title)) AS all
                               FROM charge_line AS t
                               JOIN loan AS l ON l.agency_id = in_agency AND l.id = t.loan_id
                               JOIN item AS i ON i.agency_id = in_agency AND i.id = l.item_id
                               JOIN record AS r ON r.agency_id IN (0, in_agency) AND r.id = l.record_id
                              WHERE t.agency_id = in_agency AND t.charge_id = c.id AND t.released_at IS NULL) AS things
         WHERE a.agency_id = in_agency AND a.patron_id = who AND owed.ore > 0)::text;
END
$$;

GRANT USAGE ON SCHEMA bench TO faelles_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bench TO faelles_app;
