-- What a self-check tells of a patron who has any of it, in the shapes of circulation/self_service/model.py, and null for
-- nothing. Apart from the one question about everybody: a look-up costs as much to get ready as to make.

CREATE FUNCTION why_identifier_ended(in_agency integer, in_lookups text[]) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT i.ended_why
              FROM borrower_identifier AS i
             WHERE i.agency_id = in_agency AND i.lookup = ANY (in_lookups) AND i.ended_at IS NOT NULL
             ORDER BY i.ended_at DESC
             LIMIT 1);
END
$$;

CREATE FUNCTION claims_told(in_agency integer, in_patron bigint, in_division integer) RETURNS json
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT json_agg(json_build_array(f.charge_id, f.kind, f.step, f.outstanding_ore) ORDER BY f.charge_id)
              FROM open_claim AS f
             WHERE f.agency_id = in_agency AND f.patron_id = in_patron AND f.division_id = in_division
               AND f.outstanding_ore > 0);
END
$$;

-- Which copy a hold tells of is worked out with the hold: as a condition on the copy, COALESCE would keep PostgreSQL from
-- looking it up by its key under a row policy, and all copies of the agency would be read for each hold.
CREATE FUNCTION holds_told(in_agency integer, in_patron bigint, in_division integer) RETURNS json
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT json_agg(json_build_array(
                       h.id, h.state, t.title,
                       COALESCE(c.number, (SELECT min(o.number) FROM copy AS o
                                            WHERE o.agency_id = in_agency AND o.record_id = h.record_id
                                              AND o.withdrawn_at IS NULL
                                              AND (h.issue_id IS NULL OR o.issue_id = h.issue_id))))
                       ORDER BY h.state <> 'ready', h.id)
              FROM (SELECT hold_id FROM hold_patron
                     WHERE agency_id = in_agency AND patron_id = in_patron AND is_open OFFSET 0) AS p
             CROSS JOIN LATERAL (
                       SELECT *, CASE WHEN state = 'matched' THEN wanted_item_id
                                      ELSE COALESCE(item_id, wanted_item_id) END AS told_item_id
                         FROM hold WHERE agency_id = in_agency AND id = p.hold_id OFFSET 0) AS h
              JOIN title AS t ON t.record_id = h.record_id
              LEFT JOIN copy AS c ON c.agency_id = in_agency AND c.item_id = h.told_item_id
             WHERE h.division_id = in_division);
END
$$;
