-- What placing, matching and capturing read, and the steps that several writes take.

-- Every copy that may ever fill a hold, and how it stands just now. One that is bound to a hold is nobody else's; one on a
-- hold shelf for nobody is found by whoever clears it. What each copy is looked up for is a look-up of its own, by key: as
-- joins they are planned for tables as small as they are when the first plan is made, and read from end to end.
CREATE VIEW hold_supply WITH (security_invoker = true) AS
    SELECT c.agency_id, c.record_id, c.item_id, json_build_array(
               c.item_id, c.number,
               (SELECT p.branch_id FROM placement_directory AS p
                 WHERE p.agency_id = c.agency_id
                   AND p.placement_id = COALESCE(w.active_placement_id, c.default_placement_id)),
               c.owner_branch_id, c.default_placement_id, c.material_group_id, c.kind,
               c.issue_id, c.minimum_age, c.not_for_loan IS NOT NULL, c.condition, c.acquired_on, w.state,
               (SELECT count(*) FROM missed_item AS m
                 WHERE m.agency_id = c.agency_id AND m.item_id = c.item_id AND m.settled_at IS NULL) > 0,
               (SELECT count(*) FROM hold AS h
                 WHERE h.agency_id = c.agency_id AND h.item_id = c.item_id AND h.closed_at IS NULL
                   AND h.state <> 'matched') > 0,
               (SELECT count(*) FROM shelf_place AS s
                 WHERE s.agency_id = c.agency_id AND s.item_id = c.item_id AND s.emptied_at IS NULL) > 0,
               CASE WHEN w.is_booked THEN bookings_of(c.agency_id, c.item_id, NULL) ELSE '[]' END) AS facts
      FROM copy AS c
      JOIN item_circulation AS w ON w.agency_id = c.agency_id AND w.item_id = c.item_id
     WHERE c.withdrawn_at IS NULL
       AND c.sent_home_at IS NULL
       AND (c.kind = 'item' OR c.received_at IS NOT NULL);

-- Every hold to which no copy is bound yet. Absences are those that were not over when it was placed: the rules know the
-- day.
CREATE VIEW waiting_hold WITH (security_invoker = true) AS
    SELECT h.agency_id, h.record_id, h.id AS hold_id, h.rank, json_build_array(
               h.id, h.record_id, h.rank, h.target, h.issue_id, h.wanted_item_id, h.division_id, h.patron_group_id,
               h.pickup_branch_id, b.birth_date, h.active_from, h.interest_until, h.state, h.item_id, h.claimed_until,
               ARRAY(SELECT json_build_array(lower(a.period), upper(a.period))
                       FROM absence AS a
                      WHERE a.agency_id = h.agency_id AND a.patron_id = p.patron_id
                        AND a.period && daterange(h.placed_on, NULL)),
               ARRAY(SELECT o.block FROM hold_override AS o
                      WHERE o.agency_id = h.agency_id AND o.hold_id = h.id),
               h.placed_on, h.wanted_group_id, b.home_branch_id, p.patron_id IS NULL, h.is_parallel,
               h.nothing_fills) AS facts
      FROM hold AS h
      LEFT JOIN hold_patron AS p ON p.agency_id = h.agency_id AND p.hold_id = h.id
      LEFT JOIN borrower AS b ON b.agency_id = p.agency_id AND b.patron_id = p.patron_id
     WHERE h.closed_at IS NULL AND h.state IN ('pending', 'matched');
GRANT SELECT ON hold_supply, waiting_hold TO faelles_app;

-- Whether two holds of one title could be given the same copy: not where they wait for different issues, or for different
-- copies. The place in line is told among those.
-- By columns, not by rows: of a row outside the question all columns would be put together first.
CREATE FUNCTION compete(in_issue bigint, in_copy bigint, in_other_issue bigint, in_other_copy bigint)
    RETURNS boolean LANGUAGE sql IMMUTABLE
    RETURN COALESCE(in_issue = in_other_issue, true) AND COALESCE(in_copy = in_other_copy, true);

-- The title that a record is now: another's successor where it was merged away.
CREATE FUNCTION current_title(in_record bigint) RETURNS bigint LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH RECURSIVE line (record_id, successor_id, depth) AS (
        SELECT t.record_id, t.successor_id, 0 FROM title AS t WHERE t.record_id = in_record
        UNION ALL
        SELECT t.record_id, t.successor_id, l.depth + 1
          FROM line AS l
          JOIN title AS t ON t.record_id = l.successor_id
         WHERE l.depth < 20)
    SELECT record_id FROM line ORDER BY depth DESC LIMIT 1;
END;

-- Locks the patron and the queues of all titles that are wished for, each queue whole and in the order of their ids, then
-- reads what placing depends on. Who was merged into somebody else while we waited is looked up again.
CREATE FUNCTION load_placing(
    in_agency integer, in_patron_keys text[], in_patron bigint, in_records bigint[], in_issues bigint[],
    in_item_numbers text[], in_since date, in_client text, in_operation text, in_key text
) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    who     bigint := in_patron;
    fitting integer := 1;
    ended   text;
    titles  bigint[];
    facts   text;
BEGIN
    IF who IS NULL THEN
        SELECT min(patron_id), count(DISTINCT patron_id) INTO who, fitting FROM borrower_identifier
         WHERE agency_id = in_agency AND lookup = ANY (in_patron_keys) AND ended_at IS NULL;
        who := CASE WHEN fitting = 1 THEN who END;
    END IF;
    IF who IS NULL THEN
        SELECT ended_why INTO ended FROM borrower_identifier
         WHERE agency_id = in_agency AND lookup = ANY (in_patron_keys) ORDER BY ended_at DESC LIMIT 1;
    END IF;
    PERFORM FROM patron WHERE agency_id = in_agency AND id = who AND merged_into_id IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        IF who IS NOT NULL AND in_patron IS NULL THEN
            RAISE EXCEPTION 'the patron was merged while the lock was taken' USING ERRCODE = 'serialization_failure';
        END IF;
        who := NULL;
    END IF;
    titles := ARRAY(
        SELECT DISTINCT current_title(wished.record_id)
          FROM (SELECT unnest(in_records) AS record_id
                 UNION ALL SELECT i.record_id FROM title_issue AS i WHERE i.issue_id = ANY (in_issues)
                 UNION ALL SELECT c.record_id FROM copy AS c
                            WHERE c.agency_id = in_agency AND c.number = ANY (in_item_numbers)) AS wished
         WHERE current_title(wished.record_id) IS NOT NULL
         ORDER BY 1);
    FOR place IN 1 .. cardinality(titles) LOOP
        PERFORM pg_advisory_xact_lock(title_lock(in_agency, titles[place]));
    END LOOP;
    SELECT json_build_object(
        'revision', (SELECT r.facts FROM revision_facts AS r WHERE r.agency_id = in_agency),
        'earlier', (SELECT e.facts FROM earlier_answer_facts AS e
                     WHERE e.agency_id = in_agency AND e.client = in_client AND e.operation = in_operation
                       AND e.key = in_key),
        'ended_identifier', ended,
        'is_ambiguous', fitting > 1,
        'numbers', ARRAY(SELECT nextval('hold_number')
                           FROM generate_series(1, cardinality(in_records) + cardinality(in_issues)
                                                   + cardinality(in_item_numbers))),
        'patron', (SELECT p.facts FROM patron_facts AS p WHERE p.agency_id = in_agency AND p.patron_id = who),
        'holds', ARRAY(
            SELECT json_build_array(h.id, h.record_id, h.issue_id, h.wanted_item_id, h.division_id, h.material_group_id,
                                    h.placed_on, h.closed_at IS NULL, p.nth)
              FROM hold_patron AS p
              JOIN hold AS h ON h.agency_id = p.agency_id AND h.id = p.hold_id
             WHERE p.agency_id = in_agency AND p.patron_id = who AND (h.closed_at IS NULL OR h.placed_on >= in_since)
             ORDER BY h.id),
        'had', ARRAY(
            SELECT DISTINCT l.record_id
              FROM loan_borrower AS o
              JOIN loan AS l ON l.agency_id = o.agency_id AND l.id = o.loan_id
             WHERE o.agency_id = in_agency AND o.patron_id = who AND l.record_id = ANY (titles)
               AND l.closed_at IS NOT NULL),
        'records', ARRAY(
            SELECT json_build_array(r.record_id, current_title(r.record_id)) FROM unnest(in_records) AS r (record_id)
             WHERE current_title(r.record_id) IS NOT NULL),
        'issues', ARRAY(
            SELECT json_build_array(i.issue_id, i.record_id) FROM title_issue AS i WHERE i.issue_id = ANY (in_issues)),
        'items', ARRAY(
            SELECT json_build_array(c.number, c.item_id, c.record_id, c.withdrawn_at IS NOT NULL) FROM copy AS c
             WHERE c.agency_id = in_agency AND c.number = ANY (in_item_numbers)),
        'titles', ARRAY(
            SELECT json_build_object(
                       'record', t.record_id, 'title', t.title, 'material_type', t.material_type,
                       'classification', t.classification, 'is_periodical', t.is_periodical,
                       'last_rank', (SELECT max(h.rank) FROM hold AS h
                                      WHERE h.agency_id = in_agency AND h.record_id = t.record_id
                                        AND h.closed_at IS NULL
                                        AND (h.active_from IS NULL OR h.active_from <= in_since)),
                       'later', ARRAY(
                           SELECT json_build_array(h.rank, h.active_from, h.state IN ('pending', 'matched'), h.issue_id,
                                                   h.wanted_item_id)
                             FROM hold AS h
                            WHERE h.agency_id = in_agency AND h.record_id = t.record_id AND h.closed_at IS NULL
                              AND h.active_from > in_since
                            ORDER BY h.rank),
                       'waiting', ARRAY(SELECT json_build_array(h.issue_id, h.wanted_item_id, count(*))
                                          FROM hold AS h
                                         WHERE h.agency_id = in_agency AND h.record_id = t.record_id
                                           AND h.closed_at IS NULL AND h.state IN ('pending', 'matched')
                                         GROUP BY h.issue_id, h.wanted_item_id),
                       'copies', ARRAY(SELECT s.facts FROM hold_supply AS s
                                        WHERE s.agency_id = in_agency AND s.record_id = t.record_id
                                        ORDER BY s.item_id))
              FROM title AS t
             WHERE t.record_id = ANY (titles)
             ORDER BY t.record_id)
    )::text INTO facts;
    RETURN facts;
END
$$;

-- Locks every hold that filling one of these ends or sets free: the others of a parallel order, and whoever the copy was
-- planned for. Holds are the last to be locked, by their number and all at once: two branches that fill two holds of one
-- order at the same moment wait for each other instead of each having what the other wants.
CREATE FUNCTION lock_holds_with(in_agency integer, in_holds bigint[], in_item bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM FROM hold
      WHERE agency_id = in_agency AND closed_at IS NULL
        AND id = ANY (in_holds
                      || ARRAY(SELECT o.id
                                 FROM hold AS h
                                 JOIN hold AS o ON o.transaction_id = h.transaction_id AND o.agency_id = h.agency_id
                                WHERE h.agency_id = in_agency AND h.id = ANY (in_holds) AND h.is_parallel)
                      || ARRAY(SELECT p.id FROM hold AS p
                                WHERE p.agency_id = in_agency AND p.item_id = in_item AND p.closed_at IS NULL))
      ORDER BY id
        FOR NO KEY UPDATE;
END
$$;

-- Closes holds that are in one of the given states; the copy is the one that filled them, where that is new. Their titles
-- are marked: what was planned or bound is free, and the queue is shorter. A copy that was only planned filled nothing.
CREATE FUNCTION close_holds(
    in_agency integer, in_holds bigint[], in_from text[], in_state text, in_why text, in_item bigint, in_at timestamptz,
    in_actor text
) RETURNS TABLE (hold_id bigint, record_id bigint, was text, item_id bigint) LANGUAGE sql VOLATILE AS $$
    WITH prior AS (
        SELECT h.id, h.state, h.item_id
          FROM hold AS h
         WHERE h.agency_id = in_agency AND h.id = ANY (in_holds) AND h.closed_at IS NULL AND h.state = ANY (in_from)
         ORDER BY h.id
           FOR NO KEY UPDATE
    ), closed AS (
        UPDATE hold AS h
           SET state = in_state, closed_at = in_at, closed_why = in_why,
               item_id = COALESCE(in_item, CASE WHEN prior.state <> 'matched' THEN h.item_id END),
               claimed_by = NULL, claimed_until = NULL
          FROM prior
         WHERE h.agency_id = in_agency AND h.id = prior.id
        RETURNING h.id, h.record_id, prior.state AS was, prior.item_id, h.item_id AS filled_by, h.pickup_branch_id,
                  h.division_id, h.placed_at
    ), ended AS (
        UPDATE hold_patron AS p SET is_open = false
          FROM closed WHERE p.agency_id = in_agency AND p.hold_id = closed.id
    ), marked AS (
        INSERT INTO dirty_title (agency_id, record_id, marked_at)
        SELECT DISTINCT in_agency, c.record_id, in_at FROM closed AS c
    ), happened AS (
        INSERT INTO event (agency_id, at, actor, kind, hold_id, item_id, dimensions)
        SELECT in_agency, in_at, in_actor, 'hold.' || in_state, c.id, c.filled_by,
               jsonb_build_object('why', in_why, 'was', c.was, 'branch', c.pickup_branch_id, 'division', c.division_id,
                                  'record', c.record_id, 'days', in_at::date - c.placed_at::date)
          FROM closed AS c
         ORDER BY c.id
    )
    SELECT c.id, c.record_id, c.was, c.item_id FROM closed AS c ORDER BY c.id
$$;

-- The others that were placed in parallel with a hold and still wait: one is enough.
CREATE FUNCTION close_parallel_holds(in_agency integer, in_holds bigint[], in_at timestamptz, in_actor text)
    RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT count(*)
      FROM close_holds(
          in_agency,
          ARRAY(SELECT o.id
                  FROM hold AS h
                  JOIN hold AS o ON o.agency_id = h.agency_id AND o.transaction_id = h.transaction_id AND o.id <> h.id
                 WHERE h.agency_id = in_agency AND h.id = ANY (in_holds) AND h.is_parallel AND o.closed_at IS NULL
                 ORDER BY o.id),
          ARRAY['pending', 'matched'], 'cancelled', 'filled_by_other', NULL, in_at, in_actor)
$$;

-- Binds a copy to a hold whose title is locked: nobody else has it from now on. Whoever it was planned for waits again, a
-- better copy that was planned for this hold is free, and the parallel holds are over. passed: who was passed over and why.
CREATE FUNCTION capture_hold(
    in_agency integer, in_hold bigint, in_item bigint, in_passed jsonb, in_at timestamptz, in_actor text
) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    title       bigint;
    branch      integer;
    is_parallel boolean;
BEGIN
    PERFORM lock_holds_with(in_agency, ARRAY[in_hold], in_item);
    WITH released AS (
        UPDATE hold SET state = 'pending', item_id = NULL, claimed_by = NULL, claimed_until = NULL
         WHERE agency_id = in_agency AND item_id = in_item AND state = 'matched' AND id <> in_hold
        RETURNING id, record_id
    )
    INSERT INTO hold_match_log (agency_id, at, record_id, hold_id, outcome, details)
        SELECT in_agency, in_at, record_id, id, 'released', '{"why": "captured_for_other"}' FROM released;
    UPDATE hold
       SET state = 'captured', item_id = in_item, captured_at = in_at, claimed_by = NULL, claimed_until = NULL
     WHERE agency_id = in_agency AND id = in_hold AND state IN ('pending', 'matched')
    RETURNING record_id, pickup_branch_id, hold.is_parallel INTO title, branch, is_parallel;
    IF title IS NULL THEN
        RAISE EXCEPTION 'the hold changed while its locks were taken' USING ERRCODE = 'serialization_failure';
    END IF;
    IF is_parallel THEN
        PERFORM close_parallel_holds(in_agency, ARRAY[in_hold], in_at, in_actor);
    END IF;
    INSERT INTO hold_match_log (agency_id, at, record_id, hold_id, item_id, outcome, details)
        VALUES (in_agency, in_at, title, in_hold, in_item, 'captured', jsonb_build_object('passed', in_passed));
    INSERT INTO dirty_title (agency_id, record_id, marked_at) VALUES (in_agency, title, in_at);
    INSERT INTO event (agency_id, at, actor, kind, hold_id, item_id, dimensions)
        VALUES (in_agency, in_at, in_actor, 'hold.captured', in_hold, in_item,
                jsonb_build_object('branch', branch, 'record', title, 'passed', jsonb_array_length(in_passed)));
    RETURN true;
END
$$;

-- Whether a copy of the title is what a hold asks for.
CREATE FUNCTION would_fill(in_hold hold, in_item bigint, in_issue bigint, in_material_group integer) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN CASE in_hold.target
               WHEN 'item' THEN in_hold.wanted_item_id = in_item
               WHEN 'issue' THEN in_hold.issue_id IS NOT DISTINCT FROM in_issue
               ELSE in_hold.wanted_group_id IS NULL
                    OR is_material_below(in_material_group, in_hold.wanted_group_id) END;

-- What a check-out sees of holds: [hold, state, is this copy meant for it, is it the patron's, would this copy fill it].
CREATE FUNCTION hold_touched(in_agency integer, in_holds bigint[], in_item bigint, in_patron bigint)
    RETURNS TABLE (rank bigint, facts json) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT h.rank, json_build_array(
               h.id, h.state, h.item_id IS NOT DISTINCT FROM in_item, p.patron_id IS NOT DISTINCT FROM in_patron,
               would_fill(h, c.item_id, c.issue_id, c.material_group_id))
      FROM hold AS h
      JOIN copy AS c ON c.agency_id = in_agency AND c.item_id = in_item
      LEFT JOIN hold_patron AS p ON p.agency_id = h.agency_id AND p.hold_id = h.id
     WHERE h.agency_id = in_agency AND h.id = ANY (in_holds);
END;

-- The first day on which somebody else wants what this copy would fill, and no other copy is planned for them; the rules
-- know what day it is.
CREATE FUNCTION waited_for_from(in_agency integer, in_item bigint, in_patron bigint) RETURNS date LANGUAGE sql STABLE
    RETURN (
        SELECT min(COALESCE(h.active_from, h.placed_on))
          FROM copy AS c
          JOIN hold AS h ON h.agency_id = c.agency_id AND h.record_id = c.record_id AND h.closed_at IS NULL
          LEFT JOIN hold_patron AS p ON p.agency_id = h.agency_id AND p.hold_id = h.id
         WHERE c.agency_id = in_agency AND c.item_id = in_item AND h.state = 'pending'
           AND p.patron_id IS DISTINCT FROM in_patron
           AND would_fill(h, c.item_id, c.issue_id, c.material_group_id));

-- A copy that holds were about has been lent: the patron's hold is collected, its parallel ones are over. Whoever else it
-- was kept for waits again, and so does whoever it was planned for; it stands on no hold shelf.
CREATE FUNCTION collect_hold(in_agency integer, in_item bigint, in_hold bigint, in_at timestamptz, in_actor text)
    RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF in_hold IS NOT NULL THEN
        PERFORM lock_holds_with(in_agency, ARRAY[in_hold], in_item);
        PERFORM close_holds(in_agency, ARRAY[in_hold], ARRAY['pending', 'matched', 'captured', 'in_transit', 'ready'],
                            'collected', 'collected', in_item, in_at, in_actor);
        PERFORM close_parallel_holds(in_agency, ARRAY[in_hold], in_at, in_actor);
    END IF;
    PERFORM release_copy(in_agency, in_item, 'lent', in_at, in_actor);
    WITH released AS (
        UPDATE hold SET state = 'pending', item_id = NULL, claimed_by = NULL, claimed_until = NULL
         WHERE agency_id = in_agency AND item_id = in_item AND state = 'matched'
        RETURNING id, record_id
    ), marked AS (
        INSERT INTO dirty_title (agency_id, record_id, marked_at) SELECT in_agency, record_id, in_at FROM released
    )
    INSERT INTO hold_match_log (agency_id, at, record_id, hold_id, item_id, outcome, details)
        SELECT in_agency, in_at, record_id, id, in_item, 'released', '{"why": "lent"}' FROM released;
END
$$;

-- A hold that is over waits again at its rank, or before all where somebody has that now. Not where its patron wishes for the
-- same again already; whether it does. The copy is locked already, so the queue is not waited for: whoever has it may be
-- waiting for the copy.
CREATE FUNCTION reopen_hold(
    in_agency integer, in_hold bigint, in_patron bigint, in_item bigint, in_why text, in_at timestamptz, in_actor text
) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    ended hold;
BEGIN
    SELECT h.* INTO ended FROM hold AS h WHERE h.agency_id = in_agency AND h.id = in_hold;
    IF NOT pg_try_advisory_xact_lock(title_lock(in_agency, ended.record_id)) THEN
        RAISE EXCEPTION 'somebody has the queue of the title' USING ERRCODE = 'serialization_failure';
    END IF;
    IF EXISTS (SELECT FROM hold_patron AS p
                WHERE p.agency_id = in_agency AND p.patron_id = in_patron AND p.record_id = ended.record_id
                  AND p.issue_id IS NOT DISTINCT FROM ended.issue_id AND p.is_open) THEN
        RETURN false;
    END IF;
    UPDATE hold AS h
       SET state = 'pending', item_id = NULL, captured_at = NULL, ready_at = NULL, shelf_number = NULL,
           pickup_deadline = NULL, closed_at = NULL, closed_why = NULL,
           rank = (SELECT CASE WHEN bool_or(o.rank = ended.rank) THEN min(o.rank) - 1048576 ELSE ended.rank END
                     FROM hold AS o
                    WHERE o.agency_id = in_agency AND o.record_id = ended.record_id AND o.closed_at IS NULL)
     WHERE h.agency_id = in_agency AND h.id = ended.id;
    UPDATE hold_patron SET is_open = true WHERE agency_id = in_agency AND hold_id = ended.id;
    INSERT INTO hold_match_log (agency_id, at, record_id, hold_id, item_id, outcome, details)
        VALUES (in_agency, in_at, ended.record_id, ended.id, in_item, 'released', jsonb_build_object('why', in_why));
    INSERT INTO dirty_title (agency_id, record_id, marked_at) VALUES (in_agency, ended.record_id, in_at);
    INSERT INTO event (agency_id, at, actor, kind, hold_id, item_id, dimensions)
        VALUES (in_agency, in_at, in_actor, 'hold.reopened', ended.id, in_item,
                jsonb_build_object('branch', ended.pickup_branch_id, 'division', ended.division_id,
                                   'record', ended.record_id));
    RETURN true;
END
$$;

-- What filled one hold of a parallel order did not reach its patron: the others wait again with it. Not where it is forgotten
-- who wished.
CREATE FUNCTION reopen_parallel_holds(
    in_agency integer, in_hold bigint, in_item bigint, in_why text, in_at timestamptz, in_actor text
) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT count(*) FILTER (WHERE reopen_hold(in_agency, ended.id, ended.patron_id, in_item, in_why, in_at, in_actor))
      FROM (SELECT o.id, p.patron_id
              FROM hold AS h
              JOIN hold AS o ON o.agency_id = h.agency_id AND o.transaction_id = h.transaction_id AND o.id <> h.id
              JOIN hold_patron AS p ON p.agency_id = o.agency_id AND p.hold_id = o.id
             WHERE h.agency_id = in_agency AND h.id = in_hold AND h.is_parallel AND o.closed_why = 'filled_by_other'
             ORDER BY o.record_id, o.id) AS ended
$$;

-- A check-out was never made: the hold that it collected waits again, with those placed in parallel.
CREATE FUNCTION reopen_holds(
    in_agency integer, in_item bigint, in_patron bigint, in_since timestamptz, in_at timestamptz, in_actor text
) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    collected bigint;
BEGIN
    SELECT h.id INTO collected
      FROM hold AS h
      JOIN hold_patron AS p ON p.agency_id = h.agency_id AND p.hold_id = h.id
     WHERE h.agency_id = in_agency AND h.item_id = in_item AND h.state = 'collected' AND h.closed_at >= in_since
       AND p.patron_id = in_patron
     ORDER BY h.closed_at DESC
     LIMIT 1;
    IF collected IS NULL THEN
        RETURN 0;
    END IF;
    RETURN reopen_hold(in_agency, collected, in_patron, in_item, 'checkout_undone', in_at, in_actor)::integer
           + reopen_parallel_holds(in_agency, collected, in_item, 'checkout_undone', in_at, in_actor);
END
$$;

-- Of two titles that become one, the holds by which a patron wished for both: each pair is one wish from now on. One that has
-- a copy is kept before one that waits, and where both have one neither is given up; who wished for one title several times
-- still does.
CREATE FUNCTION wished_twice(in_agency integer, in_record bigint, in_successor bigint)
    RETURNS TABLE (hold_id bigint, other_id bigint) LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH mine AS (
        SELECT h.id, h.record_id, h.state IN ('pending', 'matched') AS waits, p.patron_id, h.issue_id,
               h.wanted_item_id, h.wanted_group_id,
               row_number() OVER (PARTITION BY p.patron_id, h.record_id, h.issue_id, h.wanted_item_id, h.wanted_group_id
                                  ORDER BY h.state IN ('pending', 'matched'), h.rank) AS nth
          FROM hold_patron AS p
          JOIN hold AS h ON h.agency_id = p.agency_id AND h.id = p.hold_id
         WHERE p.agency_id = in_agency AND p.record_id IN (in_record, in_successor) AND p.is_open)
    SELECT a.id, b.id
      FROM mine AS a
      JOIN mine AS b ON b.patron_id = a.patron_id AND b.nth = a.nth AND b.record_id = in_successor
                    AND b.issue_id IS NOT DISTINCT FROM a.issue_id
                    AND b.wanted_item_id IS NOT DISTINCT FROM a.wanted_item_id
                    AND b.wanted_group_id IS NOT DISTINCT FROM a.wanted_group_id
     WHERE a.record_id = in_record AND (a.waits OR b.waits);
END;

-- Keeps one of two holds that are one wish, for as long as either was for, and from the day the earlier of them begins:
-- the one that has a copy, or for which another agency's copy is on its way, else the one before the other in line.
CREATE FUNCTION make_one_wish(in_agency integer, in_hold bigint, in_other bigint, in_at timestamptz, in_actor text)
    RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    better_first bigint[] := ARRAY(
        SELECT h.id FROM hold AS h
         WHERE h.agency_id = in_agency AND h.id IN (in_hold, in_other)
         ORDER BY h.state IN ('pending', 'matched'),
                  NOT EXISTS (SELECT FROM lending_request_hold AS l
                                JOIN lending_request AS r ON r.agency_id = l.agency_id AND r.id = l.request_id
                                JOIN lending_answer AS a ON a.agency_id = r.lender_agency_id
                                 AND a.borrower_agency_id = in_agency AND a.request_id = r.id
                               WHERE l.agency_id = in_agency AND l.hold_id = h.id AND a.state = 'sent'),
                  h.rank);
BEGIN
    UPDATE hold AS kept
       SET interest_until = GREATEST(kept.interest_until, given_up.interest_until),
           -- None is from now on, and earlier than any day; LEAST would pass it over.
           active_from = CASE WHEN kept.active_from IS NOT NULL AND given_up.active_from IS NOT NULL
                              THEN LEAST(kept.active_from, given_up.active_from) END
      FROM hold AS given_up
     WHERE kept.agency_id = in_agency AND kept.id = better_first[1]
       AND given_up.agency_id = in_agency AND given_up.id = better_first[2];
    PERFORM close_holds(in_agency, ARRAY[better_first[2]], ARRAY['pending', 'matched'], 'cancelled', 'titles_merged', NULL, in_at,
                        in_actor);
END
$$;

-- Where a record was merged into another, its queue follows: both become one, in the order in which the holds were placed.
-- Whoever staff moved keeps the place they were given in their own queue: a place counts as the day on which it would have
-- been taken, had nobody moved. Whoever wished for both titles has one wish for the one there is. Both queues must be locked.
-- Whether there was anything to move.
CREATE FUNCTION follow_successor(in_agency integer, in_record bigint, in_successor bigint, in_at timestamptz, in_actor text)
    RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    highest bigint := (SELECT COALESCE(max(rank), 0) FROM hold
                        WHERE agency_id = in_agency AND record_id IN (in_record, in_successor) AND closed_at IS NULL);
    twice   bigint[] := ARRAY(SELECT ARRAY[t.hold_id, t.other_id]
                                FROM wished_twice(in_agency, in_record, in_successor) AS t ORDER BY t.hold_id);
BEGIN
    UPDATE hold_patron AS p
       SET record_id = in_successor,
           nth = p.nth + COALESCE((SELECT max(o.nth) FROM hold_patron AS o
                                    WHERE o.agency_id = in_agency AND o.patron_id = p.patron_id
                                      AND o.record_id = in_successor AND o.is_open
                                      AND o.issue_id IS NOT DISTINCT FROM p.issue_id), 0)
     WHERE p.agency_id = in_agency AND p.record_id = in_record AND p.is_open;
    UPDATE hold AS h
       SET record_id = in_successor, rank = placed.rank
      FROM (SELECT standing.id, highest + 1048576 * row_number() OVER (ORDER BY asked.placed_at, asked.id) AS rank
              FROM (SELECT id, record_id, row_number() OVER (PARTITION BY record_id ORDER BY rank) AS place
                      FROM hold
                     WHERE agency_id = in_agency AND record_id IN (in_record, in_successor) AND closed_at IS NULL)
                   AS standing
              JOIN (SELECT id, record_id, placed_at,
                           row_number() OVER (PARTITION BY record_id ORDER BY placed_at, id) AS place
                      FROM hold
                     WHERE agency_id = in_agency AND record_id IN (in_record, in_successor) AND closed_at IS NULL)
                   AS asked USING (record_id, place)) AS placed
     WHERE h.agency_id = in_agency AND h.id = placed.id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    FOR place IN 1 .. COALESCE(array_length(twice, 1), 0) LOOP
        PERFORM make_one_wish(in_agency, twice[place][1], twice[place][2], in_at, in_actor);
    END LOOP;
    INSERT INTO dirty_title (agency_id, record_id, marked_at) VALUES (in_agency, in_successor, in_at);
    RETURN true;
END
$$;
