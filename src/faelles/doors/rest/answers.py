"""What is answered of more than one thing."""

import msgspec


class Made(msgspec.Struct, frozen=True):
    """The id of what was added."""

    id: int


class Version(msgspec.Struct, frozen=True):
    """The version to decide the next change on."""

    version: int
