"""What a patron owes, with the copies it is for."""

from circulation.lending_library import LendingLibrary
from circulation.test_renewal import signed_in
from faelles.circulation.claimed.model import OwnClaim
from faelles.circulation.claimed.operations import own_claims_asked_for
from faelles.fees.desk.model import ClaimLine
from faelles.fees.desk.operations import claims
from faelles.ground.database import Transaction


async def test_own_claims_and_those_one_is_liable_for_are_each_shown_once(library: LendingLibrary):
    child, parent = await library.reader(), await library.reader()
    items = [await library.copy(), await library.copy()]
    for reader, item in zip((child, parent), items, strict=True):
        await library.lend(reader, item)
        await library.lose(item)
    liable = """
    UPDATE charge_party AS y SET liable_id = $2
      FROM charge AS c
      JOIN patron_account AS a ON a.agency_id = $1 AND a.account_id = c.account_id
     WHERE y.agency_id = $1 AND c.agency_id = $1 AND c.id = y.charge_id AND a.patron_id = $3
    """
    await library.run(lambda tx: tx.execute(liable, tx.agency, parent.id, child.id))
    caller = signed_in(library, parent)

    async def both(tx: Transaction) -> tuple[tuple[OwnClaim, ...], list[ClaimLine]]:
        asked = own_claims_asked_for(tx, caller, only_open=True, limit=50)
        return (await tx.ask(asked)).claims, await claims(tx, caller, parent.id, only_open=True, before=None, limit=50)

    own, lines = await library.run(both)
    assert [(each.charge, each.for_patron, each.outstanding_ore) for each in own] == [
        (line.charge, line.for_patron, line.outstanding_ore) for line in lines
    ]
    assert {each.for_patron for each in own} == {child.id, parent.id}
    assert {copy.item_number for each in own for copy in each.copies} == set(items)
