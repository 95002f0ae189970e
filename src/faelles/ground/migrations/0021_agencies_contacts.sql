-- Agencies: how a branch is reached by those who use it. What is not known is null.
CREATE TABLE branch_contact (
    agency_id   integer NOT NULL,
    branch_id   integer NOT NULL,
    street      text,
    postal_code text,
    city        text,
    phone       text,
    email       text,
    website     text,
    PRIMARY KEY (agency_id, branch_id),
    FOREIGN KEY (agency_id, branch_id) REFERENCES branch
);
CALL isolate('branch_contact');
