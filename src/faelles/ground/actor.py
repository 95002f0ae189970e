"""Who is acting: the second half, after the agency, of what every transaction must say."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    STAFF = "staff"
    MACHINE = "machine"
    CLIENT = "client"
    PATRON = "patron"
    SUPPORT = "support"
    """The operator's staff inside an agency, under its support grant; `id` is their staff id at the nation."""
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is the staff, machine, API client or patron id within the agency; the system itself is 0."""

    kind: ActorKind
    id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def told(self) -> str:
        """For events and log lines, which name no patron: an id beside a loan's would say who reads what."""
        return self.kind.value if self.kind is ActorKind.PATRON else str(self)


SYSTEM = Actor(ActorKind.SYSTEM, 0)
