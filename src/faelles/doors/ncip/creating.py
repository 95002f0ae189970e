"""CreateUser: a new patron by CPR number, with the name and address that the person register has, not the message's."""

from typing import Final

from faelles.agencies.model import DivisionKind
from faelles.doors.ncip.model import Asked, Created, ProblemError
from faelles.doors.newcomers import group_of_age
from faelles.doors.rest.services import Services
from faelles.ground.clock import age_on, local_date
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.patrons.identifiers import read_cpr
from faelles.patrons.model import NewMembership, RegisterPatron, Role
from faelles.patrons.registers.operations import register_by_cpr
from faelles.patrons.registers.port import person_register
from faelles.people.model import Caller
from faelles.policies.compiled import Settings
from faelles.policies.operations import current_settings

_PLACEHOLDER: Final = "-"
"""The register's name takes its place."""


async def create_user(services: Services, caller: Caller, asked: Asked) -> Created:
    """A member of the public library at its first branch; who is a patron already is no second one."""
    read = read_cpr(asked.user)
    if read is None:
        raise ProblemError("Element Rule Violated", asked.user_element)

    async def prepare(tx: Transaction) -> RegisterPatron:
        settings = await current_settings(tx)
        today = local_date(tx.now, settings.directory.agency.time_zone)
        return _registration(settings, age_on(read.birth_date, today))

    request = await services.database.run(caller.agency, caller.actor, prepare, read_only=True)
    register = person_register(services.installation)
    try:
        await register_by_cpr(services.database, caller, services.keyring, register, asked.user, request)
    except NotFoundError as problem:
        raise ProblemError("Unknown User", asked.user_element) from problem
    except ConflictError as problem:
        raise ProblemError("Duplicate User", asked.user_element) from problem
    return Created(user=asked.user)


def _registration(settings: Settings, age: int) -> RegisterPatron:
    branches = settings.directory.branches.values()
    public = {each.id for each in settings.directory.divisions.values() if each.kind is DivisionKind.PUBLIC}
    home = min((each for each in branches if each.division in public), key=lambda branch: branch.id)
    membership = NewMembership(division=home.division, role=Role.BORROWER, group=group_of_age(settings, age))
    return RegisterPatron(name=_PLACEHOLDER, home_branch=home.id, memberships=(membership,))
