-- The loads of the hot paths: each locks what its decision is about, in the one order everywhere (patron, queue of the
-- title, item), and only then reads everything the decision needs, so that what it reads is what it locked. VOLATILE, so
-- that every statement inside sees what was committed before it started: a waiter that gets its lock must not count with
-- an old snapshot. Answers are JSON in the shapes of circulation/desk/facts.py, circulation/loans/facts.py and
-- circulation/loans/return_facts.py; lists of many are arrays without names.

-- The facts of one patron, item or loan: views, so that each load plans them as part of its one statement.

-- Of those for whom something was ever booked. A function, because a view's parts are made ready in every load, and this is
-- the largest of them and the one that most patrons have no use for.
CREATE FUNCTION debt_facts(in_agency integer, in_patron bigint) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
    balances   json[];
    is_noticed boolean;
    exclusions json[] := '{}';
BEGIN
    SELECT ARRAY(SELECT json_build_array(a.division_id, a.balance_ore)
                   FROM patron_balance AS a
                  WHERE a.agency_id = in_agency AND a.patron_id = in_patron),
           EXISTS (SELECT FROM noticed_patron AS n WHERE n.agency_id = in_agency AND n.patron_id = in_patron)
      INTO balances, is_noticed;
    IF is_noticed THEN
        exclusions := ARRAY(
            SELECT json_build_array(x.division_id, x.noticed_on, x.excludes_on, x.limit_ore, x.standing_ore, x.owed_ore,
                                    x.rule_id)
              FROM patron_exclusion_notice AS x
             WHERE x.agency_id = in_agency AND x.patron_id = in_patron);
    END IF;
    RETURN json_build_object('balances', balances, 'exclusions', exclusions);
END
$$;

CREATE VIEW patron_facts WITH (security_invoker = true) AS
    SELECT b.agency_id, b.patron_id, json_build_object(
               'id', b.patron_id, 'kind', b.kind, 'name', b.name, 'birth_date', b.birth_date,
               'home_branch', b.home_branch_id, 'language', b.language, 'pin_hash', encode(b.pin_hash, 'hex'),
               'memberships', ARRAY(
                   SELECT json_build_array(m.division_id, m.role, m.patron_group_id, lower(m.valid), upper(m.valid))
                     FROM borrower_membership AS m
                    WHERE m.agency_id = b.agency_id AND m.patron_id = b.patron_id),
               'blocks', ARRAY(
                   SELECT json_build_array(k.code, k.division_id, k.starts_on, k.ends_on)
                     FROM borrower_block AS k
                    WHERE k.agency_id = b.agency_id AND k.patron_id = b.patron_id),
               'debts', CASE WHEN EXISTS (SELECT FROM account_holder AS h
                                           WHERE h.agency_id = b.agency_id AND h.patron_id = b.patron_id)
                             THEN debt_facts(b.agency_id, b.patron_id) END,
               'guardians', ARRAY(
                   SELECT json_build_array(g.guardian_id, lower(g.valid), upper(g.valid))
                     FROM responsible_guardian AS g
                    WHERE g.agency_id = b.agency_id AND g.patron_id = b.patron_id),
               'loans', ARRAY(
                   SELECT json_build_array(l.division_id, l.material_group_id, l.record_id, l.due_on,
                                           l.claimed_returned_at IS NOT NULL OR l.lost_at IS NOT NULL)
                     FROM loan_borrower AS o
                     JOIN loan AS l ON l.agency_id = o.agency_id AND l.id = o.loan_id
                    WHERE o.agency_id = b.agency_id AND o.patron_id = b.patron_id AND o.role = 'primary'
                      AND l.closed_at IS NULL)) AS facts
      FROM borrower AS b;

-- The issue of a periodical, as it is printed on it: looked up where a row has one.
CREATE FUNCTION issue_named(in_issue bigint) RETURNS json LANGUAGE sql STABLE
    RETURN (SELECT json_build_object('id', issue_id, 'year', year, 'volume', volume, 'number', number)
              FROM title_issue WHERE issue_id = in_issue);

CREATE VIEW item_facts WITH (security_invoker = true) AS
    SELECT i.agency_id, i.item_id, c.is_booked, json_build_object(
               'id', i.item_id, 'number', i.number, 'kind', i.kind, 'record', i.record_id, 'title', t.title,
               'creators', t.creators, 'material_type', t.material_type, 'classification', t.classification,
               'issue', CASE WHEN i.issue_id IS NOT NULL THEN issue_named(i.issue_id) END,
               'owner_branch', i.owner_branch_id, 'default_placement', i.default_placement_id,
               'material_group', i.material_group_id, 'price_ore', i.price_ore, 'condition', i.condition,
               'not_for_loan', i.not_for_loan, 'minimum_age', i.minimum_age, 'withdrawn', i.withdrawn_at IS NOT NULL,
               'lender_due_on', i.lender_due_on, 'received', i.received_at IS NOT NULL,
               'sent_home', i.sent_home_at IS NOT NULL, 'state', c.state,
               'parts', ARRAY(
                   SELECT json_build_array(p.description, p.is_present)
                     FROM copy_part AS p
                    WHERE p.agency_id = i.agency_id AND p.item_id = i.item_id
                    ORDER BY p.number),
               'notes', ARRAY(
                   SELECT json_build_array(n.text, n.on_checkout, n.on_return)
                     FROM copy_note AS n
                    WHERE n.agency_id = i.agency_id AND n.item_id = i.item_id
                    ORDER BY n.note_id)) AS facts
      FROM copy AS i
      JOIN item_circulation AS c ON c.agency_id = i.agency_id AND c.item_id = i.item_id
      JOIN title AS t ON t.record_id = i.record_id;

CREATE VIEW loan_facts WITH (security_invoker = true) AS
    SELECT l.agency_id, l.id AS loan_id, l.item_agency_id, l.item_id, l.closed_at, json_build_object(
               'id', l.id, 'item', l.item_id, 'kind', l.kind, 'division', l.division_id, 'branch', l.branch_id,
               'patron_group', l.patron_group_id, 'lent_at', l.lent_at, 'lent_on', l.lent_on, 'due_on', l.due_on,
               'renewals', l.renewals, 'lost_at', l.lost_at, 'claimed_returned_at', l.claimed_returned_at,
               'closed_at', l.closed_at, 'closed_on', l.closed_on, 'closed_how', l.closed_how,
               'borrower', (SELECT o.patron_id FROM loan_borrower AS o
                             WHERE o.agency_id = l.agency_id AND o.loan_id = l.id AND o.role = 'primary'),
               'second_borrower', (SELECT o.patron_id FROM loan_borrower AS o
                                    WHERE o.agency_id = l.agency_id AND o.loan_id = l.id AND o.role = 'secondary')
           ) AS facts
      FROM loan AS l;

CREATE VIEW revision_facts WITH (security_invoker = true) AS
    SELECT own.agency_id, json_build_object('nation', nation.number, 'agency', own.number) AS facts
      FROM settings_revision AS own
      JOIN settings_revision AS nation ON nation.agency_id = 0;

CREATE VIEW earlier_answer_facts WITH (security_invoker = true) AS
    SELECT agency_id, client, operation, key,
           json_build_object('fingerprint', encode(fingerprint, 'hex'), 'answer', answer) AS facts
      FROM idempotency;

GRANT SELECT ON patron_facts, item_facts, loan_facts, revision_facts, earlier_answer_facts TO faelles_app;

-- Small steps that several loads take.

CREATE FUNCTION item_numbered(in_agency integer, in_number text) RETURNS bigint LANGUAGE sql STABLE
    RETURN (SELECT item_id FROM copy WHERE agency_id = in_agency AND number = in_number);

CREATE FUNCTION open_loan_of(in_agency integer, in_item bigint) RETURNS bigint LANGUAGE sql STABLE
    RETURN (SELECT id FROM loan
             WHERE agency_id = in_agency AND item_agency_id = in_agency AND item_id = in_item AND closed_at IS NULL);

-- Whether an item whose loan is closed has been lent again, be it returned since.
CREATE FUNCTION lent_after(in_agency integer, in_item bigint, in_loan bigint) RETURNS boolean LANGUAGE sql STABLE
    RETURN open_loan_of(in_agency, in_item) IS NOT NULL
        OR EXISTS (SELECT FROM loan
                    WHERE agency_id = in_agency AND item_agency_id = in_agency AND item_id = in_item
                      AND id > in_loan AND closed_at IS NOT NULL AND closed_how <> 'undone');

-- What a booked copy is kept for, the patron's own bookings among them: from when to when it is busy, and the last day of the
-- booking itself. Looked up of none but copies that are booked.
CREATE FUNCTION bookings_of(in_agency integer, in_item bigint, in_patron bigint) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT COALESCE(json_agg(json_build_array(b.patron_id IS NOT DISTINCT FROM in_patron, lower(b.busy), b.last_day,
                                                      upper(b.busy) - 1) ORDER BY b.busy), '[]')
              FROM booked_copy AS b
             WHERE b.agency_id = in_agency AND b.item_id = in_item);
END
$$;

-- What few lists of loans and holds have, looked up where a row has it: as parts of their one statement these would be made
-- ready each time. Who answers for a loan, which is asked of whoever has the book in hand.
CREATE FUNCTION answering_for(in_agency integer, in_loan bigint) RETURNS bigint LANGUAGE sql STABLE
    RETURN (SELECT patron_id FROM loan_borrower
             WHERE agency_id = in_agency AND loan_id = in_loan AND role = 'primary');
CREATE FUNCTION facts_of_patron(in_agency integer, in_patron bigint) RETURNS json LANGUAGE sql STABLE
    RETURN (SELECT facts FROM patron_facts WHERE agency_id = in_agency AND patron_id = in_patron);

-- Who and what: by the keys a scan may be found under, or by an id that is known. Where the item is on loan, whoever answers
-- for that loan is locked with the patron, in the order of ids: renewing for a second borrower, and closing another's loan
-- for an offline one, touch that patron's money. Who was merged into somebody else while we waited is looked up again;
-- who was merged before is nobody.
CREATE FUNCTION load_checkout(
    in_agency integer, in_patron_keys text[], in_patron bigint, in_attempt bytea, in_item_number text,
    in_client text, in_operation text, in_key text
) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    who          bigint := in_patron;
    what         bigint;
    lent         bigint;
    holder       bigint;
    state_now    text;
    booked_now   boolean;
    is_ambiguous boolean;
    ended        text;
    title        bigint;
    touched      bigint[];
    wanted_from  date;
    loan_found   json;
    holder_found json;
    facts        json;
BEGIN
    SELECT i.item_id, l.id, i.record_id INTO what, lent, title
      FROM copy AS i
      LEFT JOIN loan AS l ON l.agency_id = in_agency AND l.item_agency_id = in_agency AND l.item_id = i.item_id
                         AND l.closed_at IS NULL
     WHERE i.agency_id = in_agency AND i.number = in_item_number;
    IF who IS NULL THEN
        SELECT min(patron_id), min(patron_id) <> max(patron_id) INTO who, is_ambiguous FROM borrower_identifier
         WHERE agency_id = in_agency AND lookup = ANY (in_patron_keys) AND ended_at IS NULL;
        who := CASE WHEN NOT is_ambiguous THEN who END;
    END IF;
    IF who IS NULL THEN
        SELECT ended_why INTO ended FROM borrower_identifier
         WHERE agency_id = in_agency AND lookup = ANY (in_patron_keys) ORDER BY ended_at DESC LIMIT 1;
    END IF;
    IF lent IS NOT NULL THEN
        SELECT patron_id INTO holder FROM loan_borrower
         WHERE agency_id = in_agency AND loan_id = lent AND role = 'primary';
        PERFORM FROM patron WHERE agency_id = in_agency AND id IN (who, holder) ORDER BY id FOR NO KEY UPDATE;
    END IF;
    PERFORM FROM patron WHERE agency_id = in_agency AND id = who AND merged_into_id IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        IF who IS NOT NULL AND in_patron IS NULL THEN
            RAISE EXCEPTION 'the patron was merged while the lock was taken' USING ERRCODE = 'serialization_failure';
        END IF;
        who := NULL;
    END IF;
    SELECT state, is_booked INTO state_now, booked_now
      FROM item_circulation WHERE agency_id = in_agency AND item_id = what FOR NO KEY UPDATE;
    -- What is on loan is never `available`, so of a copy that was and is at home the loan need not be looked for again.
    IF (lent IS NOT NULL OR state_now <> 'available') AND open_loan_of(in_agency, what) IS DISTINCT FROM lent THEN
        RAISE EXCEPTION 'the item changed hands while its locks were taken' USING ERRCODE = 'serialization_failure';
    END IF;
    -- Apart from what every check-out reads: a look-up costs nearly as much to get ready as to make.
    IF lent IS NOT NULL THEN
        SELECT l.facts INTO loan_found FROM loan_facts AS l WHERE l.agency_id = in_agency AND l.loan_id = lent;
        SELECT p.facts INTO holder_found FROM patron_facts AS p
         WHERE p.agency_id = in_agency AND p.patron_id = NULLIF(holder, who);
        wanted_from := waited_for_from(in_agency, what, holder);
    END IF;
    SELECT json_build_object(
        'revision', (SELECT r.facts FROM revision_facts AS r WHERE r.agency_id = in_agency),
        'earlier', (SELECT e.facts FROM earlier_answer_facts AS e
                     WHERE e.agency_id = in_agency AND e.client = in_client AND e.operation = in_operation
                       AND e.key = in_key),
        'sign_in', (SELECT json_build_object('failures', s.failures, 'locked_until', s.locked_until)
                      FROM sign_in_lock AS s
                     WHERE s.agency_id = in_agency AND s.identifier_hash = in_attempt),
        'ended_identifier', ended,
        'is_ambiguous', COALESCE(is_ambiguous, false),
        'patron', (SELECT p.facts FROM patron_facts AS p WHERE p.agency_id = in_agency AND p.patron_id = who),
        'holder', holder_found,
        'item', (SELECT i.facts FROM item_facts AS i WHERE i.agency_id = in_agency AND i.item_id = what),
        'loan', loan_found,
        'is_on_hold_shelf', EXISTS (
            SELECT FROM shelf_place AS s
             WHERE s.agency_id = in_agency AND s.item_id = what AND s.emptied_at IS NULL),
        'waited_for_from', wanted_from,
        'next_loan', nextval('loan_number')
    ), ARRAY(SELECT h.id FROM hold AS h WHERE h.agency_id = in_agency AND h.item_id = what AND h.closed_at IS NULL)
       || ARRAY(SELECT p.hold_id FROM hold_patron AS p
                 WHERE p.agency_id = in_agency AND p.patron_id = who AND p.record_id = title AND p.is_open)
      INTO facts, touched;
    -- The hold the copy is meant for, and those of the patron that it would fill.
    IF cardinality(touched) > 0 THEN
        facts := facts::jsonb || jsonb_build_object('holds', (
            SELECT json_agg(t.facts ORDER BY t.rank) FROM hold_touched(in_agency, touched, what, who) AS t));
    END IF;
    IF booked_now THEN
        facts := facts::jsonb || jsonb_build_object('bookings', bookings_of(in_agency, what, who));
    END IF;
    RETURN facts;
END
$$;

-- One item, whatever is on loan of it, where it is bound, and, for a branch where it is checked in, what decides where it
-- goes. The borrower and the queue of the title must be locked before the item, so the loan is peeked at, all are locked,
-- and the loan is read again; if it, or who answers for it, changed meanwhile the whole is done again. The queue is locked
-- whole where anybody waits or has a copy, else shared with other copies, so that a hold that is being placed at this moment
-- comes either before or after.
CREATE FUNCTION load_return(
    in_agency integer, in_item_number text, in_client text, in_operation text, in_key text, in_branch bigint,
    in_makes_ready boolean
) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    what          bigint;
    title         bigint;
    lent          bigint;
    since         timestamptz;
    who           bigint;
    is_asked      boolean;
    asked_since   boolean;
    is_as_peeked  boolean;
    placement_now integer;
    loan_found    json;
    queue_found   json;
    facts         text;
BEGIN
    SELECT i.item_id, i.record_id, l.id, l.lent_at, b.patron_id, EXISTS (
               SELECT FROM hold AS h WHERE h.agency_id = in_agency AND h.record_id = i.record_id AND h.closed_at IS NULL)
      INTO what, title, lent, since, who, is_asked
      FROM copy AS i
      LEFT JOIN loan AS l ON l.agency_id = in_agency AND l.item_agency_id = in_agency AND l.item_id = i.item_id
                         AND l.closed_at IS NULL
      LEFT JOIN loan_borrower AS b ON b.agency_id = in_agency AND b.loan_id = l.id AND b.role = 'primary'
     WHERE i.agency_id = in_agency AND i.number = in_item_number;
    PERFORM FROM patron WHERE agency_id = in_agency AND id = who FOR NO KEY UPDATE;
    IF is_asked THEN
        PERFORM pg_advisory_xact_lock(title_lock(in_agency, title));
    ELSIF title IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock_shared(title_lock(in_agency, title));
    END IF;
    SELECT active_placement_id INTO placement_now
      FROM item_circulation WHERE agency_id = in_agency AND item_id = what FOR NO KEY UPDATE;
    IF lent IS NULL THEN
        is_as_peeked := open_loan_of(in_agency, what) IS NULL;
    ELSE
        SELECT l.facts, l.closed_at IS NULL INTO loan_found, is_as_peeked
          FROM loan_facts AS l WHERE l.agency_id = in_agency AND l.loan_id = lent;
    END IF;
    IF is_as_peeked IS NOT TRUE OR (loan_found ->> 'borrower')::bigint IS DISTINCT FROM who THEN
        RAISE EXCEPTION 'the loan changed while its locks were taken' USING ERRCODE = 'serialization_failure';
    END IF;
    -- Apart from what every return reads: a look-up costs nearly as much to get ready as to make.
    IF is_asked AND in_branch IS NOT NULL THEN
        queue_found := queue_facts(in_agency, what, title, in_branch, in_makes_ready);
    END IF;
    SELECT json_build_object(
        'revision', (SELECT r.facts FROM revision_facts AS r WHERE r.agency_id = in_agency),
        'earlier', (SELECT e.facts FROM earlier_answer_facts AS e
                     WHERE e.agency_id = in_agency AND e.client = in_client AND e.operation = in_operation
                       AND e.key = in_key),
        'patron', (SELECT p.facts FROM patron_facts AS p WHERE p.agency_id = in_agency AND p.patron_id = who),
        'item', (SELECT i.facts FROM item_facts AS i WHERE i.agency_id = in_agency AND i.item_id = what),
        'loan', loan_found,
        'journey', (SELECT json_build_array(j.id, j.from_branch_id, j.to_branch_id, j.reason)
                      FROM journey AS j
                     WHERE j.agency_id = in_agency AND j.item_id = what AND j.ended_at IS NULL),
        'check_in', CASE WHEN what IS NOT NULL AND in_branch IS NOT NULL THEN json_build_object(
            'active_placement', placement_now,
            'queue', COALESCE(queue_found, '{}'),
            'floats', CASE WHEN EXISTS (SELECT FROM float_member AS f
                                         WHERE f.agency_id = in_agency AND f.branch_id = in_branch)
                           THEN float_facts(in_agency, what, in_branch) END,
            'is_looked_for', EXISTS (SELECT FROM shelf_place AS p
                                      WHERE p.agency_id = in_agency AND p.item_id = what AND p.emptied_at IS NULL)
                             OR EXISTS (SELECT FROM missed_item AS m
                                         WHERE m.agency_id = in_agency AND m.item_id = what AND m.settled_at IS NULL)) END,
        'seen_elsewhere_at', (
            SELECT min(s.seen_at)
              FROM foreign_sighting AS s
             WHERE s.owner_agency_id = in_agency AND s.item_number = in_item_number AND s.seen_at > since)
    )::text, NOT is_asked AND EXISTS (
        SELECT FROM hold AS h WHERE h.agency_id = in_agency AND h.record_id = title AND h.closed_at IS NULL)
      INTO facts, asked_since;
    IF asked_since THEN
        RAISE EXCEPTION 'somebody began to wait while the queue was locked' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN facts;
END
$$;

-- The loans somebody means, open or closed where they are named, else the open ones: by id, all that a patron has in either
-- role, or what is on loan of an item. Each with whoever answers for it.
CREATE FUNCTION loans_meant(in_agency integer, in_loans bigint[], in_patron bigint, in_item_number text)
    RETURNS TABLE (loan_id bigint, item_id bigint, borrower_id bigint) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT l.id, l.item_id, b.patron_id
      FROM loan AS l
      JOIN loan_borrower AS b ON b.agency_id = l.agency_id AND b.loan_id = l.id AND b.role = 'primary'
     WHERE l.agency_id = in_agency
       AND l.id = ANY (in_loans
                       || ARRAY(SELECT o.loan_id FROM loan_borrower AS o
                                 WHERE o.agency_id = in_agency AND o.patron_id = in_patron)
                       || open_loan_of(in_agency, item_numbered(in_agency, in_item_number)))
       AND (l.closed_at IS NULL OR l.id = ANY (in_loans));
END;

-- Loans to renew or to undo, by whoever answers for them. Which they are is looked up twice: once to know whom to lock, and
-- again when nobody can change it; where another borrower came in meanwhile the whole is done again.
CREATE FUNCTION load_loans(
    in_agency integer, in_loans bigint[], in_patron bigint, in_item_number text,
    in_client text, in_operation text, in_key text
) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    locked    bigint[];
    borrowers bigint[];
    loans     bigint[];
    items     bigint[];
    facts     text;
BEGIN
    locked := ARRAY(SELECT DISTINCT m.borrower_id
                      FROM loans_meant(in_agency, in_loans, in_patron, in_item_number) AS m ORDER BY m.borrower_id);
    -- One by one: for ANY (locked) a plan that does not know how few they are goes through all patrons of the agency.
    FOR place IN 1 .. cardinality(locked) LOOP
        PERFORM FROM patron WHERE agency_id = in_agency AND id = locked[place] FOR NO KEY UPDATE;
    END LOOP;
    SELECT array_agg(DISTINCT m.borrower_id), array_agg(m.loan_id), array_agg(m.item_id) INTO borrowers, loans, items
      FROM loans_meant(in_agency, in_loans, in_patron, in_item_number) AS m;
    IF NOT borrowers <@ locked THEN
        RAISE EXCEPTION 'the loans changed hands while the locks were taken' USING ERRCODE = 'serialization_failure';
    END IF;
    PERFORM FROM item_circulation
      WHERE agency_id = in_agency AND item_id = ANY (items)
      ORDER BY item_id FOR NO KEY UPDATE;
    SELECT json_build_object(
        'revision', (SELECT r.facts FROM revision_facts AS r WHERE r.agency_id = in_agency),
        'earlier', (SELECT e.facts FROM earlier_answer_facts AS e
                     WHERE e.agency_id = in_agency AND e.client = in_client AND e.operation = in_operation
                       AND e.key = in_key),
        'borrowed', ARRAY(
            SELECT json_build_object(
                       'patron', p.facts,
                       'loans', ARRAY(
                           SELECT json_build_object(
                                      'loan', l.facts, 'item', i.facts, 'lent_again',
                                      l.closed_at IS NOT NULL AND lent_after(in_agency, l.item_id, l.loan_id),
                                      'waited_for_from', waited_for_from(in_agency, l.item_id, o.patron_id),
                                      'bookings', CASE WHEN i.is_booked
                                                       THEN bookings_of(in_agency, l.item_id, o.patron_id) ELSE '[]' END)
                             FROM loan_borrower AS o
                             JOIN loan_facts AS l ON l.agency_id = o.agency_id AND l.loan_id = o.loan_id
                             JOIN item_facts AS i ON i.agency_id = l.item_agency_id AND i.item_id = l.item_id
                            WHERE o.agency_id = in_agency AND o.patron_id = who.patron_id AND o.role = 'primary'
                              AND o.loan_id = ANY (loans)
                            ORDER BY o.loan_id))
              FROM unnest(borrowers) AS who (patron_id)
             CROSS JOIN LATERAL (SELECT f.facts FROM patron_facts AS f
                                  WHERE f.agency_id = in_agency AND f.patron_id = who.patron_id OFFSET 0) AS p
             ORDER BY who.patron_id)
    )::text INTO facts;
    RETURN facts;
END
$$;
