"""Mailed links over REST: choosing a new PIN without the old one, and proving an e-mail address."""

import msgspec
from litestar import Response, Router, get, post
from litestar.background_tasks import BackgroundTask
from litestar.params import JSONBody
from litestar.response import Redirect

from faelles.doors.rest.access import Example, guarded, own_account, public
from faelles.doors.rest.parameters import PathCode, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.doors.rest.services import Services
from faelles.ground.actor import SYSTEM
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import AgencyId, PatronId
from faelles.notices.links import operations, unsubscribing
from faelles.patrons.links import operations as links
from faelles.patrons.links.model import Token, UsePinReset
from faelles.people.model import Permission
from faelles.people.operations import agency_behind_isil
from faelles.people.staff.model import Typed

_THIS = {"patron": "{patron}"}


class AskPinReset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The library by its ISIL; an e-mail address, card, CPR number or UNI-Login."""

    agency_isil: Typed
    identifier: Typed

    def __repr__(self) -> str:
        return "AskPinReset()"


class ChoosePin(UsePinReset, frozen=True, kw_only=True):
    agency_isil: Typed


class ProveEmail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    agency_isil: Typed
    token: Token

    def __repr__(self) -> str:
        return "ProveEmail()"


@post(
    "/pin-resets",
    status_code=202,
    opt=public(example=Example(body={"agency_isil": "{isil}", "identifier": "{card}"})),
    summary="I have forgotten my PIN",
)
async def ask_pin_reset(request: ApiRequest, data: JSONBody[AskPinReset]) -> Response[None]:
    """One answer, 202, for somebody known and nobody; a mail goes to the former. Its link is good once, for an hour."""
    # Answered before anybody is looked for: to write a mail takes longer than to find nobody, and a clock would tell.
    return Response(None, background=BackgroundTask(_mail_pin_reset, request.services, data))


async def _mail_pin_reset(services: Services, asked: AskPinReset) -> None:
    agency = await agency_behind_isil(services.database, asked.agency_isil.strip())
    if agency is None:
        return
    await services.database.run(
        agency,
        SYSTEM,
        lambda tx: operations.ask_pin_reset(tx, services.keyring, services.installation, asked.identifier),
    )


@post(
    "/pin-resets/use",
    status_code=204,
    opt=public(example=Example(body={"agency_isil": "{isil}", "token": "{pin_reset_token}", "pin": "8080"})),
    summary="Choose a PIN with a mailed link",
)
async def use_pin_reset(request: ApiRequest, data: JSONBody[ChoosePin]) -> None:
    """Every session ends. 404 `link_unknown` for a link that was used, has expired or never was."""
    services = request.services
    chosen = UsePinReset(token=data.token, pin=data.pin)
    await services.database.run(
        await _agency(request, data.agency_isil),
        SYSTEM,
        lambda tx: links.use_pin_reset(tx, services.keyring, chosen),
    )


@post(
    "/email-verifications/use",
    status_code=204,
    opt=public(example=Example(body={"agency_isil": "{isil}", "token": "{verification_token}"})),
    summary="Prove an e-mail address with a mailed link",
)
async def use_verification(request: ApiRequest, data: JSONBody[ProveEmail]) -> None:
    agency = await _agency(request, data.agency_isil)
    await request.services.database.run(agency, SYSTEM, lambda tx: links.use_verification(tx, data.token))


@post(
    "/notices/unsubscribe/{token:str}",
    status_code=204,
    opt=public(example=Example(path={"token": "{unsubscribe_token}"})),
    summary="Turn off what a mail was about, with its own link",
)
async def turn_off_notices(request: ApiRequest, token: PathCode) -> None:
    """RFC 8058: a mail program sends this with one click; what the body says does not matter. What must be said is said
    all the same. 404 `link_unknown` for a link that never was, or whose message is gone.
    """
    await unsubscribing.unsubscribe(request.services.database, request.services.keyring, token)


@get(
    "/notices/unsubscribe/{token:str}",
    status_code=303,
    opt=public(example=Example(path={"token": "{unsubscribe_token}"})),
    summary="Where to choose what one hears of",
)
async def show_notice_choices(request: ApiRequest, token: PathCode) -> Redirect:
    """For whoever opens the link of a mail in a browser: nothing is turned off by looking."""
    unsubscribing.read_token(request.services.keyring, token)
    return Redirect(f"{request.services.installation.public_url}{unsubscribing.CHOICES_PATH}", status_code=303)


@post(
    "/own/email-verification",
    status_code=202,
    opt=own_account(example=Example()),
    summary="Mail me a link that proves my e-mail address",
)
async def ask_verification(request: ApiRequest) -> None:
    caller, services = request.caller, request.services
    await request.run(lambda tx: operations.ask_verification(tx, caller, services.keyring, services.installation))


@post(
    "/patrons/{patron:int}/pin-reset",
    status_code=202,
    opt=guarded(Permission.PATRON_EDIT, example=Example(path=_THIS)),
    summary="Mail a patron a link to choose a PIN",
)
async def send_pin_reset(request: ApiRequest, patron: PathId) -> None:
    caller, services = request.caller, request.services
    work = operations.send_pin_reset
    await request.run(lambda tx: work(tx, caller, services.keyring, services.installation, PatronId(patron)))


@post(
    "/patrons/{patron:int}/email-verification",
    status_code=202,
    opt=guarded(Permission.PATRON_EDIT, example=Example(path=_THIS)),
    summary="Mail a patron a link that proves the e-mail address",
)
async def send_verification(request: ApiRequest, patron: PathId) -> None:
    caller, services = request.caller, request.services
    work = operations.send_verification
    await request.run(lambda tx: work(tx, caller, services.keyring, services.installation, PatronId(patron)))


async def _agency(request: ApiRequest, isil: str) -> AgencyId:
    agency = await agency_behind_isil(request.services.database, isil.strip())
    if agency is None:
        raise NotFoundError("link_unknown")
    return agency


router = Router(
    path="/",
    tags=["links"],
    route_handlers=[
        ask_pin_reset,
        use_pin_reset,
        use_verification,
        ask_verification,
        send_pin_reset,
        send_verification,
        show_notice_choices,
        turn_off_notices,
    ],
)
