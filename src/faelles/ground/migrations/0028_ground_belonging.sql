-- What a process asks a database before it lets anybody in: are these your keys, and were you brought here from elsewhere?

-- What each master key makes of a word that everybody knows (`Keyring.marks`). Found again, the key is the same; the key cannot
-- be found from it. Whoever must go on without a lost key deletes its row, as faelles_owner.
CREATE TABLE master_key_mark (
    number   integer     PRIMARY KEY CHECK (number BETWEEN 1 AND 255),
    mark     bytea       NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON master_key_mark TO faelles_app;

-- Whether there are events of the current epoch from transactions that this server has not come to yet: they were made on
-- another one. One look into the index for each agency; the whole log would take minutes.
GRANT SELECT (agency_id) ON agency TO faelles_lookup;
GRANT SELECT ON event_epoch TO faelles_lookup;
CREATE FUNCTION has_events_to_come() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = faelles, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (SELECT
                     FROM agency AS a
                    WHERE EXISTS (SELECT FROM event AS e
                                   WHERE e.agency_id = a.agency_id
                                     AND e.epoch = current_epoch()
                                     AND e.xid >= pg_snapshot_xmax(pg_current_snapshot())));
END;
ALTER FUNCTION has_events_to_come OWNER TO faelles_lookup;
REVOKE ALL ON FUNCTION has_events_to_come FROM PUBLIC;
GRANT EXECUTE ON FUNCTION has_events_to_come TO faelles_app, faelles_owner;
