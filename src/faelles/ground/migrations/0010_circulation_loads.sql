-- The loads of the hot paths: each locks what its decision is about, in the one order everywhere (patron, item), and only
-- then reads everything the decision needs, so that what it reads is what it locked. VOLATILE, so that every
-- statement inside sees what was committed before it started: a waiter that gets its lock must not count with an
-- old snapshot. Answers are JSON in the shapes of circulation/loans/facts.py.

-- The parts that several loads share.

CREATE FUNCTION settings_revision_facts(in_agency integer) RETURNS json LANGUAGE sql STABLE
    RETURN json_build_object(
        'nation', (SELECT number FROM settings_revision WHERE agency_id = 0),
        'agency', COALESCE((SELECT number FROM settings_revision WHERE agency_id = in_agency), 0));

CREATE FUNCTION earlier_answer_facts(in_agency integer, in_client text, in_operation text, in_key text) RETURNS json
    LANGUAGE sql STABLE
    RETURN (SELECT json_build_object('fingerprint', encode(fingerprint, 'hex'), 'answer', answer)
              FROM idempotency
             WHERE agency_id = in_agency AND client = in_client AND operation = in_operation AND key = in_key);

CREATE FUNCTION patron_facts(in_agency integer, in_patron bigint, in_today date) RETURNS json LANGUAGE sql STABLE
    RETURN (
        SELECT json_build_object(
            'id', b.patron_id, 'kind', b.kind, 'name', b.name, 'birth_date', b.birth_date,
            'home_branch', b.home_branch_id, 'language', b.language, 'pin_hash', encode(b.pin_hash, 'hex'),
            'memberships', (
                SELECT json_agg(json_build_object(
                           'division', m.division_id, 'role', m.role, 'group', m.patron_group_id,
                           'starts', lower(m.valid), 'ends', upper(m.valid)))
                  FROM borrower_membership AS m
                 WHERE m.agency_id = in_agency AND m.patron_id = in_patron),
            'blocks', (
                SELECT json_agg(json_build_object('code', k.code, 'division', k.division_id, 'ends', k.ends_on))
                  FROM borrower_block AS k
                 WHERE k.agency_id = in_agency AND k.patron_id = in_patron
                   AND k.starts_on <= in_today AND COALESCE(k.ends_on, 'infinity') >= in_today),
            'balances', (
                SELECT json_agg(json_build_object('division', a.division_id, 'ore', a.balance_ore))
                  FROM patron_balance AS a
                 WHERE a.agency_id = in_agency AND a.patron_id = in_patron),
            'loans', (
                SELECT json_agg(json_build_object(
                           'division', t.division_id, 'material_group', t.material_group_id, 'count', t.loans,
                           'overdue', t.overdue, 'records', t.records))
                  FROM (SELECT l.division_id, l.material_group_id, count(*) AS loans,
                               count(*) FILTER (WHERE l.due_on < in_today AND l.claimed_returned_at IS NULL) AS overdue,
                               array_agg(l.record_id) AS records
                          FROM loan_borrower AS o
                          JOIN loan AS l ON l.agency_id = o.agency_id AND l.id = o.loan_id
                         WHERE o.agency_id = in_agency AND o.patron_id = in_patron AND o.role = 'primary'
                           AND l.closed_at IS NULL
                         GROUP BY l.division_id, l.material_group_id) AS t))
          FROM borrower AS b
         WHERE b.agency_id = in_agency AND b.patron_id = in_patron);

CREATE FUNCTION item_facts(in_agency integer, in_item bigint) RETURNS json LANGUAGE sql STABLE
    RETURN (
        SELECT json_build_object(
            'id', i.item_id, 'number', i.number, 'kind', i.kind, 'record', i.record_id, 'title', t.title,
            'creators', t.creators, 'material_type', t.material_type, 'classification', t.classification,
            'owner_branch', i.owner_branch_id, 'placement', COALESCE(c.active_placement_id, i.default_placement_id),
            'default_placement', i.default_placement_id, 'material_group', i.material_group_id,
            'price_ore', i.price_ore, 'condition', i.condition, 'not_for_loan', i.not_for_loan,
            'minimum_age', i.minimum_age, 'withdrawn', i.withdrawn_at IS NOT NULL, 'lender_due_on', i.lender_due_on,
            'received', i.received_at IS NOT NULL, 'sent_home', i.sent_home_at IS NOT NULL,
            'state', c.state, 'seen_branch', c.seen_branch_id,
            'missing_parts', (
                SELECT json_agg(p.description ORDER BY p.number)
                  FROM copy_part AS p
                 WHERE p.agency_id = in_agency AND p.item_id = in_item AND NOT p.is_present),
            'notes', (
                SELECT json_agg(json_build_object('id', n.note_id, 'text', n.text, 'on_checkout', n.on_checkout,
                                                  'on_return', n.on_return) ORDER BY n.note_id)
                  FROM copy_note AS n
                 WHERE n.agency_id = in_agency AND n.item_id = in_item))
          FROM copy AS i
          JOIN item_circulation AS c ON c.agency_id = i.agency_id AND c.item_id = i.item_id
          JOIN title AS t ON t.record_id = i.record_id
         WHERE i.agency_id = in_agency AND i.item_id = in_item);

CREATE FUNCTION loan_facts(in_agency integer, in_loan bigint) RETURNS json LANGUAGE sql STABLE
    RETURN (
        SELECT json_build_object(
            'id', l.id, 'item', l.item_id, 'kind', l.kind, 'division', l.division_id, 'branch', l.branch_id,
            'material_group', l.material_group_id, 'patron_group', l.patron_group_id,
            'lent_at', l.lent_at, 'lent_on', l.lent_on, 'due_on', l.due_on, 'renewals', l.renewals,
            'lost_at', l.lost_at, 'claimed_returned_at', l.claimed_returned_at,
            'closed_at', l.closed_at, 'closed_on', l.closed_on, 'closed_how', l.closed_how,
            'borrower', (SELECT o.patron_id FROM loan_borrower AS o
                          WHERE o.agency_id = in_agency AND o.loan_id = l.id AND o.role = 'primary'),
            'second_borrower', (SELECT o.patron_id FROM loan_borrower AS o
                                 WHERE o.agency_id = in_agency AND o.loan_id = l.id AND o.role = 'secondary'))
          FROM loan AS l
         WHERE l.agency_id = in_agency AND l.id = in_loan);

CREATE FUNCTION open_loan_of(in_agency integer, in_item bigint) RETURNS bigint LANGUAGE sql STABLE
    RETURN (SELECT id FROM loan
             WHERE agency_id = in_agency AND item_agency_id = in_agency AND item_id = in_item AND closed_at IS NULL);

CREATE FUNCTION item_numbered(in_agency integer, in_number text) RETURNS bigint LANGUAGE sql STABLE
    RETURN (SELECT item_id FROM copy WHERE agency_id = in_agency AND number = in_number);

CREATE FUNCTION agency_today(in_agency integer, in_now timestamptz) RETURNS date LANGUAGE sql STABLE
    RETURN (SELECT (in_now AT TIME ZONE time_zone)::date FROM agency WHERE agency_id = in_agency);

CREATE FUNCTION borrower_of(in_agency integer, in_loan bigint) RETURNS bigint LANGUAGE sql STABLE
    RETURN (SELECT patron_id FROM loan_borrower
             WHERE agency_id = in_agency AND loan_id = in_loan AND role = 'primary');

CREATE FUNCTION responsible_for(in_agency integer, in_patron bigint, in_today date) RETURNS bigint LANGUAGE sql STABLE
    RETURN (SELECT guardian_id FROM responsible_guardian
             WHERE agency_id = in_agency AND patron_id = in_patron AND valid @> in_today
             ORDER BY lower(valid) DESC NULLS LAST, guardian_id LIMIT 1);

-- Who and what: by the keys a scan may be found under, or by ids that are known.
CREATE FUNCTION load_checkout(
    in_agency integer, in_now timestamptz, in_patron_keys text[], in_patron bigint, in_attempt bytea, in_item_number text,
    in_client text, in_operation text, in_key text
) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    who   bigint := in_patron;
    what  bigint := item_numbered(in_agency, in_item_number);
    today date   := agency_today(in_agency, in_now);
    found integer := 1;
    ended text;
BEGIN
    IF who IS NULL THEN
        SELECT min(patron_id), count(DISTINCT patron_id) INTO who, found FROM borrower_identifier
         WHERE agency_id = in_agency AND lookup = ANY (in_patron_keys) AND ended_at IS NULL;
        who := CASE WHEN found = 1 THEN who END;
    END IF;
    IF who IS NULL THEN
        SELECT ended_why INTO ended FROM borrower_identifier
         WHERE agency_id = in_agency AND lookup = ANY (in_patron_keys) ORDER BY ended_at DESC LIMIT 1;
    END IF;
    PERFORM FROM patron WHERE agency_id = in_agency AND id = who FOR NO KEY UPDATE;
    PERFORM FROM item_circulation WHERE agency_id = in_agency AND item_id = what FOR NO KEY UPDATE;
    RETURN json_build_object(
        'revision', settings_revision_facts(in_agency),
        'earlier', earlier_answer_facts(in_agency, in_client, in_operation, in_key),
        'sign_in', (SELECT json_build_object('failures', failures, 'locked_until', locked_until) FROM sign_in_lock
                     WHERE agency_id = in_agency AND identifier_hash = in_attempt),
        'ended_identifier', ended,
        'is_ambiguous', found > 1,
        'patron', patron_facts(in_agency, who, today),
        'responsible', responsible_for(in_agency, who, today),
        'item', item_facts(in_agency, what),
        'loan', loan_facts(in_agency, open_loan_of(in_agency, what)));
END
$$;

-- One item, whatever is on loan of it, and where it is bound. The borrower must be locked before the item, so the loan is
-- peeked at, both are locked, and the loan is looked at again; if it changed meanwhile the whole is done again.
CREATE FUNCTION load_return(
    in_agency integer, in_now timestamptz, in_item_number text, in_client text, in_operation text, in_key text
) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    what  bigint := item_numbered(in_agency, in_item_number);
    lent  bigint := open_loan_of(in_agency, what);
    who   bigint := borrower_of(in_agency, lent);
    today date   := agency_today(in_agency, in_now);
BEGIN
    PERFORM FROM patron WHERE agency_id = in_agency AND id = who FOR NO KEY UPDATE;
    PERFORM FROM item_circulation WHERE agency_id = in_agency AND item_id = what FOR NO KEY UPDATE;
    IF open_loan_of(in_agency, what) IS DISTINCT FROM lent THEN
        RAISE EXCEPTION 'the loan changed while its locks were taken' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN json_build_object(
        'revision', settings_revision_facts(in_agency),
        'earlier', earlier_answer_facts(in_agency, in_client, in_operation, in_key),
        'patron', patron_facts(in_agency, who, today),
        'responsible', responsible_for(in_agency, who, today),
        'item', item_facts(in_agency, what),
        'loan', loan_facts(in_agency, lent),
        'last_loan', CASE WHEN lent IS NULL THEN loan_facts(in_agency, (
            SELECT id FROM loan
             WHERE agency_id = in_agency AND item_id = what AND closed_at IS NOT NULL
             ORDER BY agency_id DESC, item_id DESC, closed_at DESC LIMIT 1)) END,
        'journey', (SELECT json_build_object('id', id, 'from_branch', from_branch_id, 'to_branch', to_branch_id)
                      FROM journey WHERE agency_id = in_agency AND item_id = what AND ended_at IS NULL),
        'seen_elsewhere_at', CASE WHEN lent IS NOT NULL THEN (
            SELECT min(s.seen_at)
              FROM foreign_sighting AS s
              JOIN loan AS l ON l.agency_id = in_agency AND l.id = lent
             WHERE s.owner_agency_id = in_agency AND s.item_number = in_item_number AND s.seen_at > l.lent_at) END);
END
$$;

-- Loans of one borrower, by their ids, open or closed: for renewing, losing, finding and undoing.
CREATE FUNCTION load_loans(
    in_agency integer, in_now timestamptz, in_loans bigint[], in_client text, in_operation text, in_key text
) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    who   bigint;
    today date := agency_today(in_agency, in_now);
BEGIN
    SELECT min(patron_id) INTO who FROM loan_borrower
     WHERE agency_id = in_agency AND loan_id = ANY (in_loans) AND role = 'primary';
    PERFORM FROM patron WHERE agency_id = in_agency AND id = who FOR NO KEY UPDATE;
    PERFORM FROM item_circulation
      WHERE agency_id = in_agency
        AND item_id IN (SELECT item_id FROM loan WHERE agency_id = in_agency AND id = ANY (in_loans))
      ORDER BY item_id FOR NO KEY UPDATE;
    RETURN json_build_object(
        'revision', settings_revision_facts(in_agency),
        'earlier', earlier_answer_facts(in_agency, in_client, in_operation, in_key),
        'patron', patron_facts(in_agency, who, today),
        'responsible', responsible_for(in_agency, who, today),
        'loans', (
            SELECT json_agg(json_build_object(
                       'loan', loan_facts(in_agency, l.id), 'item', item_facts(in_agency, l.item_id),
                       'lent_again', open_loan_of(in_agency, l.item_id) IS DISTINCT FROM
                                     CASE WHEN l.closed_at IS NULL THEN l.id END)
                   ORDER BY l.id)
              FROM loan AS l
             WHERE l.agency_id = in_agency AND l.id = ANY (in_loans)));
END
$$;
