"""A class of pupils."""

from circulation.lending_library import LendingLibrary, Reader
from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId
from faelles.patrons.classes.model import Enrolment
from faelles.patrons.classes.operations import found_class
from faelles.patrons.classes.store import enrol
from faelles.patrons.store import branch


async def a_class(library: LendingLibrary, pupils: list[Reader]) -> PatronId:
    async def found(tx: Transaction) -> PatronId:
        school = await branch(tx, library.town.school)
        made = await found_class(tx, library.town.school, school, (2019, "B"), library.groups["child"])
        await enrol(tx, [Enrolment(class_id=made, patron=each.id, role="pupil") for each in pupils], tx.now.date())
        return made

    return await library.run(found)
