"""What is served on the one HTTP port besides our REST."""

from typing import Final

from faelles.doors.fbs.door import fbs_door
from faelles.doors.rest.neighbours import Neighbours
from faelles.doors.web import app as web

DOORS: Final[Neighbours] = {"/rest": fbs_door, "/": web.create}
