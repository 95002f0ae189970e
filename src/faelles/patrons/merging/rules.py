"""Who may become whom."""

from faelles.patrons.model import Patron


def refusal(temporary: Patron, real: Patron) -> str | None:
    """The code of what stands against merging `temporary` into `real`, or None.

    Only a temporary patron goes away: two real ones are two people until somebody says that one of them was meant to be
    temporary.
    """
    if temporary.id == real.id:
        return "merge_with_oneself"
    if temporary.merged_into is not None or real.merged_into is not None:
        return "patron_merged"
    if not temporary.is_temporary:
        return "merge_only_temporary"
    if temporary.kind is not real.kind:
        return "merge_kinds_differ"
    return None
