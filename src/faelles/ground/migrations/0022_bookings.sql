-- Bookings: so many copies of a title for a period to come, by whoever teaches with them.

-- state: kept as far as somebody said so; whether what was lent is back, the loans say.
CREATE SEQUENCE booking_number AS bigint START 10000000;
GRANT USAGE ON SEQUENCE booking_number TO faelles_app;
CREATE TABLE booking (
    agency_id          integer NOT NULL,
    id                 bigint  NOT NULL DEFAULT nextval('booking_number'),
    patron_id          bigint  NOT NULL,
    record_id          bigint  NOT NULL REFERENCES record,
    division_id        integer NOT NULL,
    from_branch_id     integer NOT NULL,
    delivery_branch_id integer NOT NULL,
    patron_group_id    bigint,
    first_day          date    NOT NULL,
    last_day           date    NOT NULL CHECK (last_day >= first_day),
    wanted             integer NOT NULL CHECK (wanted > 0),
    minimum            integer NOT NULL CHECK (minimum BETWEEN 1 AND wanted),
    forwards           boolean NOT NULL DEFAULT false,
    note               text,
    state              text    NOT NULL DEFAULT 'booked' CHECK (state IN ('booked', 'lent', 'cancelled')),
    version            integer NOT NULL DEFAULT 1,
    booked_at          timestamptz NOT NULL,
    booked_by          text    NOT NULL,
    PRIMARY KEY (agency_id, id),
    FOREIGN KEY (agency_id, patron_id) REFERENCES patron,
    FOREIGN KEY (agency_id, division_id) REFERENCES division,
    FOREIGN KEY (agency_id, from_branch_id) REFERENCES branch,
    FOREIGN KEY (agency_id, delivery_branch_id) REFERENCES branch
);
CREATE INDEX booking_patron ON booking (agency_id, patron_id, id);
CREATE INDEX booking_record ON booking (agency_id, record_id, last_day) WHERE state <> 'cancelled';
CREATE INDEX booking_start ON booking (agency_id, from_branch_id, first_day) WHERE state = 'booked';
CALL isolate('booking');

-- A copy that is kept for a booking. busy: the period, with the days to bring it and to take it back. One booking has a copy
-- at a time, whatever two desks do at once.
CREATE TABLE booking_item (
    agency_id  integer   NOT NULL,
    booking_id bigint    NOT NULL,
    item_id    bigint    NOT NULL,
    busy       daterange NOT NULL,
    loan_id    bigint,
    PRIMARY KEY (agency_id, booking_id, item_id),
    FOREIGN KEY (agency_id, booking_id) REFERENCES booking,
    FOREIGN KEY (agency_id, item_id) REFERENCES item,
    FOREIGN KEY (agency_id, loan_id) REFERENCES loan,
    CONSTRAINT item_booked_once EXCLUDE USING gist (agency_id WITH =, item_id WITH =, busy WITH &&)
);
CREATE INDEX booking_item_item ON booking_item (agency_id, item_id);
CREATE INDEX booking_item_loan ON booking_item (agency_id, loan_id) WHERE loan_id IS NOT NULL;
CALL isolate('booking_item');

-- So many of what is counted and not numbered. Whoever books a title holds its lock, so the sum cannot grow over the stock.
CREATE TABLE booking_stock (
    agency_id  integer   NOT NULL,
    booking_id bigint    NOT NULL,
    stock_id   integer   NOT NULL,
    quantity   integer   NOT NULL CHECK (quantity > 0),
    busy       daterange NOT NULL,
    PRIMARY KEY (agency_id, booking_id, stock_id),
    FOREIGN KEY (agency_id, booking_id) REFERENCES booking,
    FOREIGN KEY (agency_id, stock_id) REFERENCES stock
);
CREATE INDEX booking_stock_stock ON booking_stock (agency_id, stock_id);
CALL isolate('booking_stock');

-- What other rooms read: which copies are kept for whom, and when.
CREATE VIEW booked_copy WITH (security_invoker = true) AS
    SELECT i.agency_id, i.item_id, i.booking_id, i.busy, b.patron_id, b.first_day, b.last_day, b.delivery_branch_id
      FROM booking_item AS i
      JOIN booking AS b ON b.agency_id = i.agency_id AND b.id = i.booking_id
     WHERE i.loan_id IS NULL;
GRANT SELECT ON booked_copy TO faelles_app;

-- What is said about bookings, and to whom.
CREATE VIEW booking_told WITH (security_invoker = true) AS
    SELECT b.agency_id, b.id AS booking_id, b.patron_id, b.division_id, b.record_id, b.delivery_branch_id, b.first_day,
           b.last_day, b.state = 'cancelled' AS is_cancelled,
           (SELECT count(*) FROM booking_item AS i WHERE i.agency_id = b.agency_id AND i.booking_id = b.id)
           + (SELECT COALESCE(sum(s.quantity), 0) FROM booking_stock AS s
               WHERE s.agency_id = b.agency_id AND s.booking_id = b.id) AS copies
      FROM booking AS b;
GRANT SELECT ON booking_told TO faelles_app;

-- What of this is kept of people, in the shape that privacy reads (0019), and what keeps somebody from being erased.
CREATE VIEW kept_by_bookings WITH (security_invoker = true) AS
    SELECT b.agency_id, 'bookings' AS entry, 'booking' AS part, b.patron_id AS person_id,
           (b.last_day + 1)::timestamp AT TIME ZONE 'UTC' AS counted_from,
           jsonb_build_object('booking', b.id, 'title', t.title, 'from', b.first_day, 'until', b.last_day,
                              'wanted', b.wanted, 'note', b.note, 'state', b.state, 'booked_at', b.booked_at) AS content
      FROM booking AS b
      JOIN record AS t ON t.id = b.record_id;
CREATE VIEW booking_tie WITH (security_invoker = true) AS
    SELECT agency_id, patron_id, 'open_booking' AS why
      FROM booking
     WHERE state <> 'cancelled' AND last_day >= CURRENT_DATE;
GRANT SELECT ON kept_by_bookings, booking_tie TO faelles_app;
