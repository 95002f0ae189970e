"""How one machine is spoken to over SIP2: everything that differs between makers and places, with its default.

A profile is kept as JSON beside its machine and changed by staff. The door reads it when the machine signs in and again
within a minute of a change; it decides nothing that the rules of lending decide. In `people/terminals`,
`sign_in_terminal(database, keyring, *, username, secret) -> Terminal` lets one in (raising as `sign_in_machine` does)
and `load_terminal(database, agency, machine) -> Terminal | None` reads it again: None once it is disabled.
"""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.ground.fields import PRINTABLE, Id, ShortText
from faelles.ground.ids import BranchId, DivisionId, MachineId
from faelles.people.model import Caller, MachineKind

Bin = Annotated[str, Meta(min_length=1, max_length=20, pattern=PRINTABLE)]
AlertCode = Annotated[str, Meta(pattern=r"^[0-9]{2}$(?!\n)")]
CurrencyCode = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]
Line = Annotated[str, Meta(min_length=1, max_length=120, pattern=PRINTABLE)]
MaterialTypeCode = Annotated[str, Meta(min_length=1, max_length=64)]


class Encoding(StrEnum):
    """3M's default is code page 850; makers of today use UTF-8 or Latin-1."""

    CP850 = "cp850"
    LATIN_1 = "latin-1"
    UTF_8 = "utf-8"


class DueDateForm(StrEnum):
    """AH is free text, and every kiosk parses it."""

    SIP = "sip"
    """`20261224    235900`"""
    ISO = "iso"
    """`2026-12-24`"""
    DANISH = "danish"
    """`24-12-2026`"""


class PinRule(StrEnum):
    """When a patron's PIN is asked for. A wrong one is always refused."""

    IN_EVERY_MESSAGE = "in_every_message"
    IN_SESSION = "in_session"
    """In the message, or earlier on this connection for the same card."""
    WHEN_GIVEN = "when_given"
    """The card is enough: readers at a staffed desk, doors, machines that ask for no PIN."""


class Extension(StrEnum):
    """Fields beyond 3M's document, by their identifiers. `AQ` and `CL` here: where the document does not have them."""

    ALERT_TYPE = "CV"
    DESTINATION = "CT"
    HOLD_PATRON = "CY"
    HOLD_PATRON_NAME = "DA"
    CALL_NUMBER = "CS"
    COLLECTION = "CR"
    SORT_BIN = "CL"
    EXPIRY = "PA"
    BIRTH_DATE = "PB"
    PATRON_CLASS = "PC"
    HOME_LIBRARY = "AQ"


class PersonalField(StrEnum):
    """What is told of a patron who is served. A protected address is withheld whatever the profile says."""

    NAME = "AE"
    ADDRESS = "BD"
    EMAIL = "BE"
    PHONE = "BF"


class Alert(StrEnum):
    """Why a returned copy is held out of the ordinary run."""

    HOLD_HERE = "hold_here"
    HOLD_ELSEWHERE = "hold_elsewhere"
    INTERLIBRARY = "interlibrary"
    SEND_ELSEWHERE = "send_elsewhere"
    OTHER = "other"


ALERT_CODES = {
    Alert.HOLD_HERE: "01",
    Alert.HOLD_ELSEWHERE: "02",
    Alert.INTERLIBRARY: "03",
    Alert.SEND_ELSEWHERE: "04",
    Alert.OTHER: "99",
}
"""CV as most sorters know it."""


class SortRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Into which bin a returned copy goes. Every condition that is given must hold; the first rule that fits counts."""

    bin: Bin
    alert: Alert | None = None
    hold: bool | None = None
    """Whether somebody waits for it, here or elsewhere."""
    foreign: bool | None = None
    """Whether it belongs to another library."""
    destination: Id | None = None
    """The branch it is to go to; a copy that stays goes to the machine's own."""
    material_group: Id | None = None
    """Its group, or one above it."""
    material_type: MaterialTypeCode | None = None
    placement: Id | None = None


class TerminalProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The settings of one machine. The delimiter is always `|`."""

    encoding: Encoding = Encoding.UTF_8
    institution: ShortText | None = None
    """AO in answers. None: the agency's ISIL. What a machine sends there is a label and picks nothing."""
    echoes_institution: bool = False
    """Answer with the AO that was sent, for makers that compare."""
    due_date: DueDateForm = DueDateForm.SIP
    currency: CurrencyCode | None = None
    """BH in answers. None: the agency's currency."""
    shows_currency: bool = True
    """Off for makers whose software stops at a currency it does not know."""
    pin: PinRule | None = None
    """None: in the session at a self-check, when given elsewhere."""
    renews: bool = True
    """What 98 says of renewals where the machine has no policy of its own."""
    extensions: frozenset[Extension] = frozenset(Extension) - {
        Extension.HOLD_PATRON,
        Extension.HOLD_PATRON_NAME,
        Extension.BIRTH_DATE,
    }
    personal: frozenset[PersonalField] = frozenset({PersonalField.NAME})
    alerts: dict[Alert, AlertCode] = {}
    """Where this maker's codes differ from ALERT_CODES."""
    alerting: frozenset[Alert] = frozenset(Alert)
    """Which reasons raise the alert flag; CV is told whichever they are."""
    sorting: Annotated[tuple[SortRule, ...], Meta(max_length=500)] = ()
    default_bin: Bin | None = None
    """CL where no rule fits: the reject bin. None: left out."""
    fulfils_holds: bool = True
    """Tie a returned copy to the hold it fills at once; off, it is only sent towards the next pick-up branch."""
    takes_back_unlent: bool = False
    """Answer ok to a return of what is not on loan (`checked_in_ok`)."""
    welcome: Line | None = None
    """AF in the answer to a status request."""
    library_name: Line | None = None
    """AM. None: the branch's name."""
    prints: bool = False
    """Send receipt lines (AG) with loans, returns and payments."""
    print_footer: Annotated[tuple[Line, ...], Meta(max_length=10)] = ()
    screen_width: Annotated[int, Meta(ge=10, le=255)] | None = None
    """The longest AF in characters; longer texts come as several. None: one AF a text."""
    timeout_tenths: Annotated[int, Meta(ge=0, le=999)] = 300
    """How long the machine should wait for an answer, in tenths of a second. 0: off line; 999: unknown."""
    retries: Annotated[int, Meta(ge=0, le=999)] = 3
    messages_per_second: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    """Messages beyond it wait; none is refused for it."""
    in_maintenance: bool = False
    """Answer `on-line N` to everything."""

    def alert_code(self, alert: Alert) -> str:
        return self.alerts.get(alert) or ALERT_CODES[alert]

    def pin_rule(self, kind: MachineKind) -> PinRule:
        if self.pin is not None:
            return self.pin
        return PinRule.IN_SESSION if kind is MachineKind.SELF_CHECK else PinRule.WHEN_GIVEN


class Terminal(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that has signed in: whom it acts for, where it stands, how it is spoken to."""

    machine: MachineId
    kind: MachineKind
    name: str
    """What staff call it; AN in answers."""
    branch: BranchId
    division: DivisionId
    renews_on_checkout: bool
    caller: Caller
    profile: TerminalProfile
    secret_hash: bytes
    """What it signed in with: once that is replaced, the connection ends."""

    def __repr__(self) -> str:
        return f"Terminal(machine={self.machine})"
