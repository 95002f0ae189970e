"""What kinds of material there are: a list kept as data, so that a new kind is a line and no program."""

from functools import cache
from importlib import resources

import msgspec

from faelles.ground.errors import invalid_field


@cache
def known() -> frozenset[str]:
    source = resources.files("faelles.catalog") / "data" / "material_types.json"
    return frozenset(msgspec.json.decode(source.read_bytes(), type=list[str]))


def require_known(material_type: object) -> None:
    """Refuse a material type that no rule and no statistic would understand."""
    if material_type not in known():
        raise invalid_field("material_type", "material_type_unknown", known=", ".join(sorted(known())))
