"""Acting as a signed-in member of staff: the token, the branch, the transaction."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

import msgspec
import typer

from faelles.agencies import operations as agencies
from faelles.doors.command import staff_session
from faelles.doors.command.frame import with_runtime
from faelles.doors.command.words import LANGUAGE, words
from faelles.doors.rest.validation import request_error
from faelles.doors.runtime import Runtime
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import UnauthenticatedError, invalid_field
from faelles.ground.ids import BranchId
from faelles.people.model import Caller
from faelles.people.operations import authenticate

Answer = TypeVar("Answer")
Request = TypeVar("Request")

Token = Annotated[str | None, typer.Option(envvar="FAELLES_TOKEN", help=words("command_token"), show_default=False)]
Branch = Annotated[str | None, typer.Option(envvar="FAELLES_BRANCH", help=words("command_branch"), show_default=False)]

_BRANCHES_AT_A_TIME = 200


@dataclass(frozen=True, slots=True)
class Desk:
    """One command's transaction and who is behind it."""

    tx: Transaction
    caller: Caller
    keyring: Keyring
    usual_branch: int | None

    async def branch(self, code: str | None, option: str = "--branch") -> BranchId:
        """The branch with the code that `option` gave, or the one chosen at `faelles login`."""
        if code is not None:
            return await branch_with_code(self.tx, self.caller, code, option)
        if self.usual_branch is None:
            raise invalid_field("--branch", "command_branch_missing")
        return BranchId(self.usual_branch)


def as_staff(work: Callable[[Desk], Awaitable[Answer]], *, token: str | None, as_json: bool = False) -> Answer:
    """Do `work` in one transaction as the staff user behind `token`, or behind the session that is kept."""
    return with_runtime(lambda runtime: _act(runtime, token, work), as_json=as_json)


def with_staff(
    work: Callable[[Runtime, Caller], Awaitable[Answer]], *, token: str | None, as_json: bool = False
) -> Answer:
    """As `as_staff`, for what speaks to a system outside between its transactions."""

    async def signed_in(runtime: Runtime) -> Answer:
        caller, _ = await _caller(runtime, token)
        return await work(runtime, caller)

    return with_runtime(signed_in, as_json=as_json)


async def _act(runtime: Runtime, token: str | None, work: Callable[[Desk], Awaitable[Answer]]) -> Answer:
    caller, usual_branch = await _caller(runtime, token)
    return await runtime.database.run(
        caller.agency, caller.actor, lambda tx: work(Desk(tx, caller, runtime.keyring, usual_branch))
    )


async def _caller(runtime: Runtime, token: str | None) -> tuple[Caller, int | None]:
    """Who is behind the token, or behind the session that is kept, and the branch chosen there."""
    session = staff_session.read(runtime.config)
    secret = token or (session.token if session else None)
    if secret is None:
        raise UnauthenticatedError("command_not_signed_in")
    known = await authenticate(runtime.database, runtime.keyring, secret)
    return msgspec.structs.replace(known, language=LANGUAGE), session.branch if session else None


async def branch_with_code(tx: Transaction, caller: Caller, code: str, option: str = "--branch") -> BranchId:
    """The branch of the caller's agency with that code. InvalidRequestError names `option` where there is none."""
    after = ""
    while page := await agencies.list_branches(tx, caller, after=after, limit=_BRANCHES_AT_A_TIME):
        for branch in page:
            if branch.code == code:
                return branch.id
        after = page[-1].code
    raise invalid_field(option, "command_branch_unknown", branch=code[:64])


def request(kind: type[Request], values: Mapping[str, object]) -> Request:
    """The operation's own request, checked as every door checks it. What was not given is left to its default."""
    return checked(kind, {name: value for name, value in values.items() if value is not None})


def checked(kind: type[Request], values: Mapping[str, object]) -> Request:
    """As `request`, for a request in which nothing (None) says something."""
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as problem:
        raise request_error(problem, values, kind) from None
