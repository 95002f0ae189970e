"""Messages as self-checks send them, made beforehand."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from faelles.bench.country import BLOCK, FREE_COPIES, LENT_COPIES, PIN, Country, Errand
from faelles.bench.model import COPIES_A_PATRON
from faelles.bench.terminals.model import Message

END: Final = b"\r"
_NO_DATE: Final = " " * 18
_ZONE: Final = ZoneInfo("Europe/Copenhagen")
"""The clock on the machine's wall, wherever the bench runs."""
_HOLDERS: Final = (
    3, 4, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15, 16, 16, 16,
    17, 17, 17, 17, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19,
)  # fmt: skip
"""Who of a block of twenty has each of its sixty loans, as fill.sql lends them."""
YES: Final = {
    Message.STATUS: b"98Y",
    Message.ITEM: b"18",
    Message.PATRON: b"64",
    Message.CHECKOUT: b"121",
    Message.RENEW: b"301",
    Message.RETURN: b"101",
}
"""What the answer begins with where it is no refusal."""


def login(username: str, secret: str) -> bytes:
    return f"9300CN{username}|CO{secret}|".encode() + END


def frame(message: Message, errand: Errand, now: datetime) -> bytes:
    """The message for one patron and one copy."""
    moment = now.astimezone(_ZONE).strftime("%Y%m%d    %H%M%S")
    match message:
        case Message.STATUS:
            text = "9900802.00"
        case Message.ITEM:
            text = f"17{moment}AO|AB{errand.item}|AC|"
        case Message.PATRON:
            text = f"63009{moment}  Y       AO|AA{errand.card}|AC|AD{PIN}|"
        case Message.CHECKOUT:
            text = f"11YN{moment}{_NO_DATE}AO|AA{errand.card}|AB{errand.item}|AC|AD{PIN}|BON|BIN|"
        case Message.RENEW:
            text = f"29NN{moment}{_NO_DATE}AO|AA{errand.card}|AD{PIN}|AB{errand.item}|BON|"
        case Message.RETURN:
            text = f"09N{moment}{moment}AP|AO|AB{errand.item}|AC|BIN|"
    return text.encode() + END


def held(country: Country, number: int) -> Errand:
    """The number-th lent copy, with the card of whoever has it."""
    errand = country.lent(number)
    patron = country.patron(number)
    slot = (patron - 1) % BLOCK * LENT_COPIES + int(errand.item) - (patron - 1) * COPIES_A_PATRON - FREE_COPIES - 1
    return _with_card(errand, (patron - 1) // BLOCK * BLOCK + 1 + _HOLDERS[slot])


def with_twenty_loans(country: Country, number: int) -> Errand:
    """The patron of the number-th block who has twenty loans."""
    errand = country.lent(number)
    return _with_card(errand, -(-country.patron(number) // BLOCK) * BLOCK)


def _with_card(errand: Errand, patron: int) -> Errand:
    return Errand(errand.number, errand.agency, f"K{patron:09d}", errand.item, errand.branch, errand.loan)
