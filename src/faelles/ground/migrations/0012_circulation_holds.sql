-- Holds: who waits for which title, in what order, and which copy is meant for whom.

-- The queue of a title is a lock of its own, taken after the patron and before the item. Whoever decides by the order of a
-- queue (placing, moving, matching, capturing) takes it whole; a return of a title nobody waits for shares it, so that a
-- hold placed meanwhile is seen by one of the two.
CREATE FUNCTION title_lock(in_agency integer, in_record bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN hashint8extended(in_record, in_agency);

-- A hold is a wish: open until it is collected, expires or is cancelled. It stands in the queue of one title, by rank; ranks
-- are far apart, so that a hold can be put between two others. Who wishes stands in hold_patron, a row of its own that
-- retention can delete; a hold without one is another agency's lending request.
-- item_id: the copy that is planned (matched), bound (captured, in_transit, ready) or was collected.
CREATE SEQUENCE hold_number AS bigint START 10000000;
GRANT USAGE ON SEQUENCE hold_number TO faelles_app;
CREATE TABLE hold (
    agency_id        integer NOT NULL,
    id               bigint  NOT NULL DEFAULT nextval('hold_number'),
    target           text    NOT NULL CHECK (target IN ('title', 'issue', 'item')),
    record_id        bigint  NOT NULL REFERENCES record,
    issue_id         bigint  REFERENCES periodical_issue,
    wanted_item_id   bigint,
    -- The first hold of those that were placed together; of parallel ones the first hit cancels the rest.
    transaction_id   bigint  NOT NULL,
    is_parallel      boolean NOT NULL DEFAULT false,
    division_id      integer NOT NULL,
    patron_group_id  integer REFERENCES patron_group,
    -- Of most of its copies: what a limit for a kind of material counts.
    material_group_id integer REFERENCES material_group,
    pickup_branch_id integer NOT NULL,
    placed_at        timestamptz NOT NULL,
    placed_on        date    NOT NULL,
    placed_by        text    NOT NULL CHECK (placed_by IN ('staff', 'machine', 'client', 'patron', 'support', 'system')),
    active_from      date,
    interest_until   date    NOT NULL,
    rank             bigint  NOT NULL,
    state            text    NOT NULL DEFAULT 'pending' CHECK (state IN (
        'pending', 'matched', 'captured', 'in_transit', 'ready', 'collected', 'expired', 'cancelled')),
    item_id          bigint,
    captured_at      timestamptz,
    -- On the hold shelf: since when, where, until when.
    ready_at         timestamptz,
    shelf_number     text,
    pickup_deadline  date,
    -- Somebody is on the way to the shelf for it, until then; how often it was looked for in vain.
    claimed_by       text,
    claimed_until    timestamptz,
    tries            integer NOT NULL DEFAULT 0,
    closed_at        timestamptz,
    closed_why       text,
    PRIMARY KEY (agency_id, id),
    FOREIGN KEY (agency_id, division_id) REFERENCES division,
    FOREIGN KEY (agency_id, pickup_branch_id) REFERENCES branch,
    FOREIGN KEY (agency_id, wanted_item_id) REFERENCES item,
    FOREIGN KEY (agency_id, item_id) REFERENCES item,
    CHECK ((target = 'issue') = (issue_id IS NOT NULL)),
    CHECK ((target = 'item') = (wanted_item_id IS NOT NULL)),
    CHECK ((closed_at IS NOT NULL) = (state IN ('collected', 'expired', 'cancelled'))),
    CHECK (closed_at IS NOT NULL OR (item_id IS NOT NULL) = (state IN ('matched', 'captured', 'in_transit', 'ready'))),
    CHECK (closed_at IS NOT NULL OR (ready_at IS NOT NULL) = (state = 'ready')),
    CHECK ((claimed_by IS NULL) = (claimed_until IS NULL)),
    CHECK (state = 'matched' OR claimed_by IS NULL)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX hold_rank_taken ON hold (agency_id, record_id, rank) WHERE closed_at IS NULL;
-- Planned or bound: a copy is meant for one hold at a time.
CREATE UNIQUE INDEX item_held_once ON hold (agency_id, item_id) WHERE closed_at IS NULL AND item_id IS NOT NULL;
CREATE INDEX hold_transaction ON hold (agency_id, transaction_id);
CREATE INDEX hold_pickup_branch ON hold (agency_id, pickup_branch_id, id) WHERE closed_at IS NULL;
CREATE INDEX hold_interest ON hold (agency_id, interest_until) WHERE closed_at IS NULL;
CREATE INDEX hold_active_from ON hold (agency_id, active_from) WHERE closed_at IS NULL AND active_from IS NOT NULL;
CREATE INDEX hold_closed_item ON hold (agency_id, item_id) WHERE closed_at IS NOT NULL AND item_id IS NOT NULL;
-- A shelf number is one hold's at a time, at its branch.
CREATE UNIQUE INDEX shelf_number_taken ON hold (agency_id, pickup_branch_id, shelf_number)
    WHERE closed_at IS NULL AND shelf_number IS NOT NULL;
CALL isolate('hold');

-- nth: a patron may be let wish for a title more than once (max_holds_per_title). record_id, issue_id and is_open follow the
-- hold, so that the same wish twice is impossible.
CREATE TABLE hold_patron (
    agency_id integer NOT NULL,
    hold_id   bigint  NOT NULL,
    patron_id bigint  NOT NULL,
    record_id bigint  NOT NULL REFERENCES record,
    issue_id  bigint,
    nth       integer NOT NULL DEFAULT 1,
    is_open   boolean NOT NULL DEFAULT true,
    PRIMARY KEY (agency_id, hold_id),
    FOREIGN KEY (agency_id, hold_id) REFERENCES hold,
    CONSTRAINT hold_patron_known FOREIGN KEY (agency_id, patron_id) REFERENCES patron
);
CREATE UNIQUE INDEX hold_placed_already ON hold_patron (agency_id, patron_id, record_id, issue_id, nth)
    NULLS NOT DISTINCT WHERE is_open;
CREATE INDEX hold_patron_patron ON hold_patron (agency_id, patron_id, hold_id);
CALL isolate('hold_patron');

-- What was overridden to place a hold, by whom and why.
CREATE TABLE hold_override (
    agency_id integer     NOT NULL,
    id        bigint      GENERATED BY DEFAULT AS IDENTITY,
    hold_id   bigint      NOT NULL,
    block     text        NOT NULL,
    reason    text        NOT NULL,
    actor     text        NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (agency_id, id),
    FOREIGN KEY (agency_id, hold_id) REFERENCES hold
);
CREATE INDEX hold_override_hold ON hold_override (agency_id, hold_id);
CALL isolate('hold_override');
CALL make_append_only('hold_override');

-- Titles whose supply or demand changed, marked in the transaction that changed it. Marks are only added, never looked up,
-- so nobody waits for another's; the matcher takes them away with what it makes of them.
CREATE TABLE dirty_title (
    agency_id integer     NOT NULL,
    id        bigint      GENERATED ALWAYS AS IDENTITY,
    record_id bigint      NOT NULL,
    marked_at timestamptz NOT NULL,
    PRIMARY KEY (agency_id, id)
);
CALL isolate('dirty_title');

-- What the matcher and the check-in decided, and why: the answer to "why this copy, why not me".
CREATE TABLE hold_match_log (
    agency_id integer     NOT NULL,
    id        bigint      GENERATED ALWAYS AS IDENTITY,
    at        timestamptz NOT NULL,
    record_id bigint      NOT NULL,
    hold_id   bigint      NOT NULL,
    item_id   bigint,
    outcome   text        NOT NULL,
    details   jsonb       NOT NULL DEFAULT '{}',
    PRIMARY KEY (agency_id, id, at)
) PARTITION BY RANGE (at);
CREATE INDEX hold_match_log_hold ON hold_match_log (agency_id, hold_id, id);
CALL isolate('hold_match_log');
CALL make_append_only('hold_match_log');
CREATE TABLE hold_match_log_default PARTITION OF hold_match_log DEFAULT;

-- A copy that was looked for in vain: it is planned for nobody until it is seen again.
CREATE TABLE missed_item (
    agency_id  integer     NOT NULL,
    id         bigint      GENERATED BY DEFAULT AS IDENTITY,
    item_id    bigint      NOT NULL,
    branch_id  integer     NOT NULL,
    hold_id    bigint,
    missed_at  timestamptz NOT NULL,
    missed_by  text        NOT NULL,
    settled_at timestamptz,
    settled_how text       CHECK (settled_how IN ('seen', 'declared_missing', 'withdrawn')),
    PRIMARY KEY (agency_id, id),
    FOREIGN KEY (agency_id, item_id) REFERENCES item,
    FOREIGN KEY (agency_id, branch_id) REFERENCES branch,
    FOREIGN KEY (agency_id, hold_id) REFERENCES hold,
    CHECK ((settled_at IS NULL) = (settled_how IS NULL))
);
CREATE UNIQUE INDEX item_missed_once ON missed_item (agency_id, item_id) WHERE settled_at IS NULL;
CREATE INDEX missed_item_branch ON missed_item (agency_id, branch_id, id) WHERE settled_at IS NULL;
CALL isolate('missed_item');

-- An agency lends its copies to another's patrons: given by the lender, off without a row. Both may read it.
CREATE TABLE lending_agreement (
    agency_id          integer   NOT NULL REFERENCES agency,
    id                 bigint    GENERATED BY DEFAULT AS IDENTITY,
    borrower_agency_id integer   NOT NULL REFERENCES agency CHECK (borrower_agency_id <> agency_id),
    valid              daterange NOT NULL,
    given_by           text      NOT NULL,
    given_at           timestamptz NOT NULL,
    PRIMARY KEY (agency_id, id),
    CONSTRAINT one_agreement_at_a_time
        EXCLUDE USING gist (agency_id WITH =, borrower_agency_id WITH =, valid WITH &&)
);
CREATE INDEX lending_agreement_borrower ON lending_agreement (borrower_agency_id);
CALL isolate('lending_agreement');
CREATE POLICY borrower_reads ON lending_agreement FOR SELECT USING (borrower_agency_id = current_agency());

-- One row on each side. The borrower's asks, and the lender may read it: a title, never a patron or a hold. The lender's
-- answers, and the borrower may read it. Which hold is behind it stands apart, for the borrower's agency alone.
CREATE TABLE lending_request (
    agency_id        integer     NOT NULL REFERENCES agency,
    id               bigint      GENERATED BY DEFAULT AS IDENTITY,
    lender_agency_id integer     NOT NULL REFERENCES agency CHECK (lender_agency_id <> agency_id),
    record_id        bigint      NOT NULL REFERENCES record,
    asked_at         timestamptz NOT NULL,
    withdrawn_at     timestamptz,
    PRIMARY KEY (agency_id, id)
);
CREATE INDEX lending_request_lender ON lending_request (lender_agency_id, id);
CALL isolate('lending_request');
CREATE POLICY lender_reads ON lending_request FOR SELECT USING (lender_agency_id = current_agency());

CREATE TABLE lending_request_hold (
    agency_id  integer NOT NULL,
    request_id bigint  NOT NULL,
    hold_id    bigint  NOT NULL,
    PRIMARY KEY (agency_id, request_id),
    FOREIGN KEY (agency_id, request_id) REFERENCES lending_request,
    FOREIGN KEY (agency_id, hold_id) REFERENCES hold
);
CREATE INDEX lending_request_hold_hold ON lending_request_hold (agency_id, hold_id);
CALL isolate('lending_request_hold');

-- hold_id: the lender's own hold, without a patron, by which the copy is found, fetched and sent.
CREATE TABLE lending_answer (
    agency_id          integer     NOT NULL,
    borrower_agency_id integer     NOT NULL REFERENCES agency,
    request_id         bigint      NOT NULL,
    state              text        NOT NULL CHECK (state IN ('accepted', 'refused', 'withdrawn', 'sent', 'returned')),
    hold_id            bigint,
    item_number        text,
    changed_at         timestamptz NOT NULL,
    PRIMARY KEY (agency_id, borrower_agency_id, request_id),
    FOREIGN KEY (agency_id, hold_id) REFERENCES hold,
    CHECK (state = 'refused' OR hold_id IS NOT NULL)
);
CREATE INDEX lending_answer_hold ON lending_answer (agency_id, hold_id) WHERE hold_id IS NOT NULL;
CREATE INDEX lending_answer_borrower ON lending_answer (borrower_agency_id, request_id);
CALL isolate('lending_answer');
CREATE POLICY borrower_reads ON lending_answer FOR SELECT USING (borrower_agency_id = current_agency());

-- What the rooms below change marks its titles here: copies that come, go or change, and patrons who are away for a while.
-- Copies mark every title, waited for or not: a hold being placed at the same moment cannot be seen from here.
CREATE FUNCTION mark_titles_of_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO dirty_title (agency_id, record_id, marked_at)
        SELECT DISTINCT agency_id, record_id, now() FROM changed ORDER BY agency_id, record_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_titles_on_insert AFTER INSERT ON item
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_titles_of_items();
CREATE FUNCTION mark_titles_of_changed_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO dirty_title (agency_id, record_id, marked_at)
        SELECT agency_id, record_id, now() FROM before UNION SELECT agency_id, record_id, now() FROM changed
        ORDER BY agency_id, record_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_titles_on_update AFTER UPDATE ON item REFERENCING OLD TABLE AS before NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mark_titles_of_changed_items();

CREATE FUNCTION mark_titles_of_absent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    absent absence := COALESCE(NEW, OLD);
BEGIN
    INSERT INTO dirty_title (agency_id, record_id, marked_at)
        SELECT DISTINCT agency_id, record_id, now()
          FROM hold_patron
         WHERE agency_id = absent.agency_id AND patron_id = absent.patron_id AND is_open;
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_titles_of_absent AFTER INSERT OR UPDATE OR DELETE ON absence
    FOR EACH ROW EXECUTE FUNCTION mark_titles_of_absent();

-- Which agencies have titles to match, for a worker that serves them all: a number for each, and nothing else.
GRANT SELECT (agency_id) ON dirty_title TO faelles_lookup;
CREATE POLICY lookup_agency ON dirty_title FOR SELECT TO faelles_lookup USING (true);
CREATE FUNCTION agencies_with_dirty_titles() RETURNS SETOF integer
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = faelles, pg_temp
BEGIN ATOMIC
    WITH RECURSIVE marked (agency_id) AS (
        (SELECT min(agency_id) FROM dirty_title)
        UNION ALL
        SELECT (SELECT min(d.agency_id) FROM dirty_title AS d WHERE d.agency_id > m.agency_id)
          FROM marked AS m
         WHERE m.agency_id IS NOT NULL)
    SELECT agency_id FROM marked WHERE agency_id IS NOT NULL;
END;
ALTER FUNCTION agencies_with_dirty_titles OWNER TO faelles_lookup;
REVOKE ALL ON FUNCTION agencies_with_dirty_titles FROM PUBLIC;
GRANT EXECUTE ON FUNCTION agencies_with_dirty_titles TO faelles_app;

-- What other rooms and doors read.
CREATE VIEW open_hold WITH (security_invoker = true) AS
    SELECT h.agency_id, h.id AS hold_id, h.target, h.record_id, h.issue_id, h.wanted_item_id, h.transaction_id, h.is_parallel,
           h.division_id, h.patron_group_id, h.pickup_branch_id, h.placed_at, h.active_from, h.interest_until, h.rank,
           h.state, h.item_id, h.ready_at, h.shelf_number, h.pickup_deadline, p.patron_id
      FROM hold AS h
      LEFT JOIN hold_patron AS p ON p.agency_id = h.agency_id AND p.hold_id = h.id
     WHERE h.closed_at IS NULL;
-- Copies that are bound to a hold: captured, on the way or on the hold shelf.
CREATE VIEW bound_copy WITH (security_invoker = true) AS
    SELECT agency_id, item_id, id AS hold_id, state, pickup_branch_id, shelf_number, pickup_deadline
      FROM hold
     WHERE closed_at IS NULL AND item_id IS NOT NULL AND state <> 'matched';
GRANT SELECT ON open_hold, bound_copy TO faelles_app;

-- What placing and matching read.

-- Every copy that may ever fill a hold, and how it stands just now. A copy that is bound to a hold is nobody else's.
CREATE VIEW hold_supply WITH (security_invoker = true) AS
    SELECT c.agency_id, c.record_id, c.item_id, json_build_array(
               c.item_id, c.number, p.branch_id, c.owner_branch_id, c.default_placement_id, c.material_group_id, c.kind,
               c.issue_id, c.minimum_age, c.not_for_loan IS NOT NULL, c.condition, c.acquired_on, w.state,
               EXISTS (SELECT FROM missed_item AS m
                        WHERE m.agency_id = c.agency_id AND m.item_id = c.item_id AND m.settled_at IS NULL),
               EXISTS (SELECT FROM hold AS h
                        WHERE h.agency_id = c.agency_id AND h.item_id = c.item_id AND h.closed_at IS NULL
                          AND h.state <> 'matched')) AS facts
      FROM copy AS c
      JOIN item_circulation AS w ON w.agency_id = c.agency_id AND w.item_id = c.item_id
      JOIN placement_directory AS p
        ON p.agency_id = c.agency_id AND p.placement_id = COALESCE(w.active_placement_id, c.default_placement_id)
     WHERE c.withdrawn_at IS NULL
       AND c.sent_home_at IS NULL
       AND (c.kind = 'item' OR c.received_at IS NOT NULL);

-- Every hold to which no copy is bound yet. Absences are those that have not ended long ago: the rules know the day.
CREATE VIEW waiting_hold WITH (security_invoker = true) AS
    SELECT h.agency_id, h.record_id, h.id AS hold_id, h.rank, json_build_array(
               h.id, h.record_id, h.rank, h.target, h.issue_id, h.wanted_item_id, h.division_id, h.patron_group_id,
               h.pickup_branch_id, b.birth_date, h.active_from, h.interest_until, h.state, h.item_id, h.claimed_until,
               ARRAY(SELECT json_build_array(lower(a.period), upper(a.period))
                       FROM absence AS a
                      WHERE a.agency_id = h.agency_id AND a.patron_id = p.patron_id
                        AND a.period && daterange(current_date - 2, NULL)
                      ORDER BY a.period),
               ARRAY(SELECT o.block FROM hold_override AS o
                      WHERE o.agency_id = h.agency_id AND o.hold_id = h.id ORDER BY o.id),
               h.placed_on) AS facts
      FROM hold AS h
      LEFT JOIN hold_patron AS p ON p.agency_id = h.agency_id AND p.hold_id = h.id
      LEFT JOIN borrower AS b ON b.agency_id = p.agency_id AND b.patron_id = p.patron_id
     WHERE h.closed_at IS NULL AND h.state IN ('pending', 'matched');
GRANT SELECT ON hold_supply, waiting_hold TO faelles_app;

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
                                        AND h.closed_at IS NULL),
                       'waiting', (SELECT count(*) FROM hold AS h
                                    WHERE h.agency_id = in_agency AND h.record_id = t.record_id
                                      AND h.closed_at IS NULL AND h.state IN ('pending', 'matched')),
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

-- What is said about holds, finished ones too, and to whom.
CREATE VIEW hold_directory WITH (security_invoker = true) AS
    SELECT h.agency_id, h.id AS hold_id, h.record_id, h.division_id, h.state, h.pickup_branch_id, h.shelf_number,
           h.pickup_deadline, h.closed_why, p.patron_id
      FROM hold AS h
      LEFT JOIN hold_patron AS p ON p.agency_id = h.agency_id AND p.hold_id = h.id;
GRANT SELECT ON hold_directory TO faelles_app;
