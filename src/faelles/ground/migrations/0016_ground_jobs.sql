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
