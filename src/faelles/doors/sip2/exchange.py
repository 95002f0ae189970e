"""One message of a machine that has signed in, with everything it takes to answer it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from faelles.agencies.model import Branch, Placement
from faelles.circulation.desk.blocks import Block, BlockCode
from faelles.circulation.self_service.model import AtMachine
from faelles.doors.sip2 import codes, dates
from faelles.doors.sip2.messages import Message, Values
from faelles.doors.sip2.repeats import Heard
from faelles.doors.sip2.services import Services
from faelles.ground.database import Transaction
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, MaterialGroupId, PlacementId
from faelles.people.machines.terminal import Extension, PinRule, Terminal, TerminalProfile
from faelles.people.model import Caller, Permission, Place
from faelles.policies.groups.model import Group
from faelles.policies.operations import current_settings

Result = TypeVar("Result")

_KEY_GOOD_FOR = timedelta(days=1)
"""A transaction date further off is a clock that stands, and says nothing of which deed is meant."""
_PROVEN_FOR = timedelta(minutes=10)
UNPROVEN = frozenset({BlockCode.PIN_NEEDED, BlockCode.SIGN_IN_FAILED, BlockCode.LOCKED_OUT, BlockCode.PATRON_NOT_FOUND})
"""What stands in the way of whoever has not proven who they are."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say: parts of the fixed part by name, fields by identifier."""

    fixed: Mapping[str, str]
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where the machine stands, and what its agency is called."""

    isil: str
    isils: frozenset[str]
    """The agency's and its division's."""
    name: str
    zone: ZoneInfo
    currency: str
    branches: Mapping[BranchId, Branch]
    placements: Mapping[PlacementId, Placement]
    material_groups: Mapping[MaterialGroupId, Group]

    def groups_above(self, group: MaterialGroupId) -> frozenset[MaterialGroupId]:
        """The group and all above it."""
        line: list[MaterialGroupId] = []
        while (found := self.material_groups.get(group)) is not None:
            line.append(group)
            if found.parent is None:
                break
            group = MaterialGroupId(found.parent)
        return frozenset(line)

    def code_of(self, branch: BranchId) -> str:
        """As other systems know the branch."""
        return self.branches[branch].code


async def whereabouts(services: Services, terminal: Terminal) -> Whereabouts:
    caller = terminal.caller
    settings = await services.database.run(caller.agency, caller.actor, current_settings, read_only=True)
    agency = settings.directory.agency
    return Whereabouts(
        isil=agency.isil,
        isils=frozenset({agency.isil, *(each.isil for each in settings.directory.divisions[terminal.division].isils)}),
        name=agency.name,
        zone=ZoneInfo(agency.time_zone),
        currency=agency.currency,
        branches=settings.directory.branches,
        placements=settings.directory.placements,
        material_groups=settings.material_groups,
    )


class Proven:
    """Whose PIN was right on this connection, and when: what a session at the machine is to us."""

    __slots__ = ("_card", "_until")

    def __init__(self) -> None:
        self._card: int | None = None
        self._until = datetime.min.replace(tzinfo=UTC)

    def note(self, card: str, now: datetime) -> None:
        self._card, self._until = hash(card), now + _PROVEN_FOR

    def forget(self) -> None:
        self._card = None

    def is_proven(self, card: str, now: datetime) -> bool:
        return self._card == hash(card) and now < self._until


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """It never shows itself: a card and a PIN are in it."""

    services: Services
    terminal: Terminal
    where: Whereabouts
    message: Message
    proven: Proven
    heard: Heard
    now: datetime
    print_width: int | None = None
    """The longest AG in characters; None: as long as it is."""

    def __repr__(self) -> str:
        return "Exchange()"

    @property
    def profile(self) -> TerminalProfile:
        return self.terminal.profile

    @property
    def branch(self) -> BranchId:
        return self.terminal.branch

    @property
    def card(self) -> str:
        return self.message.get("AA").strip()

    @property
    def item(self) -> str:
        return self.message.get("AB").strip()

    @property
    def pin(self) -> str | None:
        return self.message.get("AD").strip() or None

    @property
    def language(self) -> Language:
        """What a patron we do not know is answered in."""
        return codes.spoken(self.message.fixed.get("language", ""), self.terminal.caller.language)

    @property
    def institution(self) -> str:
        """AO. What the machine calls us picks nothing."""
        sent = self.message.get("AO")
        return sent if sent and self.profile.echoes_institution else self.profile.institution or self.where.isil

    @property
    def currency(self) -> str:
        return self.profile.currency or self.where.currency

    @property
    def today_and_now(self) -> str:
        return dates.show(self.now, self.where.zone)

    def permissions(self) -> frozenset[Permission]:
        return self.terminal.caller.permissions_at(Place(self.terminal.division, self.terminal.branch))

    def has(self, extension: Extension) -> bool:
        return extension in self.profile.extensions

    def says(self, field: str) -> bool:
        """Whether a yes-or-no field is there and says yes."""
        return self.message.get(field).upper() == "Y"

    def flag(self, name: str) -> str:
        """A character of the fixed part."""
        return self.message.fixed[name].upper()

    def moment(self, name: str) -> datetime | None:
        """A date of the fixed part."""
        return dates.parse(self.message.fixed[name], self.where.zone)

    @property
    def who(self) -> AtMachine:
        return AtMachine(card=self.card, branch=self.branch, pin=self.pin)

    @property
    def caller(self) -> Caller:
        """The machine; of a patron whose PIN it has had on this connection it need not ask it again."""
        caller = self.terminal.caller
        return caller if self.lacks_pin or not caller.asks_pin else msgspec.structs.replace(caller, asks_pin=False)

    @property
    def lacks_pin(self) -> bool:
        """Whether the machine's rule wants a PIN that is neither here nor was given before."""
        rule = self.profile.pin_rule(self.terminal.kind)
        if self.pin is not None or rule is PinRule.WHEN_GIVEN:
            return False
        return rule is PinRule.IN_EVERY_MESSAGE or not self.proven.is_proven(self.card, self.now)

    def note_proof(self, blocks: Iterable[Block] = ()) -> None:
        """The PIN of this message was right, unless one of the `blocks` in the way says otherwise."""
        if self.pin is not None and not any(each.code in UNPROVEN for each in blocks):
            self.proven.note(self.card, self.now)

    async def run(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """One transaction as the machine."""
        caller = self.terminal.caller
        return await self.services.database.run(caller.agency, caller.actor, work)

    async def read(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """As `run`, where nothing is written and nobody looked at."""
        caller = self.terminal.caller
        return await self.services.database.run(caller.agency, caller.actor, work, read_only=True)

    async def once(
        self,
        key: str | None,
        deed: Callable[[str | None], Awaitable[Result]],
        still_stands: Callable[[Result], Awaitable[bool]],
    ) -> Result:
        """Do `deed` under the key, or tell its answer again (`repeats`)."""
        answer = await self.services.repeats.once(key, deed, still_stands, is_new=self.heard.is_new(key))
        self.heard.note(key)
        return answer

    def key(self, operation: str, *parts: str) -> str | None:
        """What makes two messages one deed; None where the transaction date cannot say. All of it is hashed under the
        agency's key: the card may be a CPR number. Between the parts stands what no message has in it.
        """
        dated = self.moment("transaction_date")
        if dated is None or abs(self.now - dated) > _KEY_GOOD_FOR:
            return None
        keyring, agency = self.services.keyring, self.terminal.caller.agency
        told = "\0".join((operation, self.card, self.item, dated.isoformat(), *parts))
        return f"sip2/{operation}/{keyring.lookup_hash('sip2', agency, told).hex()}"
