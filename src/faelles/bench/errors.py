from faelles.ground.errors import UnavailableError


class BenchFailedError(UnavailableError):
    """Something that is measured ended, or did not do what it was asked; `explanation` has its own words."""

    def __init__(self, explanation: str) -> None:
        super().__init__("bench_failed", explanation=explanation)
