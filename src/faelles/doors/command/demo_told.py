"""What `faelles demo` says once it runs: where it is, who to be, what to try."""

from collections.abc import Sequence
from pathlib import Path

from faelles.demo.model import AgencySample, DemoFile, OperatorSample
from faelles.doors.command.output import show_table, tell
from faelles.doors.command.words import words

_ITEMS_SHOWN = 3
_CHECKOUT = """
  TOKEN={token}
  curl -s {address}/api/v1/checkouts -H "Authorization: Bearer $TOKEN" \\
    -H 'Content-Type: application/json' \\
    -d '{{"borrower": {{"card": "{card}"}}, "item": "{item}", "branch": {branch}}}'
"""
_RETURN = """
  curl -s {address}/api/v1/returns -H "Authorization: Bearer $TOKEN" \\
    -H 'Content-Type: application/json' \\
    -d '{{"item": "{item}", "branch": {branch}}}'
"""
_TALK = """
  FAELLES_SIP2_SECRET={machine_password} .venv/bin/faelles sip2 talk {sip2} \\
    --user {machine} patron {card} {pin}
"""
_COMMANDS = """
  .venv/bin/faelles login --agency {isil} --branch {code} \\
    --username {username} --password {password}
  .venv/bin/faelles checkout {card} {item}
"""


def tell_demo(content: DemoFile, file: Path, seconds: float) -> None:
    """Addresses, logins, samples, and a first check-out to copy."""
    address, agencies = content.http, content.agencies
    tell("demo_running", seconds=f"{seconds:.0f}")
    _tell_addresses(address)
    _tell_logins(agencies, content.operator)
    _tell_machines(content)
    _tell_patrons(agencies)
    _tell_items(agencies)
    _tell_first_steps(content, agencies[0])
    tell("demo_file", file=file)
    tell("demo_how_to_stop")


def _tell_addresses(address: str) -> None:
    addresses = (("demo_desk", "/"), ("demo_docs", "/docs"), ("demo_schema", "/schema"), ("demo_health", "/health"))
    for code, path in addresses:
        tell("demo_address", what=words(code), address=address + path)


def _tell_logins(agencies: Sequence[AgencySample], operator: OperatorSample | None) -> None:
    tell("demo_logins")
    logins: list[tuple[object, ...]] = [
        (each.name, each.isil, each.branch, each.staff.username, each.staff.password) for each in agencies
    ]
    if operator is not None:
        logins.append((words("demo_operator"), operator.isil, None, operator.username, operator.password))
    show_table(["demo_agency", "demo_isil", "demo_branch_id", "demo_username", "demo_password"], logins)


def _tell_machines(content: DemoFile) -> None:
    tell("demo_machines", address=content.sip2)
    machines = [
        (agency.name, words(code), machine.username, machine.password)
        for agency in content.agencies
        for code, machine in (("demo_self_check", agency.sip2), ("demo_sorter", agency.sorter))
        if machine is not None
    ]
    show_table(["demo_agency", "demo_machine", "demo_username", "demo_password"], machines)


def _tell_patrons(agencies: Sequence[AgencySample]) -> None:
    tell("demo_patrons")
    show_table(
        ["demo_agency", "demo_card", "demo_pin", "demo_name", "demo_what"],
        [
            (agency.name, patron.card, patron.pin, patron.name, words(code))
            for agency in agencies
            for code, patron in (
                *(("demo_may_borrow", fresh) for fresh in agency.patrons),
                ("demo_blocked", agency.blocked_patron),
                ("demo_indebted", agency.indebted_patron),
                *([("demo_excluded", agency.excluded_patron)] if agency.excluded_patron else []),
            )
        ],
    )


def _tell_items(agencies: Sequence[AgencySample]) -> None:
    tell("demo_items")
    show_table(
        ["demo_agency", "demo_available", "demo_not_for_loan"],
        [(each.name, ", ".join(each.items[:_ITEMS_SHOWN]), each.item_not_for_loan) for each in agencies],
    )


def _tell_first_steps(content: DemoFile, agency: AgencySample) -> None:
    machine = agency.sip2
    sample = {
        "address": content.http,
        "sip2": content.sip2,
        "machine": machine.username if machine else "",
        "machine_password": machine.password if machine else "",
        "pin": agency.patrons[0].pin,
        "token": agency.token,
        "branch": agency.branch,
        "code": agency.branch_code,
        "isil": agency.isil,
        "username": agency.staff.username,
        "password": agency.staff.password,
        "card": agency.patrons[0].card,
        "item": agency.items[0],
    }
    for code, example in (
        ("demo_first_checkout", _CHECKOUT),
        ("demo_first_return", _RETURN),
        ("demo_first_command", _COMMANDS),
        ("demo_first_talk", _TALK),
    ):
        tell(code, example=example.format_map(sample))
