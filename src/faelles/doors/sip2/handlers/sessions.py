"""98 and 36: what this server does for the machine, and the end of a patron's session."""

from collections.abc import Mapping
from functools import lru_cache

from faelles.doors.sip2 import codes
from faelles.doors.sip2.answers import receipt, shown, stamped
from faelles.doors.sip2.exchange import Answer, Exchange
from faelles.doors.sip2.messages import Message, Values
from faelles.people.model import MachineKind, Permission
from faelles.people.rules import MACHINE_PERMISSIONS

VERSION = "2.00"
_CAN = {
    "checkin_ok": Permission.RETURN,
    "checkout_ok": Permission.CHECKOUT,
    "status_update_ok": Permission.CARD_BLOCK,
    "off_line_ok": Permission.OFFLINE,
}
_BEFORE_SIGN_IN = MACHINE_PERMISSIONS[MachineKind.SELF_CHECK]
"""Some machines ask before they sign in: they are told what there is, not what will be theirs."""
_TIMEOUT, _RETRIES = "300", "003"
_NARROWEST = 10
"""Characters in a line; as few as a screen may have."""


def print_width(message: Message) -> int | None:
    """What 99 says of the machine's printer; None where that is nothing, or less than a word."""
    told = message.fixed["max_print_width"]
    width = int(told) if told.isascii() and told.isdigit() else 0
    return width if width >= _NARROWEST else None


def status(exchange: Exchange) -> Answer:
    profile, where = exchange.profile, exchange.where
    held = exchange.permissions()
    values: dict[str, str | list[str]] = {
        "AO": exchange.institution,
        "AM": profile.library_name or where.branches[exchange.branch].name,
        "BX": codes.supported(held),
        "AN": exchange.terminal.name,
        "AG": receipt(exchange),
    }
    if profile.welcome:
        values["AF"] = shown(exchange, [profile.welcome])
    fixed = {
        **_fixed(held, exchange.today_and_now),
        "acs_renewal_policy": codes.yes_no(is_so=profile.renews and Permission.RENEW in held),
        "timeout_period": f"{profile.timeout_tenths:03d}",
        "retries_allowed": f"{profile.retries:03d}",
    }
    return Answer(fixed, values)


def status_before_sign_in(now: str) -> Answer:
    return Answer(_fixed(_BEFORE_SIGN_IN, now), {"AO": "", "BX": codes.supported(_BEFORE_SIGN_IN)})


def off_line(now: str, institution: str) -> Answer:
    """Nothing is done now; the machine repeats its message later."""
    values: Values = {"AO": institution, "BX": "N" * len(codes.SUPPORTED)}
    return Answer({**_fixed(frozenset(), now), "on_line_status": "N"}, values)


def _fixed(held: frozenset[Permission], now: str) -> dict[str, str]:
    return {**_fixed_for(held), "date_time_sync": now}


@lru_cache
def _fixed_for(held: frozenset[Permission]) -> Mapping[str, str]:
    """All but the time: machines ask for this more often than for anything else, and few kinds of them differ."""
    return {
        "on_line_status": "Y",
        **{name: codes.yes_no(is_so=permission in held) for name, permission in _CAN.items()},
        "acs_renewal_policy": codes.yes_no(is_so=Permission.RENEW in held),
        "timeout_period": _TIMEOUT,
        "retries_allowed": _RETRIES,
        "protocol_version": VERSION,
    }


def end_session(exchange: Exchange) -> Answer:
    """Nothing is kept of a patron between messages but that their PIN was right."""
    exchange.proven.forget()
    values: Values = {
        "AO": exchange.institution,
        "AA": exchange.message.get("AA"),
        "AG": receipt(exchange),
    }
    return Answer({**stamped(exchange), "end_session": "Y"}, values)
