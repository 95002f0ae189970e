-- Newsletters: the system that an agency sends them with. Who reads them stands there, and nowhere here.
CREATE TABLE newsletter_provider (
    agency_id integer     PRIMARY KEY REFERENCES agency,
    adapter   text        NOT NULL CHECK (adapter IN ('http', 'built_in')),
    address   text,
    secret    bytea,
    set_at    timestamptz NOT NULL,
    set_by    text        NOT NULL,
    CHECK ((adapter = 'http') = (address IS NOT NULL) AND (adapter = 'http') = (secret IS NOT NULL))
);
CALL isolate('newsletter_provider');
