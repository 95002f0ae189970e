"""Typed identifiers. All are opaque integers in the database but those that the outside world prints on things."""

from typing import NewType

AgencyId = NewType("AgencyId", int)
"""A municipality: the tenant. 0 is the nation, which owns what all agencies share."""
DivisionId = NewType("DivisionId", int)
BranchId = NewType("BranchId", int)
PlacementId = NewType("PlacementId", int)

StaffId = NewType("StaffId", int)
RoleId = NewType("RoleId", int)
MachineId = NewType("MachineId", int)
ClientId = NewType("ClientId", int)

PatronId = NewType("PatronId", int)
"""Random, below 2**53 so that it survives JavaScript; never a sequence, never printed on a card."""
PatronGroupId = NewType("PatronGroupId", int)
MaterialGroupId = NewType("MaterialGroupId", int)
RuleId = NewType("RuleId", int)

RecordId = NewType("RecordId", int)
IssueId = NewType("IssueId", int)
ItemId = NewType("ItemId", int)
ItemNumber = NewType("ItemNumber", str)
"""The ten digits in the barcode and in the RFID tag."""

LoanId = NewType("LoanId", int)
"""Counts from 10,000,000: web sites link only to ids of eight to ten digits."""
HoldId = NewType("HoldId", int)
"""Counts from 10,000,000, as loans do."""
JourneyId = NewType("JourneyId", int)
AccountId = NewType("AccountId", int)
ChargeId = NewType("ChargeId", int)
EventId = NewType("EventId", int)

NATION = AgencyId(0)
