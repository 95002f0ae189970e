"""The log of looks as people read it: who by the kind of role, never by name, and what for in words."""

from collections.abc import Iterable

import msgspec

from faelles.ground import i18n
from faelles.ground.i18n import Language
from faelles.patrons.looking.model import AccessEntry


class AccessShown(AccessEntry, frozen=True, kw_only=True):
    who: str
    """What kind of one looked: a member of staff, a machine."""
    text: str
    """What for."""


def shown(entries: Iterable[AccessEntry], language: Language) -> list[AccessShown]:
    return [
        AccessShown(
            **msgspec.structs.asdict(entry),
            who=i18n.text(f"actor_{entry.actor.partition(':')[0]}", language),
            text=i18n.text(f"access_{entry.operation}", language),
        )
        for entry in entries
    ]
