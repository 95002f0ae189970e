"""What a patron wants to hear of, by which way, at what hours."""

from collections.abc import Mapping
from datetime import time
from typing import Any, Final

from litestar import Response, Router, get, post

from faelles.doors.rest.access import Example, own_account
from faelles.doors.web.clock import clock_text, read_clock
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.request import WebRequest
from faelles.ground.errors import FieldProblem, InvalidRequestError, invalid_field
from faelles.notices.links.unsubscribing import CHOICES_PATH, may_be_turned_off
from faelles.notices.model import ChannelName, Topic, kinds
from faelles.notices.wishes.model import Wishes
from faelles.notices.wishes.operations import set_own_wishes, show_own_wishes

_NONE: Final = "none"
_WAYS: Final = (ChannelName.EMAIL, ChannelName.SMS)


@get(CHOICES_PATH, opt=own_account(example=Example()))
async def show(request: WebRequest) -> Response[bytes]:
    return await _page(request)


async def _page(request: WebRequest, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    wishes = await request.read(lambda tx: show_own_wishes(tx, request.caller))
    optional = [kind for kind in kinds().values() if may_be_turned_off(kind.name)]
    context = {
        "topics": {topic: _way(wishes, topic) for topic in Topic},
        "kinds": {kind.name: wishes.kinds.get(kind.name, kind.default) for kind in optional},
        "ways": _WAYS,
        "quiet": [clock_text(at) if at else "" for at in (wishes.quiet_from, wishes.quiet_until)],
        "digest": wishes.digest,
        "refused": refused,
        "done": request.done_just_now,
    }
    return request.page("own/notices.html", context, status=refused.status)


def _way(wishes: Wishes, topic: Topic) -> str:
    """The first of the ways that were chosen; empty: nothing was."""
    chosen = wishes.channels.get(topic)
    if chosen is None:
        return ""
    return chosen[0].value if chosen else _NONE


@post(
    CHOICES_PATH, opt=own_account(example=Example(body={"way-due": "email", "loan_receipt": "true"})), status_code=200
)
async def choose(request: WebRequest) -> Response[Any]:
    async def do() -> Response[Any]:
        typed = {name: str(value).strip() for name, value in (await request.form()).items()}
        before = await request.read(lambda tx: show_own_wishes(tx, request.caller))
        await request.run(lambda tx: set_own_wishes(tx, request.caller, read_wishes(typed, before)))
        return request.go_to(f"{CHOICES_PATH}?done=notices_chosen")

    return await sent(request, "notices", do, lambda refused: _page(request, refused))


def read_wishes(typed: Mapping[str, str], before: Wishes) -> Wishes:
    """What was chosen. A way that was not touched stays with what comes after it. Raises InvalidRequestError."""
    ways = {topic: typed.get(f"way-{topic}", "") for topic in Topic}
    channels = {
        topic: before.channels[topic] if way == _way(before, topic) else _channels(topic, way)
        for topic, way in ways.items()
        if way
    }
    return Wishes(
        channels=channels,
        kinds={
            name: not kind.default
            for name, kind in kinds().items()
            if may_be_turned_off(name) and (typed.get(name) == "true") != kind.default
        },
        quiet_from=_hour(typed, "quiet_from"),
        quiet_until=_hour(typed, "quiet_until"),
        digest=typed.get("digest") == "true",
    )


def _channels(topic: Topic, way: str) -> tuple[ChannelName, ...]:
    if way not in (_NONE, *_WAYS):
        raise InvalidRequestError(problems=[FieldProblem(f"way-{topic}", "field_invalid", {})])
    return () if way == _NONE else (ChannelName(way),)


def _hour(typed: Mapping[str, str], name: str) -> time | None:
    said = typed.get(name, "")
    hour = read_clock(said) if said else None
    if said and hour is None:
        raise invalid_field(name, "web_clock_malformed")
    return hour


router = Router(path="/", route_handlers=[choose, show])
