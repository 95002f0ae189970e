"""Numbers that are read or typed at the desk, and those that are no number of the library's."""

from faelles.catalog.operations import find_by_number
from faelles.catalog.rules import normal_isbn
from faelles.doors.web.desk.answers import ITEM_NUMBER_DIGITS, Entry, Tone
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.items.operations import owners_of_number
from faelles.people.model import Permission


def as_number(typed: str) -> str:
    """Figures that somebody read off a label in groups are one number."""
    whole = "".join(typed.split())
    return whole if whole.isdigit() else typed


def may_be_card(typed: str) -> bool:
    """One word with figures in it, as a card's number is: of another library's, mostly."""
    return len(typed.split()) == 1 and any(sign.isdigit() for sign in typed)


async def other_number(tx: Transaction, request: WebRequest, typed: str) -> Entry:
    """No number of the library's: mostly the publisher's barcode beside it, or a number of the catalogue."""
    caller = request.caller
    if len(typed) == ITEM_NUMBER_DIGITS and await owners_of_number(tx, caller, typed):
        return Entry(tone=Tone.STOP, code="web_scan_foreign", scanned=typed)
    records = await find_by_number(tx, caller, typed) if caller.may(Permission.CATALOG_VIEW) else ()
    code = code_of_unknown(typed)
    if records and code == "web_scan_unknown":
        return Entry(tone=Tone.ASK, code="web_scan_found", scanned=typed, titles=records)
    return Entry(tone=Tone.STOP, code=code, scanned=typed, titles=records)


def code_of_unknown(typed: str) -> str:
    """What is said of a scan that is nothing of the library's."""
    return "web_scan_isbn" if normal_isbn(typed) else "web_scan_unknown"
