"""The ways out of this installation, as its settings say."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from faelles.ground.config import ChannelsConfig
from faelles.ground.errors import MisconfiguredError
from faelles.ground.signed_http import SignedClient
from faelles.notices.channels.built_in import BuiltInFolder
from faelles.notices.channels.gateways import MailboxGateway, SmsGateway
from faelles.notices.channels.letter import LetterFolder
from faelles.notices.channels.mail import SmtpMail, read_mail_server
from faelles.notices.channels.port import Channel
from faelles.notices.model import ChannelName

_OUTBOX: Final = "outbox"


@asynccontextmanager
async def open_channels(
    config: ChannelsConfig, state_directory: Path, *, is_production: bool
) -> AsyncIterator[Mapping[ChannelName, Channel]]:
    """What is set; what is not is a folder under `state_directory`, or in production not there at all.

    Raises MisconfiguredError for a setting that cannot work, and in production where there is no mail.
    """
    channels = dict(_set(config))
    if is_production and ChannelName.EMAIL not in channels:
        raise MisconfiguredError("mail_not_set")
    if not is_production:
        missing = [name for name in ChannelName if name not in channels]
        channels |= {name: BuiltInFolder(name, state_directory / _OUTBOX) for name in missing}
    async with AsyncExitStack() as opened:
        for channel in channels.values():
            opened.push_async_callback(channel.close)
        yield channels


def _set(config: ChannelsConfig) -> list[tuple[ChannelName, Channel]]:
    found: list[Channel] = []
    if config.smtp_url:
        if not config.mail_from:
            raise MisconfiguredError("mail_from_missing")
        found.append(SmtpMail(read_mail_server(config.smtp_url), config.mail_from))
    if config.sms_url:
        found.append(SmsGateway(_client(config.sms_url, config.sms_secret)))
    if config.mailbox_url:
        found.append(MailboxGateway(_client(config.mailbox_url, config.mailbox_secret)))
    if config.letters:
        found.append(LetterFolder(config.letters))
    return [(channel.name, channel) for channel in found]


def _client(url: str, secret: str | None) -> SignedClient:
    if not secret:
        raise MisconfiguredError("gateway_secret_missing")
    # No pauses of its own: what cannot go now is tried again from the outbox, after it was checked again.
    return SignedClient(base_url=url, secret=secret, pauses=())
