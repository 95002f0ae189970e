"""What the gate turns away, on its way to the door that says so: every door in the form its own callers read."""

from typing import Final

from litestar.types import Scope

from faelles.ground.errors import FaellesError

_KEY: Final = "turned_away"


def turn_away(scope: Scope, problem: FaellesError) -> None:
    """Let the request go on to its door, and no further."""
    scope[_KEY] = problem  # type: ignore[typeddict-unknown-key] # ours, beside what ASGI has


def require_let_in(scope: Scope) -> None:
    """The first thing that each door does with a request. Raises what the gate has against it."""
    problem: FaellesError | None = scope.get(_KEY)  # type: ignore[assignment] # ours
    if problem is not None:
        raise problem
