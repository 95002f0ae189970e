"""A QR code as a picture in the page."""

from io import BytesIO

import segno
from markupsafe import Markup


def qr_code(text: str) -> Markup:
    """SVG without a name of its own; the page says beside it what it is. White around it, for cameras in the dark."""
    written = BytesIO()
    segno.make(text, error="m").save(
        written,
        kind="svg",
        xmldecl=False,
        svgns=True,
        scale=5,
        border=3,
        light="#fff",
        dark="#000",
        svgclass="qr",
        lineclass=None,
    )
    return Markup(written.getvalue().decode())  # noqa: S704 - written by segno: paths and numbers
