"""Groups of patrons and of materials."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from faelles.ground.fields import Code, Id, ShortText
from faelles.ground.i18n import Language
from faelles.ground.ids import AgencyId
from faelles.policies.model import GroupTree


class GroupKind(StrEnum):
    PATRON = "patron"
    MATERIAL = "material"


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A node of a tree. Rules for a group hold for all below it. `agency` 0: the nation's, the same for everybody."""

    id: int
    agency: AgencyId
    parent: int | None
    """None for the root, which means any."""
    code: str
    name_da: str
    name_en: str

    def name(self, language: Language) -> str:
        return self.name_da if language is Language.DANISH else self.name_en


class AddGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    parent: Id
    code: Code
    name_da: ShortText
    name_en: ShortText


class RenameGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name_da: ShortText
    name_en: ShortText


def tree_of(groups: Iterable[Group]) -> GroupTree:
    return GroupTree({group.id: group.parent for group in groups})
