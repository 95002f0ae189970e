"""How far a request has come, from what either side has written. Pure."""

from faelles.circulation.sharing.model import RequestState
from faelles.ground.database import Row


def stage(answer: str | None, *, is_withdrawn: bool, is_received: bool, is_returned: bool) -> RequestState:
    """`answer` is the lender's. What was sent is under way, whatever the borrower withdrew meanwhile."""
    if answer == RequestState.HOME:
        return RequestState.HOME
    if is_returned:
        return RequestState.RETURNED
    if is_received:
        return RequestState.RECEIVED
    if answer == RequestState.SENT:
        return RequestState.SENT
    if is_withdrawn:
        return RequestState.WITHDRAWN
    return RequestState.ASKED if answer is None else RequestState(answer)


def stage_of(row: Row) -> RequestState:
    """As `stage`, from a row that has both sides' columns."""
    return stage(
        row["state"],
        is_withdrawn=row["withdrawn_at"] is not None,
        is_received=row["received_at"] is not None,
        is_returned=row["returned_at"] is not None,
    )
