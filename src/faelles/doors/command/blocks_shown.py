"""Why not, as a table for people."""

from collections.abc import Sequence

from faelles.circulation.desk.blocks import Block
from faelles.doors.command.output import show_table
from faelles.doors.command.words import LANGUAGE, words
from faelles.ground.i18n import text


def show_blocks(blocks: Sequence[Block]) -> None:
    """Every reason with its code, for scripts and manuals, and who might step over it."""
    if blocks:
        show_table(
            ["command_why", "command_code", "command_rule", "command_may_override"],
            [
                (
                    text(each.code, LANGUAGE, each.parameters),
                    each.code,
                    each.rule,
                    words("command_who_may", what=words(f"permission_{each.override}")) if each.override else "",
                )
                for each in blocks
            ],
        )
