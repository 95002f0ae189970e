"""The facts this room emits: `interlibrary.` and the state that a request has now. None names a patron."""

from faelles.ground.events import Event
from faelles.interlibrary.model import Request, State


def moved(request: Request, state: State) -> Event:
    return Event(
        kind=f"interlibrary.{state}",
        subject=request.id,
        item=request.item,
        hold=request.hold,
        loan=request.loan,
        dimensions={
            "direction": request.direction,
            "division": request.division,
            "branch": request.branch,
            "partner": request.partner_isil,
        },
    )
