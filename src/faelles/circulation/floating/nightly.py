"""Where floating copies have their place, counted anew."""

from datetime import time
from typing import Final

from faelles.circulation.floating.operations import refresh
from faelles.ground.jobs import Job

COUNT_FLOATING: Final = Job(name="count_floating_copies", work=refresh, at=time(3))
