-- The ground: tenancy, the Danish alphabet, the event log, idempotency.

-- The agency of the running transaction; NULL (which no row equals) where none is set.
CREATE FUNCTION current_agency() RETURNS integer
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('faelles.agency', true), '')::integer;

-- A tenant's table: only rows of the transaction's agency are seen or written, by its owner too.
CREATE PROCEDURE isolate(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY own_agency ON %s USING (agency_id = current_agency()) '
                   'WITH CHECK (agency_id = current_agency())', target);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO faelles_app', target);
END
$$;

-- A table where the nation (agency 0) keeps what all may read, and each agency what only it may read.
CREATE PROCEDURE isolate_below_nation(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY read_nation_and_own ON %s FOR SELECT '
                   'USING (agency_id = 0 OR agency_id = current_agency())', target);
    EXECUTE format('CREATE POLICY insert_own ON %s FOR INSERT WITH CHECK (agency_id = current_agency())', target);
    EXECUTE format('CREATE POLICY update_own ON %s FOR UPDATE USING (agency_id = current_agency()) '
                   'WITH CHECK (agency_id = current_agency())', target);
    EXECUTE format('CREATE POLICY delete_own ON %s FOR DELETE USING (agency_id = current_agency())', target);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO faelles_app', target);
END
$$;

-- The country's directory: everybody reads it, an agency writes its own rows.
CREATE PROCEDURE isolate_directory(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY read_all ON %s FOR SELECT USING (true)', target);
    EXECUTE format('CREATE POLICY insert_own ON %s FOR INSERT WITH CHECK (agency_id = current_agency())', target);
    EXECUTE format('CREATE POLICY update_own ON %s FOR UPDATE USING (agency_id = current_agency()) '
                   'WITH CHECK (agency_id = current_agency())', target);
    EXECUTE format('CREATE POLICY delete_own ON %s FOR DELETE USING (agency_id = current_agency())', target);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO faelles_app', target);
END
$$;

-- History is appended to, never edited.
CREATE PROCEDURE make_append_only(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM faelles_app', target);
END
$$;

-- Sorts as Danish does (ae, oe, aa last; aa counts as å; case and foreign accents apart) under the byte order of
-- C.UTF-8, so that no index depends on a C library's idea of the alphabet.
CREATE FUNCTION danish_sort_key(words text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN translate(
        replace(lower(words), 'aa', 'å'),
        'æäøöåéèêëáàâãíìîïóòôõúùûüýÿçñð',
        '{{||}eeeeaaaaiiiioooouuuyyycnd'
    );

-- Ids for people: 48 random bits above 10^12, so that they say nothing and survive every client (below 2^53).
CREATE FUNCTION random_identity() RETURNS bigint
    LANGUAGE sql VOLATILE
    RETURN 1000000000000 + ('x' || left(replace(gen_random_uuid()::text, '-', ''), 12))::bit(48)::bigint;

CREATE TABLE event_epoch (
    number     integer PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO event_epoch (number) VALUES (1);
GRANT SELECT ON event_epoch TO faelles_app;

CREATE FUNCTION current_epoch() RETURNS integer
    LANGUAGE sql STABLE
    RETURN (SELECT max(number) FROM event_epoch);

CREATE TABLE event (
    agency_id  integer     NOT NULL,
    epoch      integer     NOT NULL DEFAULT current_epoch(),
    xid        xid8        NOT NULL DEFAULT pg_current_xact_id(),
    id         bigint      GENERATED ALWAYS AS IDENTITY,
    at         timestamptz NOT NULL,
    actor      text        NOT NULL,
    kind       text        NOT NULL,
    loan_id    bigint,
    hold_id    bigint,
    item_id    bigint,
    account_id bigint,
    subject_id bigint,
    dimensions jsonb       NOT NULL DEFAULT '{}',
    PRIMARY KEY (agency_id, epoch, xid, id, at)
) PARTITION BY RANGE (at);
CALL isolate('event');
CALL make_append_only('event');

-- Catches what no month's partition takes, so that a forgotten job never stops the desk.
CREATE TABLE event_default PARTITION OF event DEFAULT;

CREATE TABLE event_reader (
    agency_id integer NOT NULL,
    reader    text    NOT NULL,
    epoch     integer NOT NULL DEFAULT 0,
    xid       xid8    NOT NULL DEFAULT '0',
    event_id  bigint  NOT NULL DEFAULT 0,
    moved_at  timestamptz,
    PRIMARY KEY (agency_id, reader)
);
CALL isolate('event_reader');

-- Every look at a person: who, when, which (the patron's id), why (the operation).
CREATE TABLE access_log (
    agency_id integer     NOT NULL,
    at        timestamptz NOT NULL,
    actor     text        NOT NULL,
    person_id bigint      NOT NULL,
    operation text        NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX access_log_person ON access_log (agency_id, person_id, at);
-- Whom somebody looked at: a municipality's check of its own staff.
CREATE INDEX access_log_actor ON access_log (agency_id, actor, at);
CALL isolate('access_log');
CALL make_append_only('access_log');
CREATE TABLE access_log_default PARTITION OF access_log DEFAULT;

-- Creates this month's and the coming months' partitions of a table that is partitioned by month. What the default
-- partition took meanwhile moves into its month first: PostgreSQL refuses a partition whose rows lie elsewhere.
CREATE PROCEDURE ensure_month_partitions(parent regclass, ahead integer) LANGUAGE plpgsql AS $$
DECLARE
    fallback regclass := (SELECT partdefid FROM pg_partitioned_table WHERE partrelid = parent);
    month    date;
    part     text;
BEGIN
    FOR month IN
        SELECT generate_series(date_trunc('month', now()), date_trunc('month', now()) + make_interval(months => ahead),
                               interval '1 month')::date
    LOOP
        part := format('%s_%s', parent::text, to_char(month, 'YYYY_MM'));
        IF to_regclass('faelles.' || part) IS NULL THEN
            -- Closed to writers until the month is attached, so that none of its rows comes in behind our back.
            EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', fallback);
            EXECUTE format('CREATE TABLE faelles.%I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
            EXECUTE format('WITH moved AS (DELETE FROM %s WHERE at >= %L AND at < %L RETURNING *) '
                           'INSERT INTO faelles.%I SELECT * FROM moved',
                           fallback, month, month + interval '1 month', part);
            EXECUTE format('ALTER TABLE %s ATTACH PARTITION faelles.%I FOR VALUES FROM (%L) TO (%L)',
                           parent, part, month, (month + interval '1 month')::date);
        END IF;
    END LOOP;
END
$$;

-- The answer to a request that changed something, kept so that the same request again gets the same answer.
CREATE TABLE idempotency (
    agency_id   integer     NOT NULL,
    client      text        NOT NULL,
    operation   text        NOT NULL,
    key         text        NOT NULL,
    fingerprint bytea       NOT NULL,
    answer      jsonb       NOT NULL,
    answered_at timestamptz NOT NULL,
    CONSTRAINT idempotency_key_reused PRIMARY KEY (agency_id, client, operation, key)
);
CALL isolate('idempotency');

-- Another whenever rules, groups, calendars or branches of an agency (0: the nation) change. Whatever is compiled from them
-- is kept under this number, which every decision reads in its own transaction. Drawn and not counted: after a restore, or
-- in another database, the same count would stand for other rules, and a program that is still running would take it for the
-- one it knows.
CREATE TABLE settings_revision (
    agency_id integer PRIMARY KEY,
    number    bigint NOT NULL DEFAULT (random() * 9007199254740991)::bigint
);
INSERT INTO settings_revision (agency_id) VALUES (0);
CALL isolate_directory('settings_revision');

-- Once for each statement and agency, not for each row: a row updated thousands of times in one transaction grows slow.
CREATE FUNCTION bump_settings_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO settings_revision (agency_id) SELECT DISTINCT agency_id FROM changed ORDER BY agency_id
        ON CONFLICT (agency_id) DO UPDATE SET number = EXCLUDED.number;
    RETURN NULL;
END
$$;

CREATE PROCEDURE revise_settings_on_change(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER revise_settings_on_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS changed '
                   'FOR EACH STATEMENT EXECUTE FUNCTION bump_settings_revision()', target);
    EXECUTE format('CREATE TRIGGER revise_settings_on_update AFTER UPDATE ON %s REFERENCING NEW TABLE AS changed '
                   'FOR EACH STATEMENT EXECUTE FUNCTION bump_settings_revision()', target);
    EXECUTE format('CREATE TRIGGER revise_settings_on_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS changed '
                   'FOR EACH STATEMENT EXECUTE FUNCTION bump_settings_revision()', target);
END
$$;
