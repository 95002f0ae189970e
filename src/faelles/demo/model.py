"""How large a demonstration is, how far its making has come, and what is told about it to scripts."""

from collections.abc import Callable
from enum import StrEnum

import msgspec


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """`isils` None: all agencies of the country. Every agency gets the smallest number there may be, the rest follows
    the number of inhabitants.
    """

    patrons: int = 50_000
    items: int = 100_000
    fewest_patrons: int = 60
    fewest_items: int = 250
    isils: frozenset[str] | None = None


class Step(StrEnum):
    """What the making of a demonstration goes through, agency by agency."""

    AGENCIES = "agencies"
    RECORDS = "records"
    PATRONS = "patrons"
    ITEMS = "items"
    LOANS = "loans"


Advance = Callable[[Step, int], None]
"""So many more of a step's units are done: agencies, records, patrons, items, loans."""
RECORD_UNITS = 10_000


class StaffSample(msgspec.Struct, frozen=True, kw_only=True):
    username: str
    password: str


class PatronSample(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    card: str
    pin: str
    name: str | None = None


class MachineSample(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine of the main branch logs in with over SIP2."""

    username: str
    password: str


class AgencySample(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody needs to try an agency: who to be, whom to lend to, what to lend and what is refused."""

    isil: str
    name: str
    branch: int
    """The id that requests take."""
    branch_code: str
    branch_name: str
    staff: StaffSample
    token: str
    """Good for more than a year, with everything that the agency's administrator may."""
    patrons: tuple[PatronSample, ...]
    """Three without loans, debts or blocks; at least one has a Danish letter in the name."""
    blocked_patron: PatronSample
    indebted_patron: PatronSample
    items: tuple[str, ...]
    """Twelve that stand on the shelves."""
    item_not_for_loan: str
    sip2: MachineSample | None = None
    """A self-check. None, as for what follows, only in a file that an earlier release wrote."""
    sorter: MachineSample | None = None
    excluded_patron: PatronSample | None = None
    """Who was written to about a debt, and did not pay in time."""
    till: int | None = None
    """The id of the till at the branch."""


class OperatorSample(StaffSample, frozen=True, kw_only=True):
    """Somebody at the operator, who may enter an agency that lets them in. `isil` is the nation's, to sign in with."""

    isil: str


class WebPatronSample(msgspec.Struct, frozen=True, kw_only=True):
    """A patron with an e-mail address, a loan that can be renewed and one that cannot, a fee and no block."""

    cpr: str
    card: str
    pin: str


class WebSiteSample(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody needs to try the interface of the web sites in one agency."""

    url: str
    agency: str
    client: MachineSample
    sip2_user: MachineSample
    patron: WebPatronSample
    free_cpr: str
    """Known to the pretended person register, and no patron's."""
    records: tuple[str, ...]
    """Four that the patron can reserve."""
    other_branch: str


class DemoFile(msgspec.Struct, frozen=True, kw_only=True):
    """var/demo.json."""

    http: str
    sip2: str = ""
    """Where machines connect: host and port. Empty only in a file that an earlier release wrote."""
    agencies: tuple[AgencySample, ...]
    fbs: WebSiteSample | None = None
    """None, as for the operator, only in a file that an earlier release wrote."""
    operator: OperatorSample | None = None
    """None only in a file that an earlier release wrote."""
