"""The port to whatever sends newsletters, and its adapter.

    POST {address}/newsletters      {}                                    the lists, with all that can be chosen
    POST {address}/subscriptions    {"email"}                             what the address has chosen
    POST {address}/subscribe        {"email", "newsletters": [...]}
    POST {address}/unsubscribe      {"email", "newsletters": [...]}

The first two answer {"newsletters": [...]}. Addresses are in the body, for paths are logged. A gateway in front of the
provider's own interface translates; it stands with the agency.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec

from faelles.ground.crypto import new_secret
from faelles.ground.errors import UnavailableError
from faelles.ground.ids import AgencyId
from faelles.ground.signed_http import SignedClient
from faelles.newsletters.model import Category, Choice, Newsletter, Subscription


class NewsletterProvider(Protocol):
    """Raises RefusedError where the provider says no, UnavailableError where it does not answer."""

    async def offered(self, now: datetime) -> Sequence[Newsletter]: ...

    async def chosen_by(self, email: str, now: datetime) -> Sequence[Newsletter]: ...

    async def subscribe(self, wanted: Subscription, now: datetime) -> None: ...

    async def unsubscribe(self, unwanted: Subscription, now: datetime) -> None: ...


class _Told(msgspec.Struct):
    newsletters: tuple[Newsletter, ...] = ()


class HttpProvider:
    def __init__(self, client: SignedClient) -> None:
        self._client = client

    async def offered(self, now: datetime) -> Sequence[Newsletter]:
        return await self._ask("/newsletters", {}, now)

    async def chosen_by(self, email: str, now: datetime) -> Sequence[Newsletter]:
        return await self._ask("/subscriptions", {"email": email}, now)

    async def subscribe(self, wanted: Subscription, now: datetime) -> None:
        await self._say("/subscribe", wanted, now)

    async def unsubscribe(self, unwanted: Subscription, now: datetime) -> None:
        await self._say("/unsubscribe", unwanted, now)

    async def _ask(self, path: str, message: object, now: datetime) -> Sequence[Newsletter]:
        try:
            return msgspec.json.decode(await self._say(path, message, now), type=_Told).newsletters
        except msgspec.DecodeError as problem:
            raise UnavailableError("neighbour_answer_unreadable") from problem

    async def _say(self, path: str, message: object, now: datetime) -> bytes:
        return await self._client.post(path, msgspec.json.encode(message), key=new_secret(), now=now)


_PRETENDED: Final = (
    Newsletter(
        list_id="nyt",
        name="Nyt fra biblioteket",
        tags=(Choice(id="1", name="Børn"), Choice(id="2", name="Voksne")),
        categories=(Category(id="emner", title="Emner", interests=(Choice(id="krimi", name="Krimi"),)),),
    ),
)
_chosen: Final[dict[tuple[AgencyId, str], dict[str, Newsletter]]] = defaultdict(dict)


class BuiltInProvider:
    """Pretends to send newsletters, for demonstrations and tests; it forgets everybody when the process ends."""

    def __init__(self, agency: AgencyId) -> None:
        self._agency = agency

    async def offered(self, now: datetime) -> Sequence[Newsletter]:  # noqa: ARG002 - the port's signature
        return _PRETENDED

    async def chosen_by(self, email: str, now: datetime) -> Sequence[Newsletter]:  # noqa: ARG002 - the port's signature
        return tuple(_chosen[self._agency, email.lower()].values())

    async def subscribe(self, wanted: Subscription, now: datetime) -> None:  # noqa: ARG002 - the port's signature
        _chosen[self._agency, wanted.email.lower()] |= {each.list_id: each for each in wanted.newsletters}

    async def unsubscribe(self, unwanted: Subscription, now: datetime) -> None:  # noqa: ARG002 - the port's signature
        for each in unwanted.newsletters:
            _chosen[self._agency, unwanted.email.lower()].pop(each.list_id, None)
