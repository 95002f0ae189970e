-- What a check-in reads of holds and float groups, and the steps it takes for them.

-- The subject under which a copy of one branch floats to another that is in a group, with room and copies of each branch of
-- the group; NULL where it does not float between the two. Whoever decides by the room of a subject has it to themselves until
-- the commit, as the last of their locks: two copies that come back at once would both be given the last place.
CREATE FUNCTION float_facts(in_agency integer, in_item bigint, in_branch bigint) RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    subject integer;
BEGIN
    SELECT float_subject_of(in_agency, c.owner_branch_id, c.material_group_id, t.classification) INTO subject
      FROM float_member AS here
      JOIN copy AS c ON c.agency_id = in_agency AND c.item_id = in_item
      JOIN float_member AS home
        ON home.agency_id = in_agency AND home.branch_id = c.owner_branch_id AND home.group_id = here.group_id
      JOIN title AS t ON t.record_id = c.record_id
     WHERE here.agency_id = in_agency AND here.branch_id = in_branch;
    IF subject IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(float_lock(in_agency, subject));
    RETURN json_build_array(subject, float_levels(in_agency, subject, in_item));
END
$$;

-- The first five in line: most often a copy fits one of them. They are found by their rank before anything of them is
-- read, or a plan made for short lines reads all of a long one.
CREATE FUNCTION head_of_line(in_agency integer, in_record bigint) RETURNS TABLE (facts json, rank bigint)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT w.facts, first.rank
      FROM (SELECT h.id, h.rank
              FROM hold AS h
             WHERE h.agency_id = in_agency AND h.record_id = in_record AND h.closed_at IS NULL
               AND h.state IN ('pending', 'matched')
             ORDER BY h.rank
             LIMIT 5) AS first
     CROSS JOIN LATERAL (SELECT f.facts FROM waiting_hold AS f
                          WHERE f.agency_id = in_agency AND f.hold_id = first.id OFFSET 0) AS w;
END;

-- What a check-in at a branch depends on where anybody waits for the title, or has a copy; the queue is locked whole.
-- in_makes_ready: somebody is there to put the copy on the hold shelf, whose lowest free number is the copy's until the
-- commit. The head of the line is read; where it fits nobody there, whoever asks reads on.
CREATE FUNCTION queue_facts(
    in_agency integer, in_item bigint, in_record bigint, in_branch bigint, in_makes_ready boolean
) RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    bound   json;
    planned bigint;
    waiting json[] := ARRAY[]::json[];
    whole   json;
    is_here boolean := false;
BEGIN
    SELECT CASE WHEN state <> 'matched' THEN
               json_build_array(id, pickup_branch_id, state, division_id, patron_group_id, shelf_number, pickup_deadline,
                                NOT EXISTS (SELECT FROM hold_patron AS p
                                             WHERE p.agency_id = in_agency AND p.hold_id = hold.id)) END,
           CASE state WHEN 'matched' THEN id END,
           pickup_branch_id = in_branch AND state <> 'ready'
      INTO bound, planned, is_here
      FROM hold
     WHERE agency_id = in_agency AND item_id = in_item AND closed_at IS NULL;
    IF bound IS NULL THEN
        SELECT COALESCE(array_agg(w.facts ORDER BY w.rank), waiting),
               COALESCE(bool_or((w.facts ->> 8)::integer = in_branch), false)
          INTO waiting, is_here
          FROM head_of_line(in_agency, in_record) AS w;
    END IF;
    IF cardinality(waiting) > 0 THEN
        SELECT s.facts INTO whole FROM hold_supply AS s
         WHERE s.agency_id = in_agency AND s.item_id = in_item AND s.record_id = in_record;
    END IF;
    RETURN json_build_object(
        'bound', bound,
        'planned_for', planned,
        'waiting', waiting,
        'copy', whole,
        'free_number', CASE WHEN is_here AND in_makes_ready THEN free_shelf_number(in_agency, in_branch::integer) END);
END
$$;

-- For a statement that is sent without waiting for its rows: finds nothing where it did what was decided, else has the whole
-- transaction done again.
CREATE FUNCTION done_again_unless(is_as_decided boolean) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF is_as_decided THEN
        RETURN false;
    END IF;
    RAISE EXCEPTION 'the hold changed while its locks were taken' USING ERRCODE = 'serialization_failure';
END
$$;

-- A copy is for nobody any more: it is lost, withdrawn or given up, or its return is undone. The hold it was bound to waits
-- again, at its rank, with those placed in parallel. Put back or withdrawn it may still stand on the hold shelf, and keeps its
-- number there until whoever clears the shelf scans it.
CREATE FUNCTION release_copy(in_agency integer, in_item bigint, in_why text, in_at timestamptz, in_actor text)
    RETURNS bigint LANGUAGE sql VOLATILE AS $$
    WITH released AS (
        UPDATE hold
           SET state = 'pending', item_id = NULL, captured_at = NULL, ready_at = NULL, shelf_number = NULL,
               pickup_deadline = NULL
         WHERE agency_id = in_agency AND item_id = in_item AND closed_at IS NULL
           AND state IN ('captured', 'in_transit', 'ready')
        RETURNING id, record_id, pickup_branch_id, is_parallel
    ), emptied AS (
        UPDATE shelf_place SET emptied_at = in_at
         WHERE agency_id = in_agency AND item_id = in_item AND emptied_at IS NULL
           AND in_why NOT IN ('put_back', 'withdrawn')
    ), logged AS (
        INSERT INTO hold_match_log (agency_id, at, record_id, hold_id, item_id, outcome, details)
        SELECT in_agency, in_at, record_id, id, in_item, 'released', jsonb_build_object('why', in_why) FROM released
    ), marked AS (
        INSERT INTO dirty_title (agency_id, record_id, marked_at) SELECT in_agency, record_id, in_at FROM released
    ), happened AS (
        INSERT INTO event (agency_id, at, actor, kind, hold_id, item_id, dimensions)
        SELECT in_agency, in_at, in_actor, 'hold.released', id, in_item,
               jsonb_build_object('why', in_why, 'branch', pickup_branch_id, 'record', record_id) FROM released
    )
    SELECT id FROM released
     WHERE CASE WHEN is_parallel THEN reopen_parallel_holds(in_agency, id, in_item, in_why, in_at, in_actor) ELSE 0 END >= 0
$$;

-- The next hold that was not collected by its deadline: its patron, title and copy are locked in that order, then
-- everything is read that expiring it depends on. NULL: there is none. One that was collected meanwhile has no facts.
CREATE FUNCTION load_expired_hold(in_agency integer, in_day date, in_after bigint) RETURNS text
    LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    overdue record;
    facts   text;
BEGIN
    SELECT h.id, h.record_id, h.item_id, p.patron_id INTO overdue
      FROM hold AS h
      LEFT JOIN hold_patron AS p ON p.agency_id = h.agency_id AND p.hold_id = h.id
     WHERE h.agency_id = in_agency AND h.state = 'ready' AND h.pickup_deadline < in_day AND h.id > in_after
     ORDER BY h.id
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM FROM patron WHERE agency_id = in_agency AND id = overdue.patron_id FOR NO KEY UPDATE;
    PERFORM pg_advisory_xact_lock(title_lock(in_agency, overdue.record_id));
    PERFORM FROM item_circulation WHERE agency_id = in_agency AND item_id = overdue.item_id FOR NO KEY UPDATE;
    SELECT json_build_object(
        'hold', overdue.id,
        'facts', (
            SELECT json_build_object(
                       'item', h.item_id, 'record', h.record_id, 'division', h.division_id,
                       'patron_group', h.patron_group_id, 'pickup', h.pickup_branch_id,
                       'patron', (SELECT p.facts FROM patron_facts AS p
                                   WHERE p.agency_id = in_agency AND p.patron_id = overdue.patron_id),
                       'copy', (SELECT s.facts FROM hold_supply AS s
                                 WHERE s.agency_id = in_agency AND s.item_id = h.item_id AND s.record_id = h.record_id),
                       'waiting', ARRAY(SELECT w.facts FROM head_of_line(in_agency, h.record_id) AS w ORDER BY w.rank))
              FROM hold AS h
             WHERE h.agency_id = in_agency AND h.id = overdue.id AND h.item_id = overdue.item_id AND h.state = 'ready'
               AND h.pickup_deadline < in_day)
    )::text INTO facts;
    RETURN facts;
END
$$;
