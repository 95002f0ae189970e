"""Finding titles for somebody at the desk."""

from faelles.catalog.facets.operations import MOST_MATCHES, matches, records_in_order
from faelles.circulation.finding import rules, store
from faelles.circulation.finding.model import FindTitles, TitleFound, TitlesFound
from faelles.ground.database import Transaction
from faelles.people.model import Caller, Permission


async def find_titles(tx: Transaction, caller: Caller, asked: FindTitles) -> TitlesFound:
    """What has all the words and everything else that is asked, best first, with what it could be narrowed by."""
    caller.require(Permission.CATALOG_VIEW)
    everything = await matches(tx, caller, asked.words)
    standing = await store.standing(tx, [each.record for each in everything])
    found = rules.fitting(everything, asked, standing)
    page = found[asked.skip : asked.skip + asked.limit]
    records = await records_in_order(tx, caller, [each.record for each in page])
    return TitlesFound(
        titles=tuple(
            TitleFound(
                record=record,
                copies=standing[record.id].copies if record.id in standing else 0,
                there=standing[record.id].there if record.id in standing else (),
            )
            for record in records
        ),
        total=len(found),
        is_all=len(everything) < MOST_MATCHES,
        facets=rules.facets(found, standing),
        next_skip=asked.skip + asked.limit if len(found) > asked.skip + asked.limit else None,
    )
