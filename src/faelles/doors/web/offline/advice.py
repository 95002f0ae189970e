"""What to do about a conflict of the time without a connection: one suggestion for each kind. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from faelles.circulation.desk.blocks import BlockCode

_LENT: Final[Mapping[str, str]] = {
    BlockCode.PATRON_NOT_FOUND: "web_advice_find_borrower",
    BlockCode.SCAN_AMBIGUOUS: "web_advice_find_borrower",
    BlockCode.CARD_ENDED: "web_advice_card_ended",
    BlockCode.SECOND_BORROWER_NOT_FOUND: "web_advice_find_borrower",
    BlockCode.MATERIAL_NOT_FOUND: "web_advice_find_copy",
    BlockCode.NO_DUE_DATE: "web_advice_lend_again",
    BlockCode.ON_LOAN_TO_OTHER: "web_advice_ask_earlier_borrower",
    BlockCode.ALREADY_LOANED: "web_advice_ask_earlier_borrower",
    BlockCode.ON_HOLD_FOR_OTHER: "web_advice_call_back",
    BlockCode.PATRON_BLOCKED: "web_advice_talk_to_borrower",
    BlockCode.EXCLUDED: "web_advice_talk_to_borrower",
    BlockCode.DEBT_OVER_LIMIT: "web_advice_ask_for_payment",
    BlockCode.HAS_OVERDUES: "web_advice_talk_to_borrower",
    BlockCode.MEMBERSHIP_MISSING: "web_advice_register_borrower",
    BlockCode.MEMBERSHIP_ENDED: "web_advice_register_borrower",
    BlockCode.TOO_YOUNG: "web_advice_call_back",
    BlockCode.MATERIAL_DISCARDED: "web_advice_restore_copy",
    BlockCode.MATERIAL_NOT_LOANABLE: "web_advice_call_back",
    BlockCode.LOANING_PROFILE_NOT_FOUND: "web_advice_call_back",
}
_RETURNED: Final[Mapping[str, str]] = {
    BlockCode.MATERIAL_NOT_FOUND: "web_advice_find_copy",
    BlockCode.RETURN_NOT_HERE: "web_advice_send_home",
}
_ELSE: Final = "web_advice_look"


def advice_on(kind: str, conflicts: Sequence[str]) -> list[str]:
    """Message ids of what to do, without doubles; empty for an entry that has nothing to do with such a time."""
    if not kind.startswith("offline_"):
        return []
    table = _RETURNED if kind == "offline_return" else _LENT
    return list(dict.fromkeys(table.get(code, _ELSE) for code in conflicts if code))
