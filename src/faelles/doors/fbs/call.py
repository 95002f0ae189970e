"""One request as the handlers see it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Final, TypeVar

import msgspec

from faelles.doors.fbs.facts import Operation
from faelles.doors.rest.services import Services
from faelles.doors.rest.validation import request_error
from faelles.ground.database import Read, Transaction
from faelles.ground.errors import NotFoundError, invalid_field
from faelles.ground.ids import BranchId, DivisionId, PatronId
from faelles.patrons.model import Patron
from faelles.patrons.reach import asked_for, there
from faelles.people.model import Caller, Grant, Permission
from faelles.policies.compiled import Settings
from faelles.policies.operations import current_settings

Body = TypeVar("Body")
Result = TypeVar("Result")

_LONGEST_NUMBER: Final = 18
_FLAGS: Final = MappingProxyType({"true": True, "false": False, "1": True, "0": False})
_LOOK: Final = "web_site"
"""What a look at a patron is called in the log of looks."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """`caller` is the client with what it may do in `division` and nowhere else; `sent` the body in plain values."""

    operation: Operation
    services: Services
    division: DivisionId
    caller: Caller
    path: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    sent: Any
    undocumented: Mapping[str, Sequence[str]]
    """Query parameters that the tables do not have, as some clients send them."""

    async def run(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """Do `work` in a transaction of the client's agency, as the client."""
        return await self.services.database.run(self.caller.agency, self.caller.actor, work)

    async def read(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """As `run`, where nothing is written and nobody looked at."""
        return await self.services.database.run(self.caller.agency, self.caller.actor, work, read_only=True)

    async def look(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """As `run`, where somebody is looked at and nothing changed."""
        return await self.services.database.look(self.caller.agency, self.caller.actor, work)

    def body(self, kind: type[Body]) -> Body:
        """What was sent, as the newest form of the request. Raises InvalidRequestError naming what does not fit."""
        try:
            return msgspec.convert(self.sent, kind)
        except msgspec.ValidationError as problem:
            raise request_error(problem, self.sent, kind) from None

    @property
    def patron(self) -> PatronId:
        """The patron in the path. Raises InvalidRequestError for what is no number, `null` among them."""
        return PatronId(number(self.path["patronid"], "patronid"))

    def many(self, name: str) -> list[str]:
        """All values of a repeated query parameter, each once, in order."""
        return list(dict.fromkeys(self.query.get(name, ())))

    def flag(self, name: str) -> bool:
        value = (self.query.get(name) or ["false"])[0].lower()
        if value not in _FLAGS:
            raise invalid_field(name, "field_wrong_form")
        return _FLAGS[value]

    def day(self, name: str) -> date | None:
        value = (self.query.get(name) or [""])[0]
        return read_day(value, name) if value else None

    @property
    def own(self) -> Caller:
        """The client in the name of the patron in the path."""
        return self.in_name_of(self.patron)

    def patron_asked_for(self, tx: Transaction, patron: PatronId | None = None) -> Read[Patron | None]:
        """As `patron_known`, together with more that is asked, none of which is shown unless there is one (`there`)."""
        wanted = self.patron if patron is None else patron
        return asked_for(tx, self.caller, wanted, Permission.PATRON_VIEW, _LOOK, with_merged=False)

    async def patron_known(self, tx: Transaction, patron: PatronId | None = None) -> Patron:
        """The patron in the path, or `patron`, if they are this division's to serve; the look is recorded. One who
        became another is there no more.
        """
        return there(await tx.ask(self.patron_asked_for(tx, patron)))

    async def as_patron(self, tx: Transaction) -> Caller:
        """The client in the patron's own name, in this division alone: it may do what they could do at home."""
        known = await self.patron_known(tx)
        return self.in_name_of(known.id)

    def in_name_of(self, patron: PatronId) -> Caller:
        own = Grant(frozenset({Permission.OWN_ACCOUNT}), division=self.division)
        return msgspec.structs.replace(self.caller, patron=patron, grants=(own,))

    def own_branch(self, settings: Settings, patron: Patron) -> BranchId:
        """The branch whose rules count for what the patron does at home: their own, or the division's first."""
        branches = settings.directory.branches
        if branches[patron.home_branch].division == self.division:
            return patron.home_branch
        return min(each.id for each in branches.values() if each.division == self.division)

    async def settings(self, tx: Transaction) -> Settings:
        return await current_settings(tx)


def number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise invalid_field(name, "field_wrong_form")
    return int(text)


def read_day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-01-31") else _refuse(name)
    except ValueError:
        return _refuse(name)


def _refuse(name: str) -> date:
    raise invalid_field(name, "field_not_a_date")


def branch_coded(settings: Settings, division: DivisionId, code: str, name: str) -> BranchId:
    """A branch of the division by the ISIL it is known by. Raises InvalidRequestError naming `name`."""
    branch = settings.directory.branches_by_code.get(code)
    if branch is None or branch.division != division:
        raise invalid_field(name, "branch_unknown")
    return branch.id


def branch_in_path(settings: Settings, division: DivisionId, code: str) -> BranchId:
    branch = settings.directory.branches_by_code.get(code)
    if branch is None or branch.division != division:
        raise NotFoundError("branch_unknown")
    return branch.id


Handler = Callable[[Call], Awaitable[object]]
