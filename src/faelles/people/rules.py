"""What may be given to whom, what a machine may do, how long a session lasts, and when an identifier is locked.

Figures and their reasons: docs/decisions/sign-in.md.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from faelles.people.model import Grant, MachineKind, Permission, SubjectKind

MACHINE_PERMISSIONS = {
    MachineKind.SELF_CHECK: frozenset(
        {
            Permission.CHECKOUT,
            Permission.RENEW,
            Permission.RETURN,
            Permission.HOLD_PLACE,
            Permission.OFFLINE,
            Permission.ITEM_VIEW,
            Permission.FEE_PAY,
            Permission.PATRON_STATUS,
            Permission.CARD_BLOCK,
            Permission.TAG_NOTE,
        }
    ),
    MachineKind.SORTER: frozenset({Permission.RETURN, Permission.OFFLINE, Permission.ITEM_VIEW, Permission.TAG_NOTE}),
    MachineKind.DOOR: frozenset({Permission.PATRON_STATUS}),
    MachineKind.READER: frozenset({Permission.ITEM_VIEW}),
}

SUPPORT_PERMISSIONS = frozenset(
    {
        Permission.PATRON_VIEW,
        Permission.FEE_VIEW,
        Permission.ITEM_VIEW,
        Permission.CATALOG_VIEW,
        Permission.POLICY_VIEW,
        Permission.AGENCY_VIEW,
        Permission.PEOPLE_VIEW,
        Permission.EVENT_READ,
        Permission.WORKLIST,
    }
)
"""A supporter looks and changes nothing, and sees neither CPR numbers nor protected addresses."""

SESSION_LENGTH = {
    SubjectKind.STAFF: timedelta(hours=12),
    SubjectKind.MACHINE: timedelta(days=7),
    SubjectKind.CLIENT: timedelta(hours=12),
    SubjectKind.PATRON: timedelta(hours=1),
    SubjectKind.SUPPORT: timedelta(hours=1),
}
"""How long a session token is good; refreshing starts the time again."""

LONGEST_SESSION = {
    SubjectKind.STAFF: timedelta(hours=24),
    SubjectKind.MACHINE: timedelta(days=90),
    SubjectKind.CLIENT: timedelta(days=30),
    SubjectKind.PATRON: timedelta(hours=12),
    SubjectKind.SUPPORT: timedelta(hours=12),
}
"""How long after signing in a session can be refreshed at most; then one signs in again."""

ACCESS_TOKEN_LENGTH = timedelta(minutes=5)
"""The longest that anything decided elsewhere (a revocation, a changed role) may go unnoticed."""

IDLE_AT_MOST = {SubjectKind.STAFF: timedelta(hours=2), SubjectKind.PATRON: timedelta(minutes=20)}
"""How long a session in a browser may rest: a desk through a quiet forenoon, a public screen not through a coffee."""

USE_NOTED_EVERY = timedelta(minutes=4)
"""Less than an access token lasts, so that whoever works on is seen to."""

ENDED_TOKENS_KEPT = timedelta(days=30)
"""So long one can still see which session a change was made in; the law's month for what is no longer needed."""

FREE_FAILURES = 5
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
FAILURES_FORGOTTEN_AFTER = timedelta(days=7)
_DOUBLINGS_AT_MOST = 7
"""15 minutes doubled seven times is above a day already."""


def session_end(kind: SubjectKind, *, signed_in_at: datetime, now: datetime, not_after: datetime | None) -> datetime:
    """When a token issued now stops being good: the earliest of what bounds it."""
    ends = [now + SESSION_LENGTH[kind], signed_in_at + LONGEST_SESSION[kind]]
    return min(ends if not_after is None else [*ends, not_after])


def failures_now(failures: int, last_failed_at: datetime, now: datetime) -> int:
    """How many failures still count: all of them, until there has been none for a week."""
    return 0 if now - last_failed_at >= FAILURES_FORGOTTEN_AFTER else failures


def locked_until(failures: int, now: datetime) -> datetime | None:
    """The end of the lock that the newest of `failures` brings: none for the first four, 15 minutes for the fifth,
    and twice as long for each that follows, up to a day.
    """
    if failures < FREE_FAILURES:
        return None
    doublings = min(failures - FREE_FAILURES, _DOUBLINGS_AT_MOST)
    return now + min(FIRST_LOCK * (1 << doublings), LONGEST_LOCK)


def covers(held: Iterable[Grant], wanted: Grant) -> bool:
    """Whether every permission of `wanted` is held at least as widely as `wanted` has it.

    A grant at a branch carries the branch's division too, as everywhere. Nobody gives away, or takes from somebody
    else, more than they hold: otherwise whoever may create users may do everything.
    """
    reaching = [grant.permissions for grant in held if _reaches(grant, wanted)]
    return wanted.permissions <= frozenset().union(*reaching)


def _reaches(held: Grant, wanted: Grant) -> bool:
    if held.branch is not None:
        return held.branch == wanted.branch
    return held.division is None or held.division == wanted.division
