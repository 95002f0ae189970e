"""Letters on paper: PDF files in the folder that the printer's house empties."""

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

from faelles.ground.i18n import date_text
from faelles.notices.channels.files import put
from faelles.notices.channels.port import Delivery, Envelope, Verdict
from faelles.notices.model import ChannelName

_WINDOW: Final = 45 * mm
"""From the upper edge to the first line of the address, where envelopes have their window (C5, ISO 269)."""
_MARGIN: Final = 22 * mm
_FONT: Final = "Vera"
"""Comes with the library; embedded, so that every printer has it."""


class LetterFolder:
    """One file a letter, whole or not there at all, under the message's own key: said twice it is one letter."""

    name = ChannelName.LETTER
    is_built_in = False
    at_once = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def deliver(self, envelope: Envelope) -> Delivery:
        try:
            await asyncio.to_thread(put, self._folder, f"{envelope.key}.pdf", as_letter(envelope))
        except OSError as problem:
            return Delivery(Verdict.UNAVAILABLE, detail=type(problem).__name__, is_down=True)
        return Delivery(Verdict.ACCEPTED, reference=f"{envelope.key}.pdf")

    async def close(self) -> None:
        return


def as_letter(envelope: Envelope) -> bytes:
    """The letter as PDF: whom it is from and to in the window, date, heading, text."""
    pdfmetrics.registerFont(TTFont(_FONT, "Vera.ttf"))
    pdfmetrics.registerFont(TTFont(f"{_FONT}-Bold", "VeraBd.ttf"))
    plain = ParagraphStyle("plain", fontName=_FONT, fontSize=10, leading=14)
    small = ParagraphStyle("small", parent=plain, fontSize=7, leading=10)
    heading = ParagraphStyle("heading", parent=plain, fontName=f"{_FONT}-Bold", spaceBefore=10, spaceAfter=8)
    made = BytesIO()
    document = SimpleDocTemplate(
        made,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_WINDOW,
        bottomMargin=_MARGIN,
        title=envelope.subject,
        author=envelope.sender,
        lang=envelope.language.value,
        invariant=1,
    )
    document.build(
        [
            Paragraph(_lines(", ".join(filter(None, (envelope.sender, envelope.sender_address)))), small),
            Paragraph(_lines(envelope.recipient), plain),
            Spacer(1, 18 * mm),
            Paragraph(_lines(f"{envelope.sender}, {date_text(envelope.composed_at.date(), envelope.language)}"), plain),
            Paragraph(_lines(envelope.subject), heading),
            *(Paragraph(_lines(part) or "&nbsp;", plain) for part in envelope.body.split("\n")),
        ]
    )
    return made.getvalue()


def _lines(words: str) -> str:
    return "<br/>".join(escape(line) for line in words.split("\n"))
