"""Every setting of the program: an environment variable, its meaning, its default."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from faelles.ground.crypto import Keyring, MasterKey, new_master_key, parse_master_keys
from faelles.ground.errors import MisconfiguredError

_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Config:
    """What the environment says. Read once at the start and handed down; nothing reads the environment later."""

    state_directory: Path
    """FAELLES_STATE: where the embedded database, the demo key and var/demo.json live. Default: ./var."""
    database_url: str | None
    """FAELLES_DATABASE_URL: a PostgreSQL >= 17 of your own. Unset: the embedded one."""
    owner_database_url: str | None
    """FAELLES_OWNER_DATABASE_URL: the role that migrates, where it is not the one in FAELLES_DATABASE_URL."""
    database_connections: int
    """FAELLES_DATABASE_CONNECTIONS: about four a core. Default: 8."""
    http_host: str
    """FAELLES_HTTP_HOST. Default: 127.0.0.1; put a TLS-terminating proxy in front to go further."""
    http_port: int
    """FAELLES_HTTP_PORT. Default: 8000."""
    log_level: str
    """FAELLES_LOG_LEVEL: DEBUG, INFO, WARNING, ERROR. Default: INFO."""
    is_production: bool
    """FAELLES_PRODUCTION=1 refuses demo keys, built-in adapters and a database role that could pass row policies."""
    master_keys: tuple[MasterKey, ...]
    """FAELLES_MASTER_KEY: see ground/crypto.py. Outside production one is made and kept in the state directory."""

    @property
    def keyring(self) -> Keyring:
        return Keyring(self.master_keys)


def read_config(environment: Mapping[str, str] | None = None) -> Config:
    """Read the settings, or raise MisconfiguredError naming the first one that cannot be used."""
    source = os.environ if environment is None else environment
    state = Path(source.get("FAELLES_STATE", "var")).absolute()
    is_production = source.get("FAELLES_PRODUCTION", "") == "1"
    return Config(
        state_directory=state,
        database_url=source.get("FAELLES_DATABASE_URL") or None,
        owner_database_url=source.get("FAELLES_OWNER_DATABASE_URL") or None,
        database_connections=_whole_number(source, "FAELLES_DATABASE_CONNECTIONS", 8, 500),
        http_host=source.get("FAELLES_HTTP_HOST", "127.0.0.1"),
        http_port=_whole_number(source, "FAELLES_HTTP_PORT", 8000, _HIGHEST_PORT),
        log_level=source.get("FAELLES_LOG_LEVEL", "INFO"),
        is_production=is_production,
        master_keys=_master_keys(source, state, is_production=is_production),
    )


def _whole_number(source: Mapping[str, str], name: str, default: int, highest: int) -> int:
    text = source.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= highest:
        raise MisconfiguredError("setting_not_a_number", setting=name, highest=highest)
    return int(text)


def _master_keys(source: Mapping[str, str], state: Path, *, is_production: bool) -> tuple[MasterKey, ...]:
    if text := source.get("FAELLES_MASTER_KEY"):
        return parse_master_keys(text)
    if is_production:
        raise MisconfiguredError("master_key_missing")
    return parse_master_keys(_demo_key(state / "demo-master-key"))


def _demo_key(file: Path) -> str:
    """The key this machine's demo made for itself, made now if it is not there. Two starts at once agree on one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        _publish(new_master_key() + "\n", file)
    return file.read_text().strip()


def _publish(text: str, file: Path) -> None:
    """Let `file` appear whole, or leave the one that came first: a reader must never meet half a key."""
    with NamedTemporaryFile("w", dir=file.parent, prefix=f"{file.name}-") as draft:
        draft.write(text)
        draft.flush()
        with suppress(FileExistsError):
            os.link(draft.name, file)
