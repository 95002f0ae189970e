"""Numbers of titles as the outside knows them."""

from faelles.catalog.rules import LOCAL_BASE, NATIONAL_BASE


def number_of(identifier: str) -> str:
    """The FAUST number of a national record, the agency's own number of a local one; else the whole identifier."""
    owner, _, number = identifier.rpartition(":")
    return number if owner == NATIONAL_BASE or owner.endswith(f"-{LOCAL_BASE}") else identifier
