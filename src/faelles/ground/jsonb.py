"""Values for the json columns of the database."""

import msgspec


def as_json(value: object) -> str:
    """The text of a json parameter, which a statement casts."""
    return msgspec.json.encode(value).decode()
