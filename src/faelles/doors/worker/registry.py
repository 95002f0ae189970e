"""Every job of the night, in the order in which an agency's are done. A room defines its own; this is where they are
known.
"""

from typing import Final

from faelles.circulation.floating.nightly import COUNT_FLOATING
from faelles.circulation.holds.nightly import TURN_DAY
from faelles.circulation.loans import nightly as loans
from faelles.circulation.sharing import nightly as sharing_nightly
from faelles.circulation.shelf.nightly import EXPIRE_SHELF
from faelles.circulation.transit import nightly as transit
from faelles.fees.debt.nightly import WRITE_DEBT_MESSAGES
from faelles.fees.exclusion.nightly import WRITE_EXCLUSION_NOTICES
from faelles.ground.jobs import FORGET_RUNS, Job
from faelles.notices.planning import nightly as planning
from faelles.notices.sending.nightly import FORGET_TEXTS
from faelles.patrons.registers.nightly import BEGIN_REGISTER_UPDATES
from faelles.people import nightly as people
from faelles.privacy.forgetting.nightly import FORGET_PERSONAL_DATA

JOBS: Final[tuple[Job, ...]] = (
    TURN_DAY,
    *sharing_nightly.JOBS,
    EXPIRE_SHELF,
    *loans.JOBS,
    *transit.JOBS,
    COUNT_FLOATING,
    WRITE_EXCLUSION_NOTICES,
    WRITE_DEBT_MESSAGES,
    *planning.JOBS,
    FORGET_TEXTS,
    *people.JOBS,
    BEGIN_REGISTER_UPDATES,
    FORGET_PERSONAL_DATA,
    FORGET_RUNS,
)
