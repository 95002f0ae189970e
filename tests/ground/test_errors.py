import pytest

from faelles.ground import errors
from faelles.ground.errors import FaellesError, FieldProblem, InvalidRequestError, TooManyAttemptsError, invalid_field

STATUSES = {
    errors.InvalidRequestError: 400,
    errors.UnauthenticatedError: 401,
    errors.ForbiddenError: 403,
    errors.NotFoundError: 404,
    errors.ConflictError: 409,
    errors.RefusedError: 422,
    errors.UnavailableError: 503,
    errors.MisconfiguredError: 500,
}


@pytest.mark.parametrize(("kind", "status"), STATUSES.items())
def test_each_kind_has_its_status_and_keeps_its_parameters(kind, status):
    problem = kind("a_code", loan=7)
    assert (problem.status, problem.code, problem.parameters) == (status, "a_code", {"loan": 7})


def test_an_error_shows_its_code_and_no_parameters():
    assert str(FaellesError("a_code", loan=7)) == "a_code"


def test_a_field_that_is_wrong_is_named():
    assert invalid_field("patron.email", "too_long", longest=200).problems == (
        FieldProblem("patron.email", "too_long", {"longest": 200}),
    )


def test_a_request_may_be_wrong_as_a_whole():
    assert (InvalidRequestError().code, InvalidRequestError().problems) == ("invalid_request", ())


def test_who_is_locked_out_is_told_for_how_long():
    problem = TooManyAttemptsError("locked_out", retry_after=90)
    assert (problem.status, problem.retry_after, problem.parameters) == (429, 90, {"retry_after": 90, "minutes": 2})
