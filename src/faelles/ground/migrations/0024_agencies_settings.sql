-- Agencies: what a division tells the programs that serve its patrons (web sites, apps, kiosks), by keys that the program
-- knows. Values are texts; a list has several. What is not set is as the program has it.
CREATE TABLE division_setting (
    agency_id   integer NOT NULL,
    division_id integer NOT NULL,
    key         text    NOT NULL,
    setting     text[]  NOT NULL,
    PRIMARY KEY (agency_id, division_id, key),
    FOREIGN KEY (agency_id, division_id) REFERENCES division
);
CALL isolate('division_setting');
