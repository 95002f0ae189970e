"""A patron on a terminal: who it is, where a member, what stands in the way, what is owed and on loan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from faelles.circulation.looking.model import LoanShown
from faelles.doors.command.output import show_table
from faelles.doors.command.words import LANGUAGE, words
from faelles.fees.desk.model import Balance
from faelles.ground.i18n import money_text
from faelles.ground.ids import BranchId, DivisionId
from faelles.patrons.looking.model import PatronView
from faelles.policies.compiled import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """`balances` and `loans` of the divisions that the caller may look into."""

    patron: PatronView
    balances: Sequence[Balance]
    loans: Sequence[LoanShown]
    settings: Settings

    def as_json(self) -> dict[str, object]:
        return {**msgspec.to_builtins(self.patron), "balances": self.balances, "loans": self.loans}

    def division(self, division: DivisionId) -> str:
        return self.settings.directory.divisions[division].name

    def branch(self, branch: BranchId) -> str:
        return self.settings.directory.branches[branch].name


def show_portrait(portrait: Portrait) -> None:
    lines = [*_who(portrait.patron), *_memberships(portrait), *_hindrances(portrait)]
    show_table(["command_what", "command_value"], [(words(code), value) for code, value in lines if value])
    if portrait.loans:
        show_table(
            ["command_loan", "command_number", "command_title_column", "command_due", "command_branch_column"],
            [
                (each.id, each.item_number, each.title, each.due_on, portrait.branch(each.branch))
                for each in portrait.loans
            ],
        )


def _who(patron: PatronView) -> Iterator[tuple[str, object]]:
    contact = patron.contact
    address = (contact.street, contact.postal_code, contact.city) if contact else ()
    hidden = words("command_protected") * patron.address_protected
    yield "command_id", patron.id
    yield "command_name", patron.name
    yield "command_born", patron.birth_date
    yield "command_address", ", ".join(filter(None, address)) or hidden
    yield "command_card", ", ".join(each.value for each in patron.identifiers if each.value and not each.ended_at)
    yield "command_note", patron.note


def _memberships(portrait: Portrait) -> Iterator[tuple[str, object]]:
    for each in portrait.patron.memberships:
        group = portrait.settings.patron_groups[each.group].name(LANGUAGE)
        yield "command_membership", f"{portrait.division(each.division)}: {group}{_until(each.ends_on)}"


def _hindrances(portrait: Portrait) -> Iterator[tuple[str, object]]:
    for block in portrait.patron.blocks:
        where = portrait.division(block.division) if block.division else words("command_everywhere")
        reason = f", {block.reason}" if block.reason else ""
        yield "command_blocks", f"{words(f'code_{block.code}')} ({block.code}): {where}{reason}{_until(block.ends_on)}"
    for balance in portrait.balances:
        owed = money_text(balance.balance_ore, LANGUAGE, balance.currency)
        yield "command_balance", f"{portrait.division(balance.division)}: {owed}"


def _until(last: date | None) -> str:
    return "" if last is None else f" ({words('command_until', last=last)})"
