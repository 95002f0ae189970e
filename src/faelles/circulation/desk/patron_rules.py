"""What stands against a patron, whatever they want: membership, blocks, debt. Pure."""

from collections.abc import Iterator
from datetime import date

from faelles.circulation.desk.blocks import OPEN_END, Block, BlockCode, block
from faelles.circulation.desk.facts import Standing
from faelles.fees.exclusion.rules import exclusion_in
from faelles.ground.ids import DivisionId, RuleId
from faelles.policies.model import Setting


def unknown_patron(*, is_ambiguous: bool, ended: str | None) -> Block:
    """Why a scan is nobody: it fits several, its card counts no longer (`ended` says why), or nobody knows it."""
    if is_ambiguous:
        return block(BlockCode.SCAN_AMBIGUOUS)
    return block(BlockCode.CARD_ENDED, why=ended) if ended else block(BlockCode.PATRON_NOT_FOUND)


def against_membership(patron: Standing, division: DivisionId, today: date) -> Iterator[Block]:
    membership = patron.membership_in(division, today)
    if membership is None:
        yield block(BlockCode.MEMBERSHIP_MISSING)
    elif membership.starts is not None and membership.starts > today:
        yield block(BlockCode.MEMBERSHIP_NOT_BEGUN, starts_on=str(membership.starts))
    elif not membership.holds_on(today):
        yield block(BlockCode.MEMBERSHIP_ENDED, ended_on=str(membership.last_day))


def standing_blocks(
    patron: Standing, division: DivisionId, today: date, *, is_self_service: bool, rule: RuleId | None = None
) -> Iterator[Block]:
    """Blocks that somebody set, and the exclusion for debt that follows from a notice and what is still owed."""
    for standing in patron.blocks_in(division, today, is_self_service=is_self_service):
        ends_on = str(standing.last_day or OPEN_END)
        yield block(BlockCode.PATRON_BLOCKED, rule, code=standing.code, ends_on=ends_on)
    notice = exclusion_in(patron.exclusions, division, today)
    if notice is not None:
        excluded_on = str(notice.excludes_on)
        yield block(BlockCode.EXCLUDED, notice.rule, excluded_on=excluded_on, owed_ore=notice.owed_ore)


def against_debt(patron: Standing, division: DivisionId, limit: Setting[int | None]) -> Iterator[Block]:
    owed = patron.balance_in(division)
    if limit.value is not None and owed > 0 and owed >= limit.value:
        yield block(BlockCode.DEBT_OVER_LIMIT, limit.rule_id, balance_ore=owed, limit_ore=limit.value)
