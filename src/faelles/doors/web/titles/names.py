"""What codes of the catalogue are called; one that has no name is shown as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from faelles.agencies.model import Placement
from faelles.ground import i18n
from faelles.ground.i18n import Language

_BESIDE: Final = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "


def shelf_name(placement: Placement) -> str:
    """What a place on the shelves is called: department, location, sublocation, section."""
    return shelf_path((placement.department, placement.location, placement.sublocation, placement.section))


def shelf_path(parts: Sequence[str | None]) -> str:
    """A place on the shelves, from its parts; those it has."""
    return _BESIDE.join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Names:
    """In one language."""

    language: Language

    def material(self, material_type: str) -> str:
        return self._name(f"web_material_{material_type}", material_type)

    def spoken(self, code: str | None) -> str:
        """Of danMARC2's three letters."""
        return "" if code is None else self._name(f"web_spoken_{code}", code)

    def _name(self, code: str, plain: str) -> str:
        return i18n.text(code, self.language) if i18n.knows(code, self.language) else plain
