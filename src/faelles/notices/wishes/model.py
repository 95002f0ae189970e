"""What patrons wish about their notices. What they never said is left to the program's defaults (rules.py)."""

from collections.abc import Mapping
from datetime import time
from typing import Annotated

from msgspec import Meta, Struct

from faelles.notices.model import ChannelName, Topic

Channels = Annotated[tuple[ChannelName, ...], Meta(max_length=4)]
KindName = Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,40}$(?!\n)")]


class Wishes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`channels`: by topic, in the order of preference; the first one that reaches the patron is used, none: nothing of
    the topic. What must be said is said all the same.
    """

    channels: Mapping[Topic, Channels] = {}
    kinds: Annotated[Mapping[KindName, bool], Meta(max_length=60)] = {}
    """Single kinds wanted or not, such as receipts."""
    quiet_from: time | None = None
    quiet_until: time | None = None
    """Hours not to be disturbed in, by the clock of the agency; past midnight where the first is the later one."""
    digest: bool = False
    """Everything of a day in one message in the morning."""


NO_WISHES = Wishes()
