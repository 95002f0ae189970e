"""A claim as the patron is shown it. Arrays in the shapes of store.py."""

from datetime import datetime

import msgspec

from faelles.catalog.numbers.rules import number_of
from faelles.circulation.desk.issues import IssueNamed
from faelles.fees.model import ChargeKind
from faelles.ground.ids import ChargeId, DivisionId, ItemNumber, MaterialGroupId, PatronId
from faelles.ground.money import Ore
from faelles.policies.model import SettingsRevision


class ClaimedCopy(msgspec.Struct, frozen=True, array_like=True):
    """What a loan is of that a claim is for, whether or not it is over."""

    item_number: ItemNumber
    identifier: str
    material_group: MaterialGroupId
    issue: IssueNamed | None

    @property
    def number(self) -> str:
        """The title's, as the outside knows it."""
        return number_of(self.identifier)


class OwnClaim(msgspec.Struct, frozen=True, array_like=True):
    """`charged_ore`: without what was taken back; `outstanding_ore`: what is left of it."""

    charge: ChargeId
    for_patron: PatronId
    """Whose account it stands on: a child's, where a guardian is liable."""
    division: DivisionId
    kind: ChargeKind
    step: int
    reason: str | None
    raised_at: datetime
    charged_ore: Ore
    outstanding_ore: Ore
    copies: tuple[ClaimedCopy, ...]


class OwnClaims(msgspec.Struct, frozen=True, array_like=True):
    """The newest first, and what the settings stand at."""

    revision: SettingsRevision
    claims: tuple[OwnClaim, ...]
