"""What a new day means for copies on their way."""

from datetime import time
from typing import Final

from faelles.circulation.transit.operations import give_up, note_late
from faelles.ground.jobs import Job

JOBS: Final = (
    Job(name="note_late_journeys", work=note_late, at=time(0, 20)),
    Job(name="give_up_late_journeys", work=give_up, at=time(0, 25)),
)
