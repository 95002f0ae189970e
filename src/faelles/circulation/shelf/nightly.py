"""What a new day means for the hold shelf."""

from datetime import time
from typing import Final

from faelles.circulation.shelf.operations import expire_shelf
from faelles.ground.jobs import Job

EXPIRE_SHELF: Final = Job(name="expire_hold_shelf", work=expire_shelf, at=time(0, 15))
