-- Interlibrary requests: what our patrons want from other libraries, and what other libraries want from us.

-- direction: borrowing, a patron of ours waits for another library's copy, which is a placeholder item here; lending, another
-- library (a patron of ours as well) waits in our queue. The partner is a library by its ISIL. What was asked for stands
-- here in words, for it may be nothing that we know.
CREATE SEQUENCE interlibrary_number AS bigint START 10000000;
GRANT USAGE ON SEQUENCE interlibrary_number TO faelles_app;
CREATE TABLE interlibrary_request (
    agency_id         integer NOT NULL,
    id                bigint  NOT NULL DEFAULT nextval('interlibrary_number'),
    direction         text    NOT NULL CHECK (direction IN ('borrowing', 'lending')),
    patron_id         bigint  NOT NULL,
    division_id       integer NOT NULL,
    branch_id         integer NOT NULL,
    record_id         bigint  REFERENCES record,
    title             text    NOT NULL CHECK (title <> ''),
    creator           text,
    publication_year  text,
    identifier        text,
    periodical_year   text,
    periodical_volume text,
    periodical_number text,
    note              text,
    state             text    NOT NULL DEFAULT 'requested' CHECK (state IN (
        'requested', 'ordered', 'received', 'lent', 'returned', 'closed', 'denied', 'cancelled')),
    partner_isil      text,
    end_user          bytea,
    item_id           bigint,
    loan_id           bigint,
    hold_id           bigint,
    denied_why        text,
    requested_at      timestamptz NOT NULL,
    changed_at        timestamptz NOT NULL,
    PRIMARY KEY (agency_id, id),
    FOREIGN KEY (agency_id, patron_id) REFERENCES patron,
    FOREIGN KEY (agency_id, division_id) REFERENCES division,
    FOREIGN KEY (agency_id, branch_id) REFERENCES branch,
    FOREIGN KEY (agency_id, item_id) REFERENCES item,
    FOREIGN KEY (agency_id, loan_id) REFERENCES loan,
    FOREIGN KEY (agency_id, hold_id) REFERENCES hold,
    CHECK ((state = 'denied') = (denied_why IS NOT NULL))
);
CREATE INDEX interlibrary_request_patron ON interlibrary_request (agency_id, patron_id, id);
CREATE INDEX interlibrary_request_open ON interlibrary_request (agency_id, division_id, id)
    WHERE state NOT IN ('closed', 'denied', 'cancelled');
CALL isolate('interlibrary_request');

-- Whom a copy of a title that we know is being got for elsewhere.
CREATE VIEW interlibrary_under_way WITH (security_invoker = true) AS
    SELECT agency_id, patron_id, record_id
      FROM interlibrary_request
     WHERE direction = 'borrowing' AND record_id IS NOT NULL AND state IN ('requested', 'ordered', 'received');
GRANT SELECT ON interlibrary_under_way TO faelles_app;

-- The system that orders are sent to, for the whole agency.
CREATE TABLE interlibrary_partner (
    agency_id integer     PRIMARY KEY REFERENCES agency,
    adapter   text        NOT NULL CHECK (adapter IN ('iso18626', 'built_in')),
    address   text,
    set_at    timestamptz NOT NULL,
    set_by    text        NOT NULL,
    CHECK ((adapter = 'iso18626') = (address IS NOT NULL))
);
CALL isolate('interlibrary_partner');

-- What of this is kept of people, in the shape that privacy reads (0019), and what keeps somebody from being erased.
CREATE VIEW kept_by_interlibrary WITH (security_invoker = true) AS
    SELECT agency_id, 'interlibrary' AS entry, 'interlibrary_request' AS part, patron_id AS person_id,
           CASE WHEN state IN ('closed', 'denied', 'cancelled') THEN changed_at END AS counted_from,
           jsonb_build_object('request', id, 'direction', direction, 'title', title, 'creator', creator, 'note', note,
                              'state', state, 'requested_at', requested_at, 'changed_at', changed_at) AS content
      FROM interlibrary_request;
CREATE VIEW interlibrary_tie WITH (security_invoker = true) AS
    SELECT agency_id, patron_id, 'open_hold' AS why
      FROM interlibrary_request
     WHERE state NOT IN ('closed', 'denied', 'cancelled');
GRANT SELECT ON kept_by_interlibrary, interlibrary_tie TO faelles_app;

-- What a patron awaits from other libraries, in the shape of interlibrary/model.py, by id; in_divisions NULL: of any.
CREATE FUNCTION awaited_requests(in_agency integer, in_patron bigint, in_divisions integer[]) RETURNS json
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT COALESCE(json_agg(json_build_object(
                   'id', r.id, 'division', r.division_id, 'branch', r.branch_id, 'state', r.state,
                   'requested_at', r.requested_at, 'known_as', t.identifier, 'material_type', t.material_type,
                   'wanted', json_build_object(
                       'title', r.title, 'record', r.record_id, 'creator', r.creator,
                       'publication_year', r.publication_year, 'identifier', r.identifier,
                       'periodical_year', r.periodical_year, 'periodical_volume', r.periodical_volume,
                       'periodical_number', r.periodical_number)) ORDER BY r.id), '[]')
          FROM interlibrary_request AS r
          LEFT JOIN title AS t ON t.record_id = r.record_id
         WHERE r.agency_id = in_agency AND r.patron_id = in_patron AND r.direction = 'borrowing'
           AND r.state IN ('requested', 'ordered', 'received')
           AND (in_divisions IS NULL OR r.division_id = ANY (in_divisions)));
END
$$;
