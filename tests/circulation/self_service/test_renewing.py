"""Renewing at a machine."""

import msgspec
import pytest

from circulation.lending_library import LendingLibrary
from circulation.self_service.test_operations import machine
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds.model import PlaceHold, Wish
from faelles.circulation.holds.operations import place_hold
from faelles.circulation.loans.model import RenewalRequest
from faelles.circulation.loans.operations import renew
from faelles.circulation.self_service.holds import hold_at_machine
from faelles.circulation.self_service.model import AtMachine, HoldAtMachine, HoldDeed, RenewAtMachine
from faelles.circulation.self_service.renewing import renew_at_machine
from faelles.ground.errors import ForbiddenError


async def test_what_nobody_has_is_not_renewed(library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    who = AtMachine(card=reader.card, branch=library.town.main)
    request = RenewAtMachine(who=who, item=item, for_others=True)
    answer = await library.run(lambda tx: renew_at_machine(tx, machine(library), library.keyring, request))
    assert answer.block is not None
    assert answer.block.code is BlockCode.LOAN_NOT_FOUND


async def test_a_machine_that_asks_for_a_pin_renews_and_holds_with_one_alone_whichever_way_it_comes(
    library: LendingLibrary,
):
    reader, item, other = await library.reader(), await library.copy(), await library.copy()
    lent = await library.lend(reader, item)
    library.clock.pass_days(5)
    caller, keyring = msgspec.structs.replace(machine(library), asks_pin=True), library.keyring
    main = library.town.main
    plain = RenewalRequest(branch=main, loans=(lent.loan,))
    wish = PlaceHold(patron=Borrower(card=reader.card), wish=Wish(item=other), pickup=main)
    with pytest.raises(ForbiddenError, match="pin_needed"):
        await library.run(lambda tx: renew(tx, caller, plain))
    with pytest.raises(ForbiddenError, match="pin_needed"):
        await library.run(lambda tx: place_hold(tx, caller, keyring, wish))
    for pin, code in ((None, BlockCode.PIN_NEEDED), (reader.pin, None)):
        who = AtMachine(card=reader.card, branch=main, pin=pin)
        renewal = RenewAtMachine(who=who, loans=(lent.loan,))
        renewed = await library.run(lambda tx, it=renewal: renew_at_machine(tx, caller, keyring, it))
        assert (renewed.block.code if renewed.block else None) == code
        hold = HoldAtMachine(who=who, deed=HoldDeed.PLACE, item=other)
        held = await library.run(lambda tx, it=hold: hold_at_machine(tx, caller, keyring, it))
        assert [each.code for each in held.blocks] == ([code] if code else [])
