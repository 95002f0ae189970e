"""Ways out that lead nowhere but to a folder, for the demo and for trying things out. Refused in production."""

import asyncio
from pathlib import Path
from typing import Final

from faelles.notices.channels.files import put
from faelles.notices.channels.letter import as_letter
from faelles.notices.channels.mail import as_mail
from faelles.notices.channels.port import Delivery, Envelope, Verdict
from faelles.notices.model import ChannelName

_SENDER: Final = "bibliotek@faelles.invalid"
_ENDING: Final = {
    ChannelName.EMAIL: "eml",
    ChannelName.SMS: "txt",
    ChannelName.MAILBOX: "txt",
    ChannelName.LETTER: "pdf",
}


class BuiltInFolder:
    """Writes what would have gone out: mail as it would be on the wire, letters as they would be printed."""

    is_built_in = True
    at_once = 1

    def __init__(self, name: ChannelName, folder: Path) -> None:
        self.name = name
        self._folder = folder

    async def deliver(self, envelope: Envelope) -> Delivery:
        await asyncio.to_thread(put, self._folder, f"{envelope.key}.{_ENDING[self.name]}", self._content(envelope))
        return Delivery(Verdict.ACCEPTED, reference=envelope.key)

    async def close(self) -> None:
        return

    def _content(self, envelope: Envelope) -> bytes:
        if self.name is ChannelName.EMAIL:
            return as_mail(envelope, _SENDER)
        if self.name is ChannelName.LETTER:
            return as_letter(envelope)
        # Where to is left out: for the mailbox it is a CPR number.
        return f"{envelope.sender}\n{envelope.subject}\n\n{envelope.body}\n".encode()
