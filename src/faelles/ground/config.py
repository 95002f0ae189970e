"""Every setting of the program: an environment variable, its meaning, its default."""

import ipaddress
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

from faelles.ground.crypto import Keyring, MasterKey, new_master_key, parse_master_keys
from faelles.ground.errors import MisconfiguredError

_HIGHEST_PORT = 65535
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_YES, _NO = "1", "0"


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Sip2Config:
    """Where self-checks, sorters and readers connect. A port that is not set is not opened."""

    address: str
    """FAELLES_SIP2_ADDRESS: for plain text, so on the loopback or a private network. Default: 127.0.0.1."""
    port: int | None
    """FAELLES_SIP2_PORT. SIP2's usual one is 6001."""
    tls_address: str
    """FAELLES_SIP2_TLS_ADDRESS. Default: FAELLES_SIP2_ADDRESS."""
    tls_port: int | None
    """FAELLES_SIP2_TLS_PORT."""
    tls_certificate: Path | None
    """FAELLES_SIP2_TLS_CERTIFICATE: a PEM file with the chain, the server's own first."""
    tls_key: Path | None
    """FAELLES_SIP2_TLS_KEY: its private key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsConfig:
    """The ways by which notices leave. What is not set is, outside production, a folder in the state directory."""

    smtp_url: str | None
    """FAELLES_SMTP_URL: smtp://user:password@host:587 (STARTTLS), smtps://...:465, or smtp+plain:// on this machine."""
    mail_from: str | None
    """FAELLES_MAIL_FROM: the address that mail comes from, and that bounces go to."""
    sms_url: str | None
    """FAELLES_SMS_URL: an SMS gateway."""
    sms_secret: str | None
    """FAELLES_SMS_SECRET: what both sides sign with."""
    mailbox_url: str | None
    """FAELLES_MAILBOX_URL: a gateway to the national mailbox."""
    mailbox_secret: str | None
    """FAELLES_MAILBOX_SECRET."""
    letters: Path | None
    """FAELLES_LETTERS: the folder that the printer's house empties."""

    def __repr__(self) -> str:
        return "ChannelsConfig()"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterConfig:
    """The nation's person register, and whoever proves who signs in. Without an address there is, outside production,
    a pretended one.
    """

    url: str | None = None
    """FAELLES_REGISTER_URL: a gateway to the civil registration system."""
    secret: str | None = None
    """FAELLES_REGISTER_SECRET: what both sides sign with."""
    certificate: Path | None = None
    """FAELLES_REGISTER_CERTIFICATE: a PEM file with our own certificate and its key, where the gateway wants one."""
    login_url: str | None = None
    """FAELLES_LOGIN_URL: an OpenID provider that knows people by their CPR number."""
    login_client: str | None = None
    """FAELLES_LOGIN_CLIENT: what it knows us by."""
    login_secret: str | None = None
    """FAELLES_LOGIN_SECRET."""

    def __repr__(self) -> str:
        return "RegisterConfig()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What a room needs to know of where it runs, to deal with systems outside."""

    is_production: bool
    public_url: str
    """Where the world finds us, without a slash at the end."""
    exchange_directory: Path
    """Files for and from other systems, a directory for each agency."""
    register: RegisterConfig = RegisterConfig()
    proxies: tuple[Network, ...] = ()
    """In front of us; what they say of where a request comes from is believed."""


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
    sip2: Sip2Config
    channels: ChannelsConfig
    register: RegisterConfig
    proxies: tuple[Network, ...]
    """FAELLES_PROXIES: addresses or networks, with commas between, whose `X-Forwarded-For` is believed. Default: this
    machine alone.
    """
    public_url: str
    """FAELLES_PUBLIC_URL: how browsers and payment providers reach us. Default: http:// and where we listen."""
    exchange_directory: Path
    """FAELLES_EXCHANGE: where files are exchanged with debtor systems. Default: exchange in the state directory."""
    log_level: str
    """FAELLES_LOG_LEVEL: DEBUG, INFO, WARNING, ERROR. Default: INFO."""
    is_production: bool
    """FAELLES_PRODUCTION=1 refuses demo keys, built-in adapters and a database role that could pass row policies."""
    master_keys: tuple[MasterKey, ...]
    """FAELLES_MASTER_KEY: see ground/crypto.py. Outside production one is made and kept in the state directory."""

    @property
    def keyring(self) -> Keyring:
        return Keyring(self.master_keys)

    @property
    def installation(self) -> Installation:
        return Installation(
            is_production=self.is_production,
            public_url=self.public_url,
            exchange_directory=self.exchange_directory,
            register=self.register,
            proxies=self.proxies,
        )


def read_config(environment: Mapping[str, str] | None = None) -> Config:
    """Read the settings, or raise MisconfiguredError naming the first one that cannot be used."""
    source = os.environ if environment is None else environment
    state = Path(source.get("FAELLES_STATE") or "var").absolute()
    is_production = _choice(source, "FAELLES_PRODUCTION", (_NO, _YES), default=_NO) == _YES
    # An empty host would be every address of the machine.
    host = source.get("FAELLES_HTTP_HOST") or "127.0.0.1"
    port = _whole_number(source, "FAELLES_HTTP_PORT", 8000, _HIGHEST_PORT)
    return Config(
        state_directory=state,
        database_url=_database_url(source, "FAELLES_DATABASE_URL"),
        owner_database_url=_database_url(source, "FAELLES_OWNER_DATABASE_URL"),
        database_connections=_whole_number(source, "FAELLES_DATABASE_CONNECTIONS", 8, 500),
        http_host=host,
        http_port=port,
        sip2=_sip2(source),
        channels=_channels(source),
        register=_register(source),
        proxies=_networks(source, "FAELLES_PROXIES", "127.0.0.0/8,::1"),
        public_url=(source.get("FAELLES_PUBLIC_URL") or web_address(host, port)).rstrip("/"),
        exchange_directory=Path(source.get("FAELLES_EXCHANGE") or state / "exchange").absolute(),
        log_level=_choice(source, "FAELLES_LOG_LEVEL", _LOG_LEVELS, default="INFO"),
        is_production=is_production,
        master_keys=_master_keys(source, state, is_production=is_production),
    )


def _database_url(source: Mapping[str, str], name: str) -> str | None:
    url = source.get(name) or None
    try:
        urlsplit(url)
    except ValueError:
        raise MisconfiguredError("database_url_malformed") from None
    return url


def _sip2(source: Mapping[str, str]) -> Sip2Config:
    address = source.get("FAELLES_SIP2_ADDRESS", "127.0.0.1")
    wanted = Sip2Config(
        address=address,
        port=_port(source, "FAELLES_SIP2_PORT"),
        tls_address=source.get("FAELLES_SIP2_TLS_ADDRESS", address),
        tls_port=_port(source, "FAELLES_SIP2_TLS_PORT"),
        tls_certificate=_file(source, "FAELLES_SIP2_TLS_CERTIFICATE"),
        tls_key=_file(source, "FAELLES_SIP2_TLS_KEY"),
    )
    if not _is_private(address):
        # SIP2 sends PINs and secrets as they are.
        raise MisconfiguredError("sip2_address_not_private", address=address[:64])
    if wanted.tls_port is not None and (wanted.tls_certificate is None or wanted.tls_key is None):
        raise MisconfiguredError("sip2_tls_certificate_missing")
    return wanted


def _channels(source: Mapping[str, str]) -> ChannelsConfig:
    return ChannelsConfig(
        smtp_url=source.get("FAELLES_SMTP_URL") or None,
        mail_from=source.get("FAELLES_MAIL_FROM") or None,
        sms_url=source.get("FAELLES_SMS_URL") or None,
        sms_secret=source.get("FAELLES_SMS_SECRET") or None,
        mailbox_url=source.get("FAELLES_MAILBOX_URL") or None,
        mailbox_secret=source.get("FAELLES_MAILBOX_SECRET") or None,
        letters=_file(source, "FAELLES_LETTERS"),
    )


def _register(source: Mapping[str, str]) -> RegisterConfig:
    wanted = RegisterConfig(
        url=source.get("FAELLES_REGISTER_URL") or None,
        secret=source.get("FAELLES_REGISTER_SECRET") or None,
        certificate=_file(source, "FAELLES_REGISTER_CERTIFICATE"),
        login_url=source.get("FAELLES_LOGIN_URL") or None,
        login_client=source.get("FAELLES_LOGIN_CLIENT") or None,
        login_secret=source.get("FAELLES_LOGIN_SECRET") or None,
    )
    if wanted.url and not wanted.secret:
        raise MisconfiguredError("register_secret_missing")
    if wanted.login_url and not (wanted.login_client and wanted.login_secret):
        raise MisconfiguredError("login_client_missing")
    return wanted


def _port(source: Mapping[str, str], name: str) -> int | None:
    return _whole_number(source, name, 0, _HIGHEST_PORT) if source.get(name) else None


def _networks(source: Mapping[str, str], name: str, default: str) -> tuple[Network, ...]:
    try:
        return tuple(
            ipaddress.ip_network(each.strip()) for each in source.get(name, default).split(",") if each.strip()
        )
    except ValueError:
        raise MisconfiguredError("setting_not_networks", setting=name) from None


def _file(source: Mapping[str, str], name: str) -> Path | None:
    return Path(source[name]).absolute() if source.get(name) else None


def _is_private(address: str) -> bool:
    """Whether it is one address of the loopback or of a private network; all of the machine's addresses are not."""
    try:
        place = ipaddress.ip_address(address)
    except ValueError:
        return False
    return place.is_private and not place.is_unspecified


def web_address(host: str, port: int) -> str:
    """How browsers write it."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _choice(source: Mapping[str, str], name: str, choices: Sequence[str], *, default: str) -> str:
    wish = (source.get(name) or default).upper()
    if wish not in choices:
        raise MisconfiguredError("setting_not_a_choice", setting=name, choices=", ".join(choices))
    return wish


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
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            _publish(new_master_key() + "\n", file)
        return file.read_text().strip()
    except OSError as problem:
        reason = problem.strerror or "?"
        raise MisconfiguredError("state_not_usable", place=str(file.parent), reason=reason) from problem


def _publish(text: str, file: Path) -> None:
    """Let `file` appear whole, or leave the one that came first: a reader must never meet half a key."""
    with NamedTemporaryFile("w", dir=file.parent, prefix=f"{file.name}-") as draft:
        draft.write(text)
        draft.flush()
        with suppress(FileExistsError):
            os.link(draft.name, file)
