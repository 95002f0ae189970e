-- The yardstick: a check-out as somebody who knows SQL would write it in the database. It reads and writes what ours
-- reads and writes, takes the same locks in the same order, under the same role and row policies, in one call. It
-- reads plain columns into variables and decides little: no rules resolved, no PIN compared, no list of blocks.
CREATE FUNCTION bench.checkout(in_agency integer, in_card text, in_number text, in_key text) RETURNS bigint
    LANGUAGE plpgsql AS $$
DECLARE
    moment        timestamptz := now();
    today         date := current_date;
    who           patron_identifier.patron_id%TYPE;
    copy_id       item.id%TYPE;
    person        patron;
    thing         item;
    book          record;
    spot          item_circulation;
    failures      integer;
    locked_until  timestamptz;
    own_revision  bigint;
    all_revision  bigint;
    known_print   bytea;
    known_answer  jsonb;
    group_id      integer;
    is_blocked    boolean;
    owed_ore      bigint;
    excluded_on   date;
    guardian      bigint;
    open_loans    integer;
    overdue_loans integer;
    parts         text[];
    notes         text[];
    lent_to       bigint;
    bound_hold    bigint;
    own_hold      bigint;
    shelf_number  integer;
    in_division   integer;
    loan_id       bigint;
BEGIN
    PERFORM set_config('faelles.agency', in_agency::text, true), set_config('faelles.actor', 'staff:1', true);

    SELECT i.id INTO copy_id FROM item AS i WHERE i.agency_id = in_agency AND i.number = in_number;
    SELECT i.patron_id INTO who FROM patron_identifier AS i
     WHERE i.agency_id = in_agency AND i.lookup = in_card AND i.ended_at IS NULL;
    SELECT * INTO person FROM patron AS p WHERE p.agency_id = in_agency AND p.id = who FOR NO KEY UPDATE;
    SELECT * INTO spot FROM item_circulation AS c WHERE c.agency_id = in_agency AND c.item_id = copy_id FOR NO KEY UPDATE;

    SELECT own.number, nation.number INTO own_revision, all_revision
      FROM settings_revision AS own JOIN settings_revision AS nation ON nation.agency_id = 0
     WHERE own.agency_id = in_agency;
    SELECT k.fingerprint, k.answer INTO known_print, known_answer FROM idempotency AS k
     WHERE k.agency_id = in_agency AND k.client = 'staff:1' AND k.operation = 'checkout' AND k.key = in_key;
    SELECT f.failures, f.locked_until INTO failures, locked_until FROM failed_sign_in AS f
     WHERE f.agency_id = in_agency AND f.identifier_hash = sha256(in_card::bytea);

    SELECT * INTO thing FROM item AS i WHERE i.agency_id = in_agency AND i.id = copy_id;
    SELECT * INTO book FROM record AS r WHERE r.id = thing.record_id;
    SELECT array_agg(p.description ORDER BY p.number) INTO parts FROM item_part AS p
     WHERE p.agency_id = in_agency AND p.item_id = copy_id;
    SELECT array_agg(n.text ORDER BY n.id) INTO notes FROM item_note AS n
     WHERE n.agency_id = in_agency AND n.item_id = copy_id AND n.dismissed_at IS NULL;
    SELECT b.patron_id INTO lent_to
      FROM loan AS l JOIN loan_borrower AS b ON b.agency_id = l.agency_id AND b.loan_id = l.id AND b.role = 'primary'
     WHERE l.agency_id = in_agency AND l.item_agency_id = in_agency AND l.item_id = copy_id AND l.closed_at IS NULL;

    SELECT h.id INTO bound_hold FROM hold AS h
     WHERE h.agency_id = in_agency AND h.item_id = copy_id AND h.closed_at IS NULL;
    SELECT p.hold_id INTO own_hold FROM hold_patron AS p
     WHERE p.agency_id = in_agency AND p.patron_id = who AND p.record_id = thing.record_id AND p.is_open LIMIT 1;
    SELECT s.number INTO shelf_number FROM shelf_place AS s
     WHERE s.agency_id = in_agency AND s.item_id = copy_id AND s.emptied_at IS NULL;

    SELECT m.division_id, m.patron_group_id INTO in_division, group_id FROM membership AS m
     WHERE m.agency_id = in_agency AND m.patron_id = who AND m.valid @> today LIMIT 1;
    SELECT count(*) > 0 INTO is_blocked FROM patron_block AS b
     WHERE b.agency_id = in_agency AND b.patron_id = who AND b.lifted_at IS NULL
       AND b.starts_on <= today AND (b.ends_on IS NULL OR b.ends_on >= today);
    SELECT COALESCE(sum(e.amount_ore), 0) INTO owed_ore
      FROM patron_account AS a JOIN ledger_entry AS e ON e.agency_id = a.agency_id AND e.account_id = a.account_id
     WHERE a.agency_id = in_agency AND a.patron_id = who;
    SELECT min(n.excludes_on) INTO excluded_on
      FROM patron_account AS a
      JOIN exclusion_notice AS n ON n.agency_id = a.agency_id AND n.account_id = a.account_id
     WHERE a.agency_id = in_agency AND a.patron_id = who;
    SELECT g.guardian_id INTO guardian FROM guardian AS g
     WHERE g.agency_id = in_agency AND g.patron_id = who AND g.is_financially_responsible AND g.valid @> today LIMIT 1;
    SELECT count(*), count(*) FILTER (WHERE l.due_on < today AND l.claimed_returned_at IS NULL AND l.lost_at IS NULL)
      INTO open_loans, overdue_loans
      FROM loan_borrower AS b JOIN loan AS l ON l.agency_id = b.agency_id AND l.id = b.loan_id
     WHERE b.agency_id = in_agency AND b.patron_id = who AND b.role = 'primary' AND l.closed_at IS NULL;

    IF known_answer IS NOT NULL OR lent_to IS NOT NULL OR is_blocked OR locked_until > moment OR owed_ore > 20000
       OR open_loans >= 100 OR bound_hold IS NOT NULL OR excluded_on <= today OR thing.not_for_loan IS NOT NULL
       OR thing.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'refused: % %', in_card, in_number;
    END IF;

    INSERT INTO loan (agency_id, item_agency_id, item_id, record_id, division_id, material_group_id, patron_group_id,
                      kind, branch_id, lent_at, lent_on, due_on)
    VALUES (in_agency, in_agency, copy_id, thing.record_id, in_division, thing.material_group_id, group_id,
            'loan', thing.owner_branch_id, moment, today, today + 28)
    RETURNING id INTO loan_id;
    INSERT INTO loan_borrower (agency_id, loan_id, patron_id, role) VALUES (in_agency, loan_id, who, 'primary');
    UPDATE item_circulation SET state = 'on_loan', seen_branch_id = thing.owner_branch_id, seen_at = moment
     WHERE agency_id = in_agency AND item_id = copy_id;
    UPDATE journey SET ended_at = moment, ended_how = 'lent'
     WHERE agency_id = in_agency AND item_id = copy_id AND ended_at IS NULL;
    INSERT INTO event (agency_id, at, actor, kind, loan_id, item_id, dimensions)
    VALUES (in_agency, moment, 'staff:1', 'loan.opened', loan_id, copy_id, jsonb_build_object(
            'branch', thing.owner_branch_id, 'division', in_division, 'owner_branch', thing.owner_branch_id,
            'record', thing.record_id, 'material_type', book.material_type, 'material_group', thing.material_group_id,
            'classification', book.classification, 'patron_group', group_id, 'age_band', '25-39'));
    INSERT INTO access_log (agency_id, at, actor, person_id, operation)
    VALUES (in_agency, moment, 'staff:1', who, 'checkout');
    INSERT INTO idempotency (agency_id, client, operation, key, fingerprint, answer, answered_at)
    VALUES (in_agency, 'staff:1', 'checkout', in_key, sha256(in_key::bytea), jsonb_build_object(
            'outcome', 'lent', 'loan', loan_id, 'due_on', today + 28, 'renewals', 0, 'item', jsonb_build_object(
                'number', in_number, 'title', book.title, 'creators', book.creators,
                'material_type', book.material_type, 'notes', notes)), moment);
    RETURN loan_id;
END
$$;
GRANT USAGE ON SCHEMA bench TO faelles_app;
GRANT EXECUTE ON FUNCTION bench.checkout TO faelles_app;
