"""What the ceilings tell. `subject` is the ceiling."""

from faelles.ground.events import Event
from faelles.policies.ceilings.model import CeilingRecord


def ceiling_set(ceiling: CeilingRecord) -> Event:
    return Event(
        kind="policy_ceiling_set",
        subject=ceiling.id,
        dimensions={"knob": ceiling.knob, "highest_ore": ceiling.highest_ore},
    )
