"""Who the command line acts as: the session that `faelles login` keeps in a file only its owner can read."""

import os
from pathlib import Path

import msgspec

from faelles.ground.config import Config

_PRIVATE = 0o600


class StaffSession(msgspec.Struct, frozen=True, kw_only=True):
    token: str
    branch: int | None = None
    """Where the user stands, unless a command says otherwise."""

    def __repr__(self) -> str:
        return "StaffSession()"


def read(config: Config) -> StaffSession | None:
    """The session that is kept, or None where there is none that can be read."""
    try:
        return msgspec.json.decode(_file(config).read_bytes(), type=StaffSession)
    except (OSError, msgspec.DecodeError):
        return None


def keep(config: Config, session: StaffSession) -> Path:
    """Keep the session in place of an earlier one; tells where."""
    file = _file(config)
    file.parent.mkdir(parents=True, exist_ok=True)
    # Made anew: the mode of a file that is there already would stay as it is.
    forget(config)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as new:
        new.write(msgspec.json.encode(session))
    return file


def forget(config: Config) -> None:
    _file(config).unlink(missing_ok=True)


def _file(config: Config) -> Path:
    return config.state_directory / "session.json"
