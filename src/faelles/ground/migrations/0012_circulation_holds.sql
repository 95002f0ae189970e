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
    -- Only copies of this group, or of one below it, will do; NULL: any.
    wanted_group_id  integer REFERENCES material_group,
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
    -- Which program placed it: another library's may ask for its own by their numbers.
    placed_by_client integer,
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
    -- Why no copy will ever fill it, as things stand, and since when that is so: the matcher finds out. NULL: one may.
    nothing_fills    text,
    nothing_fills_since timestamptz,
    closed_at        timestamptz,
    closed_why       text,
    PRIMARY KEY (agency_id, id),
    FOREIGN KEY (agency_id, division_id) REFERENCES division,
    FOREIGN KEY (agency_id, pickup_branch_id) REFERENCES branch,
    FOREIGN KEY (agency_id, wanted_item_id) REFERENCES item,
    FOREIGN KEY (agency_id, item_id) REFERENCES item,
    CHECK ((target = 'issue') = (issue_id IS NOT NULL)),
    CHECK ((target = 'item') = (wanted_item_id IS NOT NULL)),
    CHECK (wanted_group_id IS NULL OR target = 'title'),
    CHECK ((closed_at IS NOT NULL) = (state IN ('collected', 'expired', 'cancelled'))),
    CHECK (closed_at IS NOT NULL OR (item_id IS NOT NULL) = (state IN ('matched', 'captured', 'in_transit', 'ready'))),
    CHECK (closed_at IS NOT NULL OR (ready_at IS NOT NULL) = (state = 'ready')),
    CHECK ((claimed_by IS NULL) = (claimed_until IS NULL)),
    CHECK ((nothing_fills IS NULL) = (nothing_fills_since IS NULL)),
    CHECK (state = 'matched' OR claimed_by IS NULL)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX hold_rank_taken ON hold (agency_id, record_id, rank) WHERE closed_at IS NULL;
-- Planned or bound: a copy is meant for one hold at a time.
CREATE UNIQUE INDEX item_held_once ON hold (agency_id, item_id) WHERE closed_at IS NULL AND item_id IS NOT NULL;
CREATE INDEX hold_transaction ON hold (transaction_id, agency_id);
CREATE INDEX hold_pickup_branch ON hold (agency_id, pickup_branch_id, id) WHERE closed_at IS NULL;
CREATE INDEX hold_pickup_deadline ON hold (agency_id, pickup_deadline, id) WHERE state = 'ready';
-- Of those whose interest ends it: a capture writes to every index that its hold stands in.
CREATE INDEX hold_interest ON hold (agency_id, interest_until) WHERE state IN ('pending', 'matched');
CREATE INDEX hold_active_from ON hold (agency_id, active_from) WHERE closed_at IS NULL AND active_from IS NOT NULL;
CREATE INDEX hold_nothing_fills ON hold (agency_id, id) WHERE state = 'pending' AND nothing_fills IS NOT NULL;
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
    received_at      timestamptz,
    returned_at      timestamptz,
    PRIMARY KEY (agency_id, id)
);
CREATE INDEX lending_request_lender ON lending_request (lender_agency_id, id);
CALL isolate('lending_request');
CREATE POLICY lender_reads ON lending_request FOR SELECT USING (lender_agency_id = current_agency());

-- item_id: the placeholder that stands for the lender's copy here.
CREATE TABLE lending_request_hold (
    agency_id  integer NOT NULL,
    request_id bigint  NOT NULL,
    hold_id    bigint  NOT NULL,
    item_id    bigint,
    PRIMARY KEY (agency_id, request_id),
    FOREIGN KEY (agency_id, item_id) REFERENCES item,
    FOREIGN KEY (agency_id, request_id) REFERENCES lending_request,
    FOREIGN KEY (agency_id, hold_id) REFERENCES hold
);
CREATE INDEX lending_request_hold_hold ON lending_request_hold (agency_id, hold_id);
CALL isolate('lending_request_hold');

-- hold_id: the lender's own hold, without a patron, by which the copy is found, fetched and sent. item_number and due_on
-- are what the borrower is told of the copy.
CREATE TABLE lending_answer (
    agency_id          integer     NOT NULL,
    borrower_agency_id integer     NOT NULL REFERENCES agency,
    request_id         bigint      NOT NULL,
    state              text        NOT NULL CHECK (state IN ('accepted', 'refused', 'withdrawn', 'sent', 'home')),
    hold_id            bigint,
    item_id            bigint,
    item_number        text,
    due_on             date,
    changed_at         timestamptz NOT NULL,
    PRIMARY KEY (agency_id, borrower_agency_id, request_id),
    FOREIGN KEY (agency_id, hold_id) REFERENCES hold,
    FOREIGN KEY (agency_id, item_id) REFERENCES item,
    CHECK (state = 'refused' OR hold_id IS NOT NULL),
    CHECK ((state IN ('sent', 'home')) = (item_id IS NOT NULL)),
    CHECK ((item_id IS NULL) = (item_number IS NULL) AND (item_id IS NULL) = (due_on IS NULL))
);
-- A copy is with one municipality at a time.
CREATE UNIQUE INDEX item_lent_away_once ON lending_answer (agency_id, item_id) WHERE state = 'sent';
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

-- What is said about holds, finished ones too, and to whom.
CREATE VIEW hold_directory WITH (security_invoker = true) AS
    SELECT h.agency_id, h.id AS hold_id, h.record_id, h.issue_id, h.division_id, h.state, h.pickup_branch_id, h.shelf_number,
           h.pickup_deadline, h.closed_why, p.patron_id
      FROM hold AS h
      LEFT JOIN hold_patron AS p ON p.agency_id = h.agency_id AND p.hold_id = h.id;
GRANT SELECT ON hold_directory TO faelles_app;
