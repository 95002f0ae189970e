"""The slip that goes into a copy, as lines of text in the reader's language. Pure."""

from faelles.circulation.transit.model import JourneyReason, Slip
from faelles.ground.i18n import Language, date_text, text


def slip_lines(slip: Slip | None, language: Language, *, title: str | None = None) -> tuple[str, ...]:
    """What is printed, the most important line first. `title`: of the copy, where the door knows it."""
    if slip is None:
        return ()
    lines = _hold_shelf(slip, language) if slip.to is None else _on_its_way(slip, slip.to, language)
    return tuple(line for line in (*lines, title) if line)


def _hold_shelf(slip: Slip, language: Language) -> list[str | None]:
    """For the hold shelf of the branch that prints it."""
    number, deadline = slip.shelf_number, slip.pickup_deadline
    return [
        text("slip_shelf", language, {"number": number}) if number else text("slip_to_hold_shelf", language),
        slip.patron,
        text("slip_pick_up_by", language, {"day": date_text(deadline, language)}) if deadline else None,
        slip.here,
    ]


def _on_its_way(slip: Slip, to: str, language: Language) -> list[str | None]:
    why = text(f"slip_{slip.reason or JourneyReason.BY_HAND}", language)
    return [
        text("slip_to", language, {"branch": to}),
        text("slip_from", language, {"branch": slip.here}),
        why,
    ]
