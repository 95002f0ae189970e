"""A patron's own loans: whether each may be renewed is told as a renewal would tell it."""

from datetime import date

import pytest

from circulation.lending_library import LendingLibrary, Reader
from circulation.test_renewal import signed_in
from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds.model import PlaceHold, Wish
from faelles.circulation.holds.operations import place_hold
from faelles.circulation.loans.model import RenewalRequest
from faelles.circulation.loans.operations import renew
from faelles.circulation.loans.renewal_rules import RenewalCase, find_blocks
from faelles.circulation.own import rules
from faelles.circulation.own.operations import loans_asked_for, own_loans
from faelles.ground.database import Transaction
from faelles.ground.ids import LoanId


async def told(library: LendingLibrary, reader: Reader) -> dict[LoanId, tuple[Block, ...] | None]:
    caller = signed_in(library, reader)

    async def work(tx: Transaction) -> dict[LoanId, tuple[Block, ...] | None]:
        at_home = await tx.ask(loans_asked_for(tx, caller))
        return {each.loan.id: each.refused for each in await own_loans(tx, caller, at_home, library.town.main)}

    return await library.run(work)


async def tried(library: LendingLibrary, reader: Reader) -> dict[LoanId, tuple[Block, ...]]:
    caller = signed_in(library, reader)
    request = RenewalRequest(branch=library.town.main, patron=reader.id, dry_run=True)
    answers = await library.run(lambda tx: renew(tx, caller, request))
    return {each.loan: each.blocks for each in answers}


async def test_each_loan_is_told_what_its_renewal_would_be(library: LendingLibrary, monkeypatch: pytest.MonkeyPatch):
    reader, other = await library.reader(), await library.reader()
    library.clock.turn_to(date(2027, 3, 1))
    wanted = await library.copy()
    lent = [await library.lend(reader, item) for item in (wanted, await library.copy("quick_loan"))]
    lent += [await library.lend(reader, await library.copy()) for _ in range(4)]
    wish = PlaceHold(patron=Borrower(patron=other.id), wish=Wish(item=wanted), pickup=library.town.main)
    await library.run(lambda tx: place_hold(tx, library.librarian, library.keyring, wish))
    library.clock.pass_days(7)
    await library.renew(LoanId(lent[2].loan or 0))
    lent.append(await library.lend(reader, await library.copy()))
    decided: list[RenewalCase] = []

    def counted(case: RenewalCase) -> list[Block]:
        decided.append(case)
        return find_blocks(case)

    monkeypatch.setattr(rules, "find_blocks", counted)
    shown, answers = await told(library, reader), await tried(library, reader)
    assert {loan: refused or () for loan, refused in shown.items()} == answers
    assert [refused is None for _, refused in sorted(shown.items())] == [False, False, False, True, True, True, False]
    assert len(decided) == len(lent) - 2  # three of them nothing tells apart
