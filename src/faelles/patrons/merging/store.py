"""SQL that moves everything of one patron to another. Where both have something that can be had only once, the real
patron's stands and the temporary one's goes.
"""

from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import PatronId

# One person has one CPR number: the real patron's. The temporary one's stays found as history.
_END_CPR = """
UPDATE patron_identifier SET ended_at = $4, ended_why = 'merged'
 WHERE agency_id = $1 AND patron_id = $2 AND kind = 'cpr' AND ended_at IS NULL
   AND EXISTS (SELECT FROM patron_identifier
                WHERE agency_id = $1 AND patron_id = $3 AND kind = 'cpr' AND ended_at IS NULL)
"""

_MOVE_IDENTIFIERS = "UPDATE patron_identifier SET patron_id = $3 WHERE agency_id = $1 AND patron_id = $2"

_MOVE_BLOCKS = "UPDATE patron_block SET patron_id = $3 WHERE agency_id = $1 AND patron_id = $2"

# Periods of the temporary patron, less the days the real one has already.
_MOVE_MEMBERSHIPS = """
WITH gone AS (DELETE FROM membership WHERE agency_id = $1 AND patron_id = $2
              RETURNING division_id, role, patron_group_id, valid)
INSERT INTO membership (agency_id, patron_id, division_id, role, patron_group_id, valid)
SELECT $1, $3, g.division_id, g.role, g.patron_group_id, part
  FROM gone AS g,
       unnest(datemultirange(g.valid) - COALESCE((SELECT range_agg(m.valid) FROM membership AS m
                                                   WHERE m.agency_id = $1 AND m.patron_id = $3
                                                     AND m.division_id = g.division_id), '{}')) AS part
"""

_MOVE_GUARDIANS = """
WITH gone AS (DELETE FROM guardian WHERE agency_id = $1 AND patron_id = $2
              RETURNING guardian_id, is_financially_responsible, valid)
INSERT INTO guardian (agency_id, patron_id, guardian_id, is_financially_responsible, valid)
SELECT $1, $3, g.guardian_id, g.is_financially_responsible, part
  FROM gone AS g,
       unnest(datemultirange(g.valid) - COALESCE((SELECT range_agg(k.valid) FROM guardian AS k
                                                   WHERE k.agency_id = $1 AND k.patron_id = $3
                                                     AND k.guardian_id = g.guardian_id), '{}')) AS part
 WHERE g.guardian_id <> $3
"""

_MOVE_WARDS = """
WITH gone AS (DELETE FROM guardian WHERE agency_id = $1 AND guardian_id = $2
              RETURNING patron_id, is_financially_responsible, valid)
INSERT INTO guardian (agency_id, patron_id, guardian_id, is_financially_responsible, valid)
SELECT $1, g.patron_id, $3, g.is_financially_responsible, part
  FROM gone AS g,
       unnest(datemultirange(g.valid) - COALESCE((SELECT range_agg(k.valid) FROM guardian AS k
                                                   WHERE k.agency_id = $1 AND k.patron_id = g.patron_id
                                                     AND k.guardian_id = $3), '{}')) AS part
 WHERE g.patron_id <> $3
"""

_MOVE_CLASSES = """
WITH gone AS (DELETE FROM class_member WHERE agency_id = $1 AND patron_id = $2 RETURNING class_id, role, valid)
INSERT INTO class_member (agency_id, class_id, patron_id, role, valid)
SELECT $1, g.class_id, $3, g.role, part
  FROM gone AS g,
       unnest(datemultirange(g.valid) - COALESCE((SELECT range_agg(m.valid) FROM class_member AS m
                                                   WHERE m.agency_id = $1 AND m.patron_id = $3
                                                     AND m.class_id = g.class_id), '{}')) AS part
"""

_MOVE_ABSENCES = """
WITH gone AS (DELETE FROM absence WHERE agency_id = $1 AND patron_id = $2 RETURNING period)
INSERT INTO absence (agency_id, patron_id, period)
SELECT $1, $3, part
  FROM gone AS g,
       unnest(datemultirange(g.period) - COALESCE((SELECT range_agg(a.period) FROM absence AS a
                                                    WHERE a.agency_id = $1 AND a.patron_id = $3), '{}')) AS part
"""

_MOVE_ADDRESSES = """
WITH gone AS (DELETE FROM patron_reach WHERE agency_id = $1 AND patron_id = $2
              RETURNING kind, value, place, takes_notices, verified_at)
INSERT INTO patron_reach (agency_id, patron_id, kind, value, place, takes_notices, verified_at)
SELECT $1, $3, kind, value, place + 100, takes_notices, verified_at FROM gone
    ON CONFLICT DO NOTHING
"""

_MOVE_PROFILE = """
WITH gone AS (DELETE FROM patron_profile WHERE agency_id = $1 AND patron_id = $2
              RETURNING takes_post, guardian_sees, contact_person, isil, interests, protocols, tags, message,
                        other_address)
INSERT INTO patron_profile (agency_id, patron_id, takes_post, guardian_sees, contact_person, isil, interests, protocols,
                            tags, message, other_address)
SELECT $1, $3, takes_post, guardian_sees, contact_person, isil, interests, protocols, tags, message, other_address
  FROM gone
    ON CONFLICT DO NOTHING
"""

_MOVE_REGISTER = """
WITH gone AS (DELETE FROM register_record WHERE agency_id = $1 AND patron_id = $2 RETURNING name_said, asked_at)
INSERT INTO register_record (agency_id, patron_id, name_said, asked_at)
SELECT $1, $3, name_said, asked_at FROM gone
    ON CONFLICT DO NOTHING
"""

# Lists of the temporary patron come after the real one's.
_COPY_LISTS = """
INSERT INTO favourite_list (agency_id, patron_id, place, name)
SELECT $1, $3, 100 + l.place, l.name FROM favourite_list AS l WHERE l.agency_id = $1 AND l.patron_id = $2
"""

_MOVE_FAVOURITES = """
UPDATE favourite SET patron_id = $3, list_place = 100 + list_place WHERE agency_id = $1 AND patron_id = $2
"""

_DROP_LISTS = "DELETE FROM favourite_list WHERE agency_id = $1 AND patron_id = $2 AND $3::bigint IS NOT NULL"

_DROP_LINKS = "DELETE FROM patron_link WHERE agency_id = $1 AND patron_id = $2 AND $3::bigint IS NOT NULL"

_MOVES = (
    _MOVE_IDENTIFIERS,
    _MOVE_BLOCKS,
    _MOVE_MEMBERSHIPS,
    _MOVE_GUARDIANS,
    _MOVE_WARDS,
    _MOVE_CLASSES,
    _MOVE_ABSENCES,
    _MOVE_ADDRESSES,
    _MOVE_PROFILE,
    _MOVE_REGISTER,
    _COPY_LISTS,
    _MOVE_FAVOURITES,
    _DROP_LISTS,
    _DROP_LINKS,
)

# What the real patron lacks is taken over; protection of the address holds if either had it.
_COMPLETE = """
UPDATE patron AS r
   SET birth_date = COALESCE(r.birth_date, t.birth_date), pin_hash = COALESCE(r.pin_hash, t.pin_hash),
       address_protected = r.address_protected OR t.address_protected,
       street = CASE WHEN r.street IS NULL AND r.city IS NULL THEN t.street ELSE r.street END,
       postal_code = CASE WHEN r.street IS NULL AND r.city IS NULL THEN t.postal_code ELSE r.postal_code END,
       city = CASE WHEN r.street IS NULL AND r.city IS NULL THEN t.city ELSE r.city END,
       email = COALESCE(r.email, t.email), phone = COALESCE(r.phone, t.phone),
       note = NULLIF(concat_ws(E'\\n', r.note, t.note), ''), version = r.version + 1
  FROM patron AS t
 WHERE r.agency_id = $1 AND r.id = $3 AND t.agency_id = $1 AND t.id = $2
"""

# The temporary record stays as a signpost, with nothing personal but its name.
_RETIRE = """
UPDATE patron
   SET merged_into_id = $3, birth_date = NULL, street = NULL, postal_code = NULL, city = NULL, country = NULL,
       email = NULL, phone = NULL, pin_hash = NULL, note = NULL, keeps_history = false, version = version + 1
 WHERE agency_id = $1 AND id = $2
"""

_REDIRECT = "UPDATE patron SET merged_into_id = $3 WHERE agency_id = $1 AND merged_into_id = $2"


async def move_everything(tx: Transaction, temporary: PatronId, real: PatronId) -> None:
    await tx.execute(_END_CPR, tx.agency, temporary, real, tx.now)
    for move in _MOVES:
        await tx.execute(move, tx.agency, temporary, real)


async def retire(tx: Transaction, temporary: PatronId, real: PatronId) -> None:
    """Complete the real patron from the temporary one, and leave a signpost. Earlier signposts are turned along."""
    await tx.execute(_COMPLETE, tx.agency, temporary, real)
    await tx.execute(_RETIRE, tx.agency, temporary, real)
    await tx.execute(_REDIRECT, tx.agency, temporary, real)
