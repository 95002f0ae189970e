"""What is answered, each model once and in its newest form.

A struct holds the fields of every version; what only older versions have, or know by another name, is a property made
from the newest fields. `versions.py` picks what a version shows. Days are days, moments local texts without a zone.
"""

from datetime import date

from msgspec import Struct


class Address(Struct, frozen=True, kw_only=True):
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    co_name: str | None = None
    district: str | None = None
    sub_district: str | None = None


class Period(Struct, frozen=True, kw_only=True):
    from_: date | None = None
    to: date | None = None


class BlockStatus(Struct, frozen=True, kw_only=True):
    blocked_reason: str
    blocked_since: date
    message: str


class EmailAddress(Struct, frozen=True, kw_only=True):
    email_address: str
    receive_notification: bool
    verified: bool


class PhoneNumber(Struct, frozen=True, kw_only=True):
    phone_number: str
    receive_notification: bool


class Interest(Struct, frozen=True, kw_only=True):
    name: str
    display_name: str


class Patron(Struct, frozen=True, kw_only=True):
    """A person, a company, a library or a group: what they share, and what each has of its own."""

    patron_id: int
    name: str | None
    birthday: date | None
    address: Address | None
    secondary_address: Address | None
    email_addresses: tuple[EmailAddress, ...]
    phone_numbers: tuple[PhoneNumber, ...]
    preferred_pickup_branch: str
    preferred_language: str | None
    on_hold: Period | None
    block_status: tuple[BlockStatus, ...] | None
    """None: not blocked. Clients in the field take a list that is there, empty or not, for a block."""
    notification_protocols: tuple[str, ...]
    receive_postal_mail: bool
    allow_bookings: bool
    default_interest_period: int
    resident: bool
    guardian_visibility: bool
    interests: tuple[Interest, ...]
    tags: tuple[str, ...]
    keep_loan_historical_data: bool
    has_national_registry_synchronization_consent: bool
    patron_note: str | None
    contact_person: str | None
    company_identifier: str | None
    isil: str | None

    @property
    def email_address(self) -> str | None:
        return next((each.email_address for each in self.email_addresses), None)

    @property
    def phone_number(self) -> str | None:
        return next((each.phone_number for each in self.phone_numbers), None)

    @property
    def receive_email(self) -> bool:
        return any(each.receive_notification for each in self.email_addresses)

    @property
    def receive_sms(self) -> bool:
        return any(each.receive_notification for each in self.phone_numbers)

    @property
    def co_address(self) -> Address | None:
        return self.secondary_address

    @property
    def cvr(self) -> str | None:
        return self.company_identifier

    @property
    def interest_names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.interests)


class AuthenticatedPatron(Struct, frozen=True, kw_only=True):
    authenticate_status: str
    patron: Patron | None = None
    patron_id: int | None = None
    patron_type: str | None = None

    @property
    def authenticated(self) -> bool:
        return self.authenticate_status == "VALID"


class ExternalAPIUserInfo(Struct, frozen=True):
    session_key: str


class AgencyBranch(Struct, frozen=True):
    branch_id: str
    title: str


class AgencyDepartment(Struct, frozen=True):
    department_id: str
    title: str


class AgencyLocation(Struct, frozen=True):
    location_id: str
    title: str


class AgencySublocation(Struct, frozen=True):
    sublocation_id: str
    title: str


class AgencySection(Struct, frozen=True):
    section_id: str
    title: str


class ClosingDate(Struct, frozen=True, kw_only=True):
    branch_id: str
    closing_date: date
    description: str


class OpeningHours(Struct, frozen=True, kw_only=True):
    """Times as `HH:MM:SS`; service hours are those when staff are there."""

    branch_id: str
    day: str
    open_hours_start_time: str | None
    open_hours_end_time: str | None
    service_hours_start_time: str | None
    service_hours_end_time: str | None


class Availability(Struct, frozen=True, kw_only=True):
    record_id: str
    reservations: int
    reservable: bool
    available: bool


class Periodical(Struct, frozen=True, kw_only=True):
    volume: str | None
    volume_year: str | None
    volume_number: str | None
    display_text: str


class MaterialGroup(Struct, frozen=True):
    name: str
    description: str | None


class Material(Struct, frozen=True, kw_only=True):
    item_number: str
    material_group: MaterialGroup
    periodical: Periodical | None
    available: bool
    return_date: date | None

    @property
    def material_group_name(self) -> str:
        return self.material_group.name


class Placement(Struct, frozen=True, kw_only=True):
    department: AgencyDepartment | None
    location: AgencyLocation | None
    sublocation: AgencySublocation | None
    section: AgencySection | None


class Holdings(Struct, frozen=True, kw_only=True):
    materials: tuple[Material, ...]
    branch: AgencyBranch
    department: AgencyDepartment | None
    location: AgencyLocation | None
    sublocation: AgencySublocation | None
    section: AgencySection | None
    logistics_placement: tuple[str, ...]

    @property
    def lms_placement(self) -> Placement:
        return Placement(
            department=self.department, location=self.location, sublocation=self.sublocation, section=self.section
        )


class HoldingsForBibliographicalRecord(Struct, frozen=True, kw_only=True):
    record_id: str
    reservations: int
    reservable: bool
    holdings: tuple[Holdings, ...]


class NumberOfLoansPerRecord(Struct, frozen=True):
    record_id: str
    number_of_loans: int


class ILLBibliographicRecord(Struct, frozen=True, kw_only=True):
    record_id: str | None
    medium_type: str | None
    author: str | None = None
    title: str | None = None
    isbn: str | None = None
    issn: str | None = None
    edition: str | None = None
    language: str | None = None
    bibliographic_category: str | None = None
    periodical_number: str | None = None
    periodical_volume: str | None = None
    place_of_publication: str | None = None
    publisher: str | None = None
    publication_date: str | None = None
    publication_date_of_component: str | None = None


class LoanDetails(Struct, frozen=True, kw_only=True):
    loan_id: int
    record_id: str
    loan_type: str
    material_group: MaterialGroup
    material_item_number: str
    periodical: Periodical | None
    loan_date: str
    due_date: date
    il_bibliographic_record: ILLBibliographicRecord | None
    returned_date: str | None = None

    @property
    def material_group_name(self) -> str:
        return self.material_group.name


class Loan(Struct, frozen=True, kw_only=True):
    """`renewal_status_list`: why not; empty where it may be renewed."""

    loan_details: LoanDetails
    is_renewable: bool
    is_longterm_loan: bool
    renewal_status_list: tuple[str, ...]
    patron_name: str | None = None


class RenewedLoan(Struct, frozen=True, kw_only=True):
    loan_details: LoanDetails
    renewal_status: tuple[str, ...]


class LoansWithHistory(Struct, frozen=True, kw_only=True):
    loans: tuple[Loan, ...]
    historical_material_loans: tuple[LoanDetails, ...]


class ReservationDetails(Struct, frozen=True, kw_only=True):
    reservation_id: int
    record_id: str
    transaction_id: str
    reservation_type: str
    state: str
    pickup_branch: str
    date_of_reservation: str
    expiry_date: date | None
    activation_date: date | None
    number_in_queue: int | None
    estimated_days_until_reservation: int | None
    pickup_deadline: date | None
    pickup_number: str | None
    periodical: Periodical | None
    il_bibliographic_record: ILLBibliographicRecord | None
    loan_type: str


class ReservationResult(Struct, frozen=True, kw_only=True):
    record_id: str
    result: str
    periodical: "PeriodicalReservation | None"
    reservation_details: ReservationDetails | None


class PeriodicalReservation(Struct, frozen=True, kw_only=True):
    volume: str | None
    volume_year: str | None
    volume_number: str | None


class ReservationResponse(Struct, frozen=True, kw_only=True):
    success: bool
    reservation_results: tuple[ReservationResult, ...]


class FeeMaterial(Struct, frozen=True, kw_only=True):
    record_id: str
    material_group: MaterialGroup
    material_item_number: str
    periodical: Periodical | None

    @property
    def material_group_name(self) -> str:
        return self.material_group.name


class Fee(Struct, frozen=True, kw_only=True):
    fee_id: int
    type: str
    amount: float
    reason_message: str
    creation_date: date
    due_date: date | None
    paid_date: date | None
    payable_by_client: bool
    materials: tuple[FeeMaterial, ...]


class FeeTransaction(Struct, frozen=True, kw_only=True):
    fee_id: int
    transaction_id: int
    parent_transaction_id: int | None
    type: str
    amount: float
    creation_time: str


class PaymentConfirmation(Struct, frozen=True, kw_only=True):
    fee_id: int
    order_id: str
    payment_status: str
    confirmation_id: str | None


class BranchContact(Struct, frozen=True, kw_only=True):
    branch_id: str
    title: str
    address: str | None
    zip_code: str | None
    city: str | None
    phone: str | None
    email: str | None
    website: str | None
