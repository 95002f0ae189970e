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

-- Where letters of a division come from, and go back to: its first branch whose address is known.
CREATE VIEW division_address WITH (security_invoker = true) AS
    SELECT DISTINCT ON (b.agency_id, b.division_id) b.agency_id, b.division_id, c.street, c.postal_code, c.city
      FROM branch AS b
      JOIN branch_contact AS c ON c.agency_id = b.agency_id AND c.branch_id = b.id
     WHERE c.street IS NOT NULL AND c.postal_code IS NOT NULL AND c.city IS NOT NULL
     ORDER BY b.agency_id, b.division_id, b.code;
GRANT SELECT ON division_address TO faelles_app;
