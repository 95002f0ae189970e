"""One error tree. A door turns an error into its own form; nobody else needs to know that doors exist.

An error carries a stable code (for programs), an HTTP status (the widest of the doors' vocabularies), and the
parameters of its text. The text itself is in the message catalogue under the code. Parameters never hold a
secret, a PIN, a CPR number or the name of a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

Parameter = str | int


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of a request: where it stands (dotted path), a stable code and its parameters."""

    field: str
    code: str
    parameters: Mapping[str, Parameter]


class FaellesError(Exception):
    """The root of the tree."""

    status: ClassVar[int] = 500
    retry_after: int | None = None
    """Seconds until trying again is right; None where time alone mends nothing."""

    def __init__(self, code: str, **parameters: Parameter) -> None:
        super().__init__(code)
        self.code = code
        self.parameters: dict[str, Parameter] = parameters


class InvalidRequestError(FaellesError):
    """The request cannot mean anything: malformed, out of range, contradicting itself."""

    status = 400

    def __init__(
        self, code: str = "invalid_request", *, problems: Sequence[FieldProblem] = (), **parameters: Parameter
    ) -> None:
        super().__init__(code, **parameters)
        self.problems = tuple(problems)


def invalid_field(field: str, code: str, **parameters: Parameter) -> InvalidRequestError:
    """An error about a single field."""
    return InvalidRequestError(problems=[FieldProblem(field, code, parameters)])


class UnauthenticatedError(FaellesError):
    """Nobody we know. One code and one text for unknown name and wrong secret alike."""

    status = 401


class ForbiddenError(FaellesError):
    """We know the caller, and the caller may not."""

    status = 403


class NotFoundError(FaellesError):
    """No such thing in the caller's agency; another agency's thing is answered no differently."""

    status = 404


class ConflictError(FaellesError):
    """Somebody else was first, or the request contradicts what already stands."""

    status = 409


class RefusedError(FaellesError):
    """A rule of the library says no. What says no, and who may override it, is in the subclass's own fields."""

    status = 422


class TooManyAttemptsError(FaellesError):
    """Locked out for a while."""

    status = 429
    retry_after: int

    def __init__(self, code: str, *, retry_after: int) -> None:
        super().__init__(code, retry_after=retry_after, minutes=-(-retry_after // 60))
        self.retry_after = retry_after


class UnavailableError(FaellesError):
    """A neighbour (most often the database) does not answer; trying again later is right."""

    status = 503
    retry_after = 1


class MisconfiguredError(FaellesError):
    """The operator must change a setting before this installation can run."""
