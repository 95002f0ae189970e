"""What is asked and answered about SIP2 machines: profiles, status, counts, traces."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from faelles.ground.fields import ShortText
from faelles.ground.ids import MachineId
from faelles.people.machines.terminal import (
    Alert,
    AlertCode,
    Bin,
    CurrencyCode,
    DueDateForm,
    Encoding,
    Extension,
    Line,
    PersonalField,
    PinRule,
    SortRule,
    TerminalProfile,
)
from faelles.people.model import MachineKind

TRACE_HOURS, TRACE_ROWS = 4, 2_000
LONGEST_TRACE_HOURS = 72
MOST_TRACE_ROWS = 20_000


class ProfileShown(TerminalProfile, frozen=True, kw_only=True, omit_defaults=False):
    """A profile with every setting written out, whether chosen or the program's own."""


class ProfileChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is left out stays as it is; null chooses what the program chooses."""

    encoding: Encoding | UnsetType = UNSET
    institution: ShortText | UnsetType | None = UNSET
    echoes_institution: bool | UnsetType = UNSET
    due_date: DueDateForm | UnsetType = UNSET
    currency: CurrencyCode | UnsetType | None = UNSET
    shows_currency: bool | UnsetType = UNSET
    pin: PinRule | UnsetType | None = UNSET
    renews: bool | UnsetType = UNSET
    extensions: frozenset[Extension] | UnsetType = UNSET
    personal: frozenset[PersonalField] | UnsetType = UNSET
    alerts: dict[Alert, AlertCode] | UnsetType = UNSET
    alerting: frozenset[Alert] | UnsetType = UNSET
    sorting: Annotated[tuple[SortRule, ...], Meta(max_length=500)] | UnsetType = UNSET
    default_bin: Bin | UnsetType | None = UNSET
    fulfils_holds: bool | UnsetType = UNSET
    takes_back_unlent: bool | UnsetType = UNSET
    welcome: Line | UnsetType | None = UNSET
    library_name: Line | UnsetType | None = UNSET
    prints: bool | UnsetType = UNSET
    print_footer: Annotated[tuple[Line, ...], Meta(max_length=10)] | UnsetType = UNSET
    screen_width: Annotated[int, Meta(ge=10, le=255)] | UnsetType | None = UNSET
    timeout_tenths: Annotated[int, Meta(ge=0, le=999)] | UnsetType = UNSET
    retries: Annotated[int, Meta(ge=0, le=999)] | UnsetType = UNSET
    messages_per_second: Annotated[int, Meta(ge=1, le=100_000)] | UnsetType = UNSET
    in_maintenance: bool | UnsetType = UNSET


class TerminalOutcome(StrEnum):
    """How a message ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """Answered, and the answer was no."""
    RESEND = "resend"
    """Its checksum was wrong: it was asked for again (96)."""
    UNANSWERED = "unanswered"
    """A command that nobody knows."""


class Tally(msgspec.Struct, frozen=True):
    """So many messages of a kind ended so. `message`: the two characters it begins with."""

    message: str
    outcome: TerminalOutcome
    number: int


class ConnectedOver(StrEnum):
    PLAIN = "plain"
    TLS = "tls"


class Whence(msgspec.Struct, frozen=True):
    """Where a machine connected from, and how."""

    address: str
    over: ConnectedOver


class TerminalStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a machine is doing, as told some ten seconds ago at most."""

    machine: MachineId
    username: str
    name: str
    kind: MachineKind
    is_disabled: bool
    in_maintenance: bool
    """By its own profile, for the whole agency, or for the whole country."""
    connected_since: datetime | None
    connected_from: str | None
    """The address, also of a connection that is gone."""
    connected_over: ConnectedOver | None
    served_by: str | None
    """The server that has its connection."""
    last_seen_at: datetime | None
    traced_until: datetime | None
    counts: tuple[Tally, ...]
    """Since it was registered."""


class Maintenance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether all machines of the agency (the nation's own: of the country) are told that the library is off line."""

    is_on: bool


class StartTrace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keep what a machine says and hears: so long, and of it the latest `rows` messages."""

    hours: Annotated[int, Meta(ge=1, le=LONGEST_TRACE_HOURS)] = TRACE_HOURS
    rows: Annotated[int, Meta(ge=1, le=MOST_TRACE_ROWS)] = TRACE_ROWS


class Direction(StrEnum):
    RECEIVED = "received"
    SENT = "sent"


class TraceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One message. In `frame`, asterisks stand for secrets and for whatever would say who somebody is."""

    id: int
    at: datetime
    direction: Direction
    frame: str


class NewTraceLine(msgspec.Struct, frozen=True):
    machine: MachineId
    at: datetime
    direction: Direction
    frame: str


class Sighting(msgspec.Struct, frozen=True):
    """A machine as the server sees it: None for `connected_since` where no connection is left."""

    machine: MachineId
    seen_at: datetime
    connected_since: datetime | None
    whence: Whence | None = None


class Observed(msgspec.Struct, frozen=True):
    """What a server has seen of one agency's machines since it told last."""

    sightings: tuple[Sighting, ...] = ()
    counts: tuple[tuple[MachineId, Tally], ...] = ()
    trace: tuple[NewTraceLine, ...] = ()
