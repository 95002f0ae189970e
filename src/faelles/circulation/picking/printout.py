"""The pick list on paper: a line for the shelf, then a line for each copy there. Pure."""

from collections.abc import Iterable
from itertools import groupby

from faelles.circulation.desk.issues import told_issue
from faelles.circulation.picking.model import Pick
from faelles.ground.i18n import Language, text


def printed(picks: Iterable[Pick], language: Language) -> tuple[str, ...]:
    """As it is fetched: along the shelves, with room to tick off. `picks` are in shelf order."""
    lines: list[str] = []
    for shelf, here in groupby(picks, key=lambda pick: pick.shelf):
        lines.append(" / ".join(shelf) or text("pick_no_shelf", language))
        lines += [_line(pick, language) for pick in here]
    return tuple(lines) or (text("pick_nothing", language),)


def _line(pick: Pick, language: Language) -> str:
    creator = pick.creators[0] if pick.creators else None
    words = [pick.classification, creator, pick.title, told_issue(pick.issue, language), pick.item_number]
    claimed = text("pick_claimed", language) if pick.claimed_by else None
    return "[ ] " + "  ".join(word for word in (*words, claimed) if word)
