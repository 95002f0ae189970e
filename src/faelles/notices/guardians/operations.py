"""Signing a child up with a guardian, and giving it another: the adult is told, and can say that it is wrong."""

from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.ids import DivisionId, PatronId
from faelles.notices.model import kinds
from faelles.notices.planning.operations import tell
from faelles.patrons import store as patrons
from faelles.patrons.guardians import registering
from faelles.patrons.guardians.model import GuardianGiven
from faelles.patrons.model import Registered, RegisterPatron
from faelles.people.model import Caller


async def register_with_guardian(
    tx: Transaction,
    caller: Caller,
    keyring: Keyring,
    request: RegisterPatron,
    guardian: GuardianGiven,
    *,
    key: str | None = None,
) -> Registered:
    """As `patrons.guardians.registering.register_with_guardian`; the same again tells nobody twice."""
    made = await registering.register_with_guardian(tx, caller, keyring, request, guardian, key=key)
    for adult in made.guardians:
        await _tell(tx, made.patron, adult)
    return made


async def replace_guardian(
    tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId, guardian: GuardianGiven
) -> PatronId:
    """As `patrons.guardians.registering.replace_guardian`."""
    adult = await registering.replace_guardian(tx, caller, keyring, patron, guardian)
    await _tell(tx, patron, adult)
    return adult


async def _tell(tx: Transaction, child: PatronId, adult: PatronId) -> None:
    division = await _division(tx, child)
    occasion = f"guardian/{child}"
    await tell(tx, kinds()["guardian_registered"], adult, division, occasion=occasion, concerning=child)


async def _division(tx: Transaction, child: PatronId) -> DivisionId:
    home = (await patrons.load(tx, [child]))[0].home_branch
    return (await patrons.branch(tx, home)).division
