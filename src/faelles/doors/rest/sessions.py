"""Signing in and out, and the tokens in between, over REST.

A session token is sent in the body where it is itself what the request is about (as RFC 7009 has it), and as the
bearer everywhere else. Patrons sign in in own_account.py.
"""

import msgspec
from litestar import Router, get, post, put
from litestar.params import JSONBody

from faelles.doors.rest.access import Example, public, signed_in
from faelles.doors.rest.pace import SIGNS_IN
from faelles.doors.rest.request import ApiRequest
from faelles.ground.clock import utc_now
from faelles.ground.i18n import Language
from faelles.ground.ids import AgencyId, BranchId, PatronId
from faelles.people import operations, sign_in
from faelles.people.access_tokens import issue_access_token
from faelles.people.model import Grant, IssuedToken, SignedToken
from faelles.people.staff.model import Typed
from faelles.people.support.operations import enter_agency

_TOKEN = {"token": "{session_token}"}


class StaffSignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The agency by its ISIL, or by that of one of its divisions."""

    agency_isil: Typed
    username: Typed
    password: Typed
    code: Typed | None = None
    """The one-time password, or a recovery code, of whoever has set them up."""


class SecretSignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A machine or API client: its name says which agency it belongs to."""

    username: Typed
    secret: Typed


class SupportSignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A supporter's session at the operator, and the agency they want to enter."""

    token: Typed
    agency_isil: Typed


class HeldToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session token (`ft_...`)."""

    token: Typed


class OwnPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    old: Typed
    new: Typed


class WhoAmI(msgspec.Struct, frozen=True, kw_only=True):
    """The caller as every operation sees it. A grant without a division or branch holds in the whole agency."""

    agency: AgencyId
    kind: str
    id: int
    language: Language
    grants: tuple[Grant, ...]
    patron: PatronId | None
    stands_in: BranchId | None
    support: str | None


@post(
    "/staff",
    opt=public(example=Example(body={"agency_isil": "{isil}", "username": "{username}", "password": "{password}"}))
    | {SIGNS_IN: True},
    summary="Sign in as staff",
)
async def sign_in_staff(request: ApiRequest, data: JSONBody[StaffSignIn]) -> IssuedToken:
    """One answer, 401, whatever is wrong; 429 with Retry-After after five failures with one username. 401
    `one_time_code_needed` after the right password of somebody who has set up one-time passwords.
    """
    services = request.services
    return await sign_in.sign_in_staff(
        services.database,
        services.keyring,
        agency_isil=data.agency_isil,
        username=data.username,
        password=data.password,
        code=data.code,
    )


@post(
    "/machine",
    opt=public(example=Example(body={"username": "{machine_username}", "secret": "{machine_secret}"}))
    | {SIGNS_IN: True},
    summary="Sign in as a self-check, sorter, door or reader",
)
async def sign_in_machine(request: ApiRequest, data: JSONBody[SecretSignIn]) -> IssuedToken:
    """One answer, 401, whatever is wrong; 429 with Retry-After after five failures with one username."""
    services = request.services
    return await sign_in.sign_in_machine(
        services.database, services.keyring, username=data.username, secret=data.secret
    )


@post(
    "/client",
    opt=public(example=Example(body={"username": "{client_username}", "secret": "{machine_secret}"}))
    | {SIGNS_IN: True},
    summary="Sign in as an API client",
)
async def sign_in_client(request: ApiRequest, data: JSONBody[SecretSignIn]) -> IssuedToken:
    """One answer, 401, whatever is wrong; 429 with Retry-After after five failures with one username."""
    services = request.services
    return await sign_in.sign_in_client(services.database, services.keyring, username=data.username, secret=data.secret)


@post(
    "/support",
    opt=public(example=Example(body={"token": "{supporter_token}", "agency_isil": "{isil}"})),
    summary="Enter an agency as the operator's supporter",
)
async def enter_as_support(request: ApiRequest, data: JSONBody[SupportSignIn]) -> IssuedToken:
    """Only while the agency's own support grant stands. What is done inside is logged there."""
    database = request.services.database
    caller = await operations.caller_by_token(database, data.token)
    return await enter_agency(database, caller, data.agency_isil)


@post(
    "/access",
    opt=public(example=Example(body=_TOKEN)),
    summary="Exchange a session token for an access token",
)
async def exchange_session(request: ApiRequest, data: JSONBody[HeldToken]) -> SignedToken:
    """An access token (`fa_...`) is the quicker bearer, good for five minutes. A changed role or a revocation is
    noticed at the next exchange.
    """
    services = request.services
    session = await operations.session_by_token(services.database, data.token)
    return issue_access_token(services.keyring, session, utc_now())


@post("/refresh", opt=public(example=Example(body=_TOKEN)), summary="Exchange a session token for a fresh one")
async def refresh_session(request: ApiRequest, data: JSONBody[HeldToken]) -> IssuedToken:
    """The old token ends with it."""
    return await sign_in.refresh_session(request.services.database, data.token)


@post("/end", opt=public(example=Example(body=_TOKEN)), status_code=204, summary="Sign out")
async def sign_out(request: ApiRequest, data: JSONBody[HeldToken]) -> None:
    """Also for a token that has ended already."""
    await sign_in.end_session(request.services.database, data.token)


@get("/current", opt=signed_in(example=Example()), summary="Who am I, and what may I do where?")
async def show_caller(request: ApiRequest) -> WhoAmI:
    caller = request.caller
    return WhoAmI(
        agency=caller.agency,
        kind=caller.actor.kind.value,
        id=caller.actor.id,
        language=caller.language,
        grants=caller.grants,
        patron=caller.patron,
        stands_in=caller.stands_in,
        support=caller.support,
    )


@put(
    "/password",
    opt=signed_in(
        example=Example(
            body={"old": "{password}", "new": "seven small ships"},
            answers_neighbours="Everybody changes their own; in the test all have the same one.",
        )
    ),
    status_code=204,
    summary="Change my own password",
)
async def change_own_password(request: ApiRequest, data: JSONBody[OwnPassword]) -> None:
    """For staff. Every session of theirs ends, this one included."""
    services = request.services
    await sign_in.change_own_password(services.database, services.keyring, request.caller, old=data.old, new=data.new)


router = Router(
    path="/sessions",
    route_handlers=[
        sign_in_staff,
        sign_in_machine,
        sign_in_client,
        enter_as_support,
        exchange_session,
        refresh_session,
        sign_out,
        show_caller,
        change_own_password,
    ],
    tags=["sessions"],
)
