-- Scheduled work: one row for each job, agency and day. Claiming is inserting it, or taking it over when its holder is silent.

-- cursor: where to go on, as the job's last slice left it. claimed_until: when others may take over; also when to try again.
CREATE TABLE job_run (
    agency_id     integer     NOT NULL,
    job           text        NOT NULL,
    day           date        NOT NULL,
    claimed_by    text        NOT NULL,
    claimed_until timestamptz NOT NULL,
    attempts      integer     NOT NULL DEFAULT 1,
    cursor        text,
    counts        jsonb       NOT NULL DEFAULT '{}',
    failure       text,
    started_at    timestamptz NOT NULL,
    finished_at   timestamptz,
    PRIMARY KEY (agency_id, job, day)
);
CALL isolate('job_run');

-- Of `agencies`, those with events that `wanted` has not read: one question for a worker that serves them all. Events of
-- transactions still running count too; the reader itself leaves them for later.
GRANT SELECT (agency_id, epoch, xid, id) ON event TO faelles_lookup;
GRANT SELECT (agency_id, reader, epoch, xid, event_id) ON event_reader TO faelles_lookup;
CREATE POLICY lookup_unread ON event FOR SELECT TO faelles_lookup USING (true);
CREATE POLICY lookup_unread ON event_reader FOR SELECT TO faelles_lookup USING (true);
CREATE FUNCTION agencies_with_unread_events(wanted text, agencies integer[]) RETURNS SETOF integer
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = faelles, pg_temp
BEGIN ATOMIC
    SELECT a.agency_id
      FROM unnest(agencies) AS a (agency_id)
      LEFT JOIN event_reader AS r ON r.agency_id = a.agency_id AND r.reader = wanted
     WHERE EXISTS (SELECT FROM event AS e
                    WHERE e.agency_id = a.agency_id
                      AND (e.epoch, e.xid, e.id)
                        > (COALESCE(r.epoch, 0), COALESCE(r.xid, '0'::xid8), COALESCE(r.event_id, 0)));
END;
ALTER FUNCTION agencies_with_unread_events OWNER TO faelles_lookup;
REVOKE ALL ON FUNCTION agencies_with_unread_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION agencies_with_unread_events TO faelles_app;
