"""Where somebody works just now, kept in the browser of the desk; and where they were going."""

from typing import Final
from urllib.parse import urlsplit

import msgspec

from faelles.agencies import operations as agencies
from faelles.agencies.model import Branch, BranchKind
from faelles.doors.web import cookies
from faelles.doors.web.request import WebRequest
from faelles.ground.alphabet import by_name
from faelles.ground.database import Transaction
from faelles.people.model import Caller, Permission, Place

HOME: Final = "/"
_MOST_BRANCHES: Final = 200


class Desk(msgspec.Struct, frozen=True):
    """Where somebody works just now, and where else they may."""

    branch: Branch
    branches: tuple[Branch, ...]
    is_guessed: bool = False
    """Nobody has said yet where this desk is, and it could be elsewhere."""

    def name_of(self, branch: int | None) -> str:
        return next((each.name for each in self.branches if each.id == branch), "")


async def desk_of(tx: Transaction, request: WebRequest) -> Desk:
    """The branch that the cookie names, if the caller may lend there; else the first where they may."""
    caller = request.caller
    branches = await agencies.list_branches(tx, caller, limit=_MOST_BRANCHES)
    branches = sorted(by_name(branches), key=lambda each: each.kind is not BranchKind.PUBLIC)
    open_to = [each for each in branches if _may_work(caller, each)] or branches
    chosen = _remembered(request)[1]
    named = next((each for each in open_to if str(each.id) == chosen), None)
    return Desk(named or open_to[0], tuple(branches), is_guessed=named is None and len(open_to) > 1)


def _may_work(caller: Caller, branch: Branch) -> bool:
    return Permission.CHECKOUT in caller.permissions_at(Place(branch.division, branch.id))


def remembered_agency(request: WebRequest) -> str:
    """ISIL of the municipality that was signed in to last; empty where none was."""
    return _remembered(request)[0]


def _remembered(request: WebRequest) -> tuple[str, str]:
    """The agency's ISIL and the branch's id."""
    agency, _, branch = request.cookies.get(cookies.PLACE, "").partition(":")
    return agency, branch


def own_path(path: str) -> str:
    """A path of ours, for nobody is sent elsewhere by an address they were given."""
    parts = urlsplit(path)
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return path if is_ours and path.isprintable() else HOME
