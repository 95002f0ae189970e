"""A municipality with one of everything, so that each route's example names something that is there.

`{name}` in an example is a key of `Furniture.objects`. A room that needs another object adds it to its own function
here, or a function of its own to `ROOMS`. Every text that only this municipality may see carries the marker, which no
answer to anybody else may contain.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import msgspec

from doors.rest.furnishing_bookings import furnish_bookings
from doors.rest.furnishing_interlibrary import furnish_interlibrary
from doors.rest.furnishing_notices import furnish_notices
from doors.rest.furnishing_patrons import furnish_patron_services
from doors.rest.furnishing_privacy import furnish_privacy
from doors.rest.furnishing_sign_in import furnish_sign_in
from doors.rest.lending_furniture import furnish_lending
from doors.rest.logistics_furniture import furnish_logistics
from faelles.doors.rest.access import Example, Plain
from faelles.doors.rest.app import ON_THIS_MACHINE
from faelles.fees.debt import store as debts
from faelles.fees.debt.answer_store import keep_refused_file
from faelles.fees.debt.importing import import_answers
from faelles.fees.debt.model import Answer, AnswerKind, Due, MessageKind
from faelles.fees.desk.model import ManualCharge, ManualKind, Reverse
from faelles.fees.desk.operations import charge_manually, reverse
from faelles.fees.model import ChargeKind, Claim, Parties
from faelles.fees.neighbours.model import Adapter, Role, SetNeighbour
from faelles.fees.neighbours.operations import set_neighbour
from faelles.fees.operations import raise_claim
from faelles.fees.payments import orders
from faelles.fees.payments import store as payment_store
from faelles.fees.payments.model import Line, NewOrder, Order, Told
from faelles.fees.tills.model import NewTill, OpenTill
from faelles.fees.tills.operations import create_till, open_till
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring, secret_hash
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import InvalidRequestError
from faelles.ground.i18n import Language
from faelles.ground.ids import NATION, ChargeId, PatronId
from faelles.ground.money import Ore
from faelles.ground.signed_http import sign
from faelles.patrons.classes.operations import found_class
from faelles.patrons.identification.operations import give
from faelles.patrons.identifiers import IdentifierKind, made_up_cpr
from faelles.patrons.store import branch
from faelles.people.model import NewToken, Subject, SubjectKind, system_caller
from faelles.people.operations import issue_token
from faelles.people.passwords import hash_password
from faelles.people.staff.model import Assignment, NewStaff
from faelles.people.staff.operations import assign_role, create_staff, seed_roles
from town import Town, found_town

PIN = "4711"
PROVIDER_SECRET = "sixteen characters or more"
PASSWORD = "korrekt hest batteri hæfteklamme"
MACHINE_SECRET = "machine secret of forty-three characters ok"


@dataclass
class Furniture:
    town: Town
    keyring: Keyring
    password_hash: str
    marker: str = field(default_factory=lambda: "Qz" + secrets.token_hex(5))
    objects: dict[str, Plain] = field(default_factory=dict)
    open_to_all: set[str] = field(default_factory=set)
    """The names of objects that every agency may know of: the country's directory and national records."""

    def everybody_knows(self, **objects: Plain) -> None:
        self.objects |= objects
        self.open_to_all |= objects.keys()

    def ours(self, **objects: Plain) -> None:
        self.objects |= objects

    def number(self, name: str) -> int:
        value = self.objects[name]
        assert isinstance(value, int)
        return value


async def furnish(database: Database, keyring: Keyring, town: Town, password_hash: str) -> Furniture:
    furniture = Furniture(town, keyring, password_hash)
    async with database.transaction(town.agency, SYSTEM) as tx:
        for room in ROOMS:
            await room(tx, furniture)
    async with database.transaction(NATION, SYSTEM) as tx:
        await _supporter(tx, furniture)
    neighbour = await found_town(database)
    furniture.everybody_knows(borrower_isil=neighbour.isil)
    await furnish_lending(database, furniture, await found_town(database))
    return furniture


async def _supporter(tx: Transaction, furniture: Furniture) -> None:
    """One of the operator's staff, signed in at the nation, whom the municipality lets in."""
    await seed_roles(tx)
    caller = system_caller(NATION)
    new = NewStaff(username=f"hanne{furniture.town.agency}", name="Hanne Hjælper")
    staff = await create_staff(tx, caller, new)
    await assign_role(tx, caller, staff, Assignment(role="supporter"))
    token = await issue_token(tx, NewToken(subject=Subject(SubjectKind.STAFF, staff), language=Language.DANISH))
    furniture.ours(supporter=staff, supporter_token=token.secret)


async def _agencies(tx: Transaction, furniture: Furniture) -> None:
    town = furniture.town
    furniture.everybody_knows(
        agency=town.agency,
        isil=town.isil,
        division=town.library,
        school_division=town.schools,
        branch=town.main,
        suburb=town.suburb,
        school=town.school,
        placement=town.main_shelf,
        suburb_placement=town.suburb_shelf,
    )


async def _policies(tx: Transaction, furniture: Furniture) -> None:
    # "new": a group that no rule speaks of yet.
    for kind, name in (("patron", "patron_group"), ("material", "material_group"), ("material", "new_material_group")):
        number = await tx.value(
            f"INSERT INTO {kind}_group (agency_id, parent_id, code, name_da, name_en)"
            " VALUES ($1, 1, $2, $3, $3) RETURNING id",
            tx.agency,
            f"{name}-{tx.agency}",
            furniture.marker,
        )
        furniture.objects[name] = number
    rule = await tx.value(
        "INSERT INTO policy_rule (agency_id, scope, scope_id, knob, value, valid, reason, written_by, written_at)"
        " VALUES ($1, 'agency', $1, 'loan_days', '30', tstzrange(NULL, NULL), $2, 'system:0', $3) RETURNING id",
        tx.agency,
        f"Prøve {furniture.marker}",
        tx.now,
    )
    furniture.ours(rule=rule)


async def _people(tx: Transaction, furniture: Furniture) -> None:
    username = f"lise{tx.agency}"
    staff = await tx.value(
        "INSERT INTO staff (agency_id, username, name, password_hash) VALUES ($1, $2, $3, $4) RETURNING id",
        tx.agency,
        username,
        f"Lise {furniture.marker}",
        furniture.password_hash,
    )
    role = await tx.value(
        "INSERT INTO role (agency_id, code, name, permissions) VALUES ($1, 'desk', $2, '{checkout}') RETURNING id",
        tx.agency,
        f"Skranke {furniture.marker}",
    )
    machine_username = f"{furniture.town.isil.lower()}-automat"
    machine = await tx.value(
        "INSERT INTO machine (agency_id, branch_id, username, secret_hash, kind, name)"
        " VALUES ($1, $2, $3, $4, 'self_check', $5) RETURNING id",
        tx.agency,
        furniture.town.main,
        machine_username,
        secret_hash(MACHINE_SECRET),
        f"Automat {furniture.marker}",
    )
    held = await tx.value(
        "INSERT INTO staff_role (agency_id, staff_id, role_id) VALUES ($1, $2, $3) RETURNING id", tx.agency, staff, role
    )
    client_username = f"{furniture.town.isil.lower()}.app"
    client = await tx.value(
        "INSERT INTO api_client (agency_id, username, secret_hash, name, permissions)"
        " VALUES ($1, $2, $3, $4, '{catalog_view}') RETURNING id",
        tx.agency,
        client_username,
        secret_hash(MACHINE_SECRET),
        f"App {furniture.marker}",
    )
    token = await issue_token(tx, NewToken(subject=Subject(SubjectKind.STAFF, staff), language=Language.DANISH))
    support = await tx.value(
        "INSERT INTO support_grant (agency_id, reason, granted_by, granted_at, expires_at)"
        " VALUES ($1, $2, 'system:0', $3::timestamptz, $3::timestamptz + interval '1 day') RETURNING id",
        tx.agency,
        f"Fejlsøgning {furniture.marker}",
        tx.now,
    )
    furniture.ours(
        held_role=held,
        role_code="desk",
        client=client,
        client_username=client_username,
        token=token.id,
        session_token=token.secret,
        support_grant=support,
    )
    furniture.ours(
        staff=staff,
        username=username,
        password=PASSWORD,
        role=role,
        machine=machine,
        machine_username=machine_username,
        machine_secret=MACHINE_SECRET,
    )


async def _patrons(tx: Transaction, furniture: Furniture) -> None:
    for name, kind, born in (
        ("patron", "person", date(1980, 5, 17)),
        ("other_patron", "person", date(1979, 2, 3)),
        ("child", "person", date(2015, 9, 1)),
    ):
        patron = await _patron(tx, furniture, name, kind, born)
        furniture.objects |= {name: patron, f"{name}_card": f"C{patron}"}
    furniture.ours(card=furniture.objects["patron_card"], pin=PIN)
    await tx.execute(
        "INSERT INTO guardian (agency_id, patron_id, guardian_id, is_financially_responsible, valid)"
        " VALUES ($1, $2, $3, true, daterange(NULL, NULL))",
        tx.agency,
        furniture.number("child"),
        furniture.number("patron"),
    )
    block = await tx.value(
        "INSERT INTO patron_block (agency_id, patron_id, code, reason, starts_on, set_by)"
        " VALUES ($1, $2, 'M', $3, '2020-01-01', 'system:0') RETURNING id",
        tx.agency,
        furniture.number("other_patron"),
        f"Spærret {furniture.marker}",
    )
    furniture.ours(block=block)
    await _of_patrons(tx, furniture)


async def _of_patrons(tx: Transaction, furniture: Furniture) -> None:
    """What hangs on the patrons: an absence, a CPR number, a class with the child in it, and the ids of such rows."""
    patron, child = PatronId(furniture.number("patron")), PatronId(furniture.number("child"))
    for name, sql in (
        ("patron_identifier", "SELECT id FROM patron_identifier WHERE agency_id = $1 AND patron_id = $2"),
        ("membership", "SELECT id FROM membership WHERE agency_id = $1 AND patron_id = $2"),
        ("guardianship", "SELECT id FROM guardian WHERE agency_id = $1 AND guardian_id = $2"),
        (
            "absence",
            "INSERT INTO absence VALUES ($1, DEFAULT, $2, '[2020-01-01,2020-01-31]') RETURNING id",
        ),
    ):
        furniture.ours(**{name: await tx.value(sql, tx.agency, patron)})
    cpr = [(IdentifierKind.CPR, made_up_cpr(date(2015, 9, 1), 7))]
    await give(tx, furniture.keyring, child, cpr)
    school = await branch(tx, furniture.town.school)
    group = furniture.number("patron_group")
    class_id = await found_class(tx, furniture.town.school, school, (2021, "B"), group)
    await tx.execute(
        "INSERT INTO class_member (agency_id, class_id, patron_id, role, valid)"
        " VALUES ($1, $2, $3, 'pupil', daterange('2021-08-01', NULL))",
        tx.agency,
        class_id,
        child,
    )
    furniture.objects["class"] = class_id


async def _patron(tx: Transaction, furniture: Furniture, name: str, kind: str, born: date) -> int:
    patron: int = await tx.value(
        "INSERT INTO patron (agency_id, kind, name, birth_date, home_branch_id, email, street, pin_hash, note,"
        " registered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, $9) RETURNING id",
        tx.agency,
        kind,
        f"{name.capitalize()} {furniture.marker}",
        born,
        furniture.town.main,
        f"{name}@{furniture.marker}.invalid".lower(),
        f"{furniture.marker}vej 1",
        furniture.keyring.hash_pin(tx.agency, PIN),
        tx.now,
    )
    await tx.execute(
        "INSERT INTO patron_identifier (agency_id, patron_id, kind, lookup, valid_from)"
        " VALUES ($1, $2, 'card', $3, $4)",
        tx.agency,
        patron,
        f"C{patron}",
        tx.now,
    )
    await tx.execute(
        "INSERT INTO membership (agency_id, patron_id, division_id, role, patron_group_id, valid)"
        " VALUES ($1, $2, $3, 'borrower', $4, daterange('2020-01-01', NULL))",
        tx.agency,
        patron,
        furniture.town.library,
        furniture.number("patron_group"),
    )
    return patron


async def _catalog(tx: Transaction, furniture: Furniture) -> None:
    for name, title in (("record", "Lokalhistorie"), ("other_record", "Årsskrift")):
        identifier = f"{name}:{tx.agency}"
        record = await tx.value(
            "INSERT INTO record (agency_id, identifier, title, material_type) VALUES ($1, $2, $3, 'book') RETURNING id",
            tx.agency,
            identifier,
            f"{title} {furniture.marker}",
        )
        furniture.ours(**{name: record, f"{name}_identifier": identifier})


async def _items(tx: Transaction, furniture: Furniture) -> None:
    for place, name in enumerate(("item", "lent_item", "other_item", "withdrawn_item")):
        number = f"{tx.agency % 100_000_000:08d}{place:02d}"
        item = await tx.value(
            "INSERT INTO item (agency_id, number, record_id, owner_branch_id, default_placement_id, material_group_id,"
            " price_ore, withdrawn_at, withdrawn_why) VALUES ($1, $2, $3, $4, $5, $6, 20000, $7, $8) RETURNING id",
            tx.agency,
            number,
            furniture.number("record"),
            furniture.town.main,
            furniture.town.main_shelf,
            furniture.number("material_group"),
            *((tx.now, "worn") if name == "withdrawn_item" else (None, None)),
        )
        furniture.ours(**{name: item, f"{name}_number": number})
    note = await tx.value(
        "INSERT INTO item_note (agency_id, item_id, text, written_by, written_at)"
        " VALUES ($1, $2, $3, 'system:0', $4) RETURNING id",
        tx.agency,
        furniture.number("item"),
        f"Kaffeplet {furniture.marker}",
        tx.now,
    )
    furniture.ours(item_note=note)


async def _circulation(tx: Transaction, furniture: Furniture) -> None:
    """Rules that let the patrons borrow, loans open and closed, a temporary patron, and something on the work list."""
    for knob in ("lendable", "renewable", "reservable"):
        await tx.execute(
            "INSERT INTO policy_rule (agency_id, scope, scope_id, patron_group_id, material_group_id, knob, value,"
            " valid, written_by, written_at)"
            " VALUES ($1, 'agency', $1, $2, $3, $4, 'true', tstzrange(NULL, NULL), 'system:0', $5)",
            tx.agency,
            furniture.number("patron_group"),
            furniture.number("material_group"),
            knob,
            tx.now,
        )
    furniture.ours(
        loan=await _loan(tx, furniture, "lent_item", "patron"),
        other_loan=await _loan(tx, furniture, "other_item", "other_patron"),
        returned_loan=await _loan(tx, furniture, "item", "patron", is_returned=True),
        temporary_patron=await _patron(tx, furniture, "temporary", "person", date(1980, 5, 17)),
    )
    await tx.execute(
        "UPDATE patron SET is_temporary = true WHERE agency_id = $1 AND id = $2",
        tx.agency,
        furniture.number("temporary_patron"),
    )
    entry = await tx.value(
        "INSERT INTO work_entry (agency_id, branch_id, kind, scanned_card, happened_at, recorded_at, recorded_by)"
        " VALUES ($1, $2, 'offline_checkout', $3, $4, $4, 'system:0') RETURNING id",
        tx.agency,
        furniture.town.main,
        f"K{furniture.marker}",
        tx.now,
    )
    furniture.ours(work_entry=entry)


async def _loan(tx: Transaction, furniture: Furniture, item: str, borrower: str, *, is_returned: bool = False) -> int:
    closed = (tx.now, tx.now.date(), "returned") if is_returned else (None, None, None)
    loan: int = await tx.value(
        "INSERT INTO loan (agency_id, item_agency_id, item_id, record_id, division_id, material_group_id,"
        " patron_group_id, kind, branch_id, lent_at, lent_on, due_on, closed_at, closed_on, closed_how)"
        " VALUES ($1, $1, $2, $3, $4, $5, $6, 'loan', $7, $8, $9, $9::date + 14, $10, $11, $12) RETURNING id",
        tx.agency,
        furniture.number(item),
        furniture.number("record"),
        furniture.town.library,
        furniture.number("material_group"),
        furniture.number("patron_group"),
        furniture.town.main,
        tx.now - timedelta(hours=1),
        tx.now.date(),
        *closed,
    )
    await tx.execute(
        "INSERT INTO loan_borrower (agency_id, loan_id, patron_id, role) VALUES ($1, $2, $3, 'primary')",
        tx.agency,
        loan,
        furniture.number(borrower),
    )
    if not is_returned:
        await tx.execute(
            "UPDATE item_circulation SET state = 'on_loan' WHERE agency_id = $1 AND item_id = $2",
            tx.agency,
            furniture.number(item),
        )
    return loan


async def _holds(tx: Transaction, furniture: Furniture) -> None:
    """A title that two patrons wait for, and one that nobody waits for yet."""
    for place, name in enumerate(("hold_record", "wished_record")):
        record = await tx.value(
            "INSERT INTO record (agency_id, identifier, title, material_type) VALUES ($1, $2, $3, 'book') RETURNING id",
            tx.agency,
            f"{name}:{tx.agency}",
            f"Ventet længe {furniture.marker}",
        )
        await tx.execute(
            "INSERT INTO item (agency_id, number, record_id, owner_branch_id, default_placement_id, material_group_id)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            tx.agency,
            f"{tx.agency % 100_000_000:08d}{80 + place}",
            record,
            furniture.town.main,
            furniture.town.main_shelf,
            furniture.number("material_group"),
        )
        furniture.ours(**{name: record})
    interest_until = tx.now.date() + timedelta(days=90)
    for rank, (name, patron) in enumerate((("hold", "patron"), ("other_hold", "other_patron")), 1):
        hold = await tx.value(
            "INSERT INTO hold (agency_id, target, record_id, transaction_id, division_id, pickup_branch_id, placed_at,"
            " placed_on, placed_by, interest_until, rank) VALUES ($1, 'title', $2, $3, $4, $5, $6, $7, 'staff', $8, $9)"
            " RETURNING id",
            tx.agency,
            furniture.number("hold_record"),
            10_000_000,
            furniture.town.library,
            furniture.town.main,
            tx.now,
            tx.now.date(),
            interest_until,
            rank * 2**20,
        )
        await tx.execute(
            "INSERT INTO hold_patron (agency_id, hold_id, patron_id, record_id) VALUES ($1, $2, $3, $4)",
            tx.agency,
            hold,
            furniture.number(patron),
            furniture.number("hold_record"),
        )
        furniture.ours(**{name: hold})
    furniture.ours(hold_interest=str(interest_until))


async def _fees(tx: Transaction, furniture: Furniture) -> None:
    patron = PatronId(furniture.number("patron"))
    raised = await raise_claim(
        tx,
        Claim(
            parties=Parties(patron=patron, liable=patron, addressee=patron),
            division=furniture.town.library,
            branch=furniture.town.main,
            currency="DKK",
            kind=ChargeKind.MANUAL,
            batch="desk/furniture",
            step=0,
            amount_ore=Ore(10_000),
            reason=f"Spildt kaffe {furniture.marker}",
        ),
    )
    entry = await tx.value("SELECT max(id) FROM ledger_entry WHERE agency_id = $1", tx.agency)
    furniture.ours(charge=raised.charge, ledger_entry=entry)


async def _stock(tx: Transaction, furniture: Furniture) -> None:
    """A periodical, a record's other name, a part, other libraries' copies, and copies that are only counted."""
    town, group = furniture.town, furniture.number("material_group")
    periodical = await tx.value(
        "INSERT INTO record (agency_id, identifier, title, material_type, is_periodical)"
        " VALUES ($1, 'periodical', $2, 'periodica', true) RETURNING id",
        tx.agency,
        f"Bladet {furniture.marker}",
    )
    alias = f"alias-{tx.agency}"
    await tx.execute("INSERT INTO record_alias VALUES ($1, $2, $3)", tx.agency, alias, furniture.number("record"))
    await tx.execute("INSERT INTO item_part VALUES ($1, $2, 1, 'Cd')", tx.agency, furniture.number("item"))
    for place, (name, received_at) in enumerate((("expected_placeholder", None), ("received_placeholder", tx.now))):
        item = await tx.value(
            "INSERT INTO item (agency_id, number, kind, record_id, owner_branch_id, default_placement_id,"
            " material_group_id, lender_isil, received_at)"
            " VALUES ($1, $2, 'placeholder', $3, $4, $5, $6, 'DK-820010', $7) RETURNING id",
            tx.agency,
            f"{tx.agency % 100_000_000:08d}{90 + place}",
            furniture.number("record"),
            town.main,
            town.main_shelf,
            group,
            received_at,
        )
        furniture.objects[name] = item
    stock = await tx.value(
        "INSERT INTO stock (agency_id, record_id, placement_id, material_group_id, quantity)"
        " VALUES ($1, $2, $3, $4, 30) RETURNING id",
        tx.agency,
        furniture.number("other_record"),
        town.main_shelf,
        group,
    )
    furniture.ours(periodical=periodical, record_alias=alias, item_part=1, stock=stock)


async def _money(tx: Transaction, furniture: Furniture) -> None:
    """Tills open and closed, a payment begun and one made, a claim at the debtor system; all of it another patron's."""
    town, caller = furniture.town, system_caller(tx.agency)
    for name in ("till", "open_till"):
        new = NewTill(branch=town.main, name=f"{name} {furniture.marker}")
        furniture.objects[name] = (await create_till(tx, caller, new)).id
    furniture.objects["till_session"] = (
        await open_till(tx, caller, furniture.number("open_till"), OpenTill(float_ore=50_000))
    ).id
    for role in Role:
        pretended = SetNeighbour(adapter=Adapter.BUILT_IN, secret=PROVIDER_SECRET)
        await set_neighbour(tx, caller, furniture.keyring, ON_THIS_MACHINE, role, pretended)
    payer = PatronId(await _patron(tx, furniture, "payer", "person", date(1970, 1, 1)))
    paid = await _owes(tx, furniture, payer)
    begun = await _order(tx, PatronId(furniture.number("patron")), furniture.number("charge"), 10_000)
    payload = msgspec.json.encode({"order": begun.reference, "state": "authorized"})
    bought = await orders.hear(tx, await _order(tx, payer, paid, 5_000), Told.CAPTURED)
    entry = await tx.value(
        "SELECT id FROM ledger_entry WHERE agency_id = $1 AND charge_id = $2 AND kind = 'charge'", tx.agency, paid
    )
    await reverse(tx, caller, entry, payer, Reverse(branch=town.main, reason="Fundet"))
    owed = await _owes(tx, furniture, PatronId(await _patron(tx, furniture, "debtor", "person", date(1970, 1, 1))))
    first, file = await debts.lock_counters(tx)
    due = Due(charge=ChargeId(owed), kind=MessageKind.CLAIM, amount_ore=Ore(5_000))
    await debts.write_file(tx, [due], first, file)
    parked = Answer(id=f"P-{secrets.token_hex(4)}", kind=AnswerKind.ACKNOWLEDGEMENT, message=999_999)
    await import_answers(tx, caller, [parked])
    refused = f"answers-{secrets.token_hex(4)}.jsonl"
    problem = InvalidRequestError("debt_file_incomplete")
    await keep_refused_file(tx, refused, secrets.token_bytes(32), problem)
    furniture.ours(
        payment_order=begun.id,
        payment_reference=begun.reference,
        payer=payer,
        paid_reference=await tx.value(
            "SELECT reference FROM payment WHERE agency_id = $1 AND id = $2", tx.agency, bought.payment
        ),
        paid_order=bought.id,
        debt_claim=owed,
        parked_answer=parked.id,
        refused_file=refused,
        callback_payload=payload.decode(),
        callback_signature=sign(PROVIDER_SECRET, payload, tx.now),
    )


async def _owes(tx: Transaction, furniture: Furniture, patron: PatronId) -> int:
    charge = ManualCharge(
        branch=furniture.town.main, kind=ManualKind.MANUAL, amount_ore=5_000, reason=f"Kaffe {furniture.marker}"
    )
    return (await charge_manually(tx, system_caller(tx.agency), patron, charge)).charge


async def _order(tx: Transaction, patron: PatronId, charge: int, amount: int) -> Order:
    """An order that the built-in provider knows of."""
    account = await tx.value(
        "SELECT account_id FROM patron_account WHERE agency_id = $1 AND patron_id = $2", tx.agency, patron
    )
    new = NewOrder(
        reference=secrets.token_hex(12),
        account=account,
        currency="DKK",
        return_url="https://bibliotek.example/tilbage",
        lines=(Line(charge=ChargeId(charge), amount_ore=Ore(amount)),),
    )
    made = await orders.load(tx, await payment_store.insert_order(tx, new))
    return await orders.started(tx, made, f"built-in/{made.reference}", "https://bibliotek.example/betal")


async def _sign_in(tx: Transaction, furniture: Furniture) -> None:
    await furnish_sign_in(tx, furniture, ON_THIS_MACHINE)


ROOMS: tuple[Callable[[Transaction, Furniture], Awaitable[None]], ...] = (
    _agencies,
    _policies,
    _people,
    _patrons,
    furnish_patron_services,
    _catalog,
    _items,
    _stock,
    _circulation,
    _holds,
    furnish_bookings,
    furnish_interlibrary,
    furnish_logistics,
    _fees,
    _money,
    furnish_notices,
    furnish_privacy,
    _sign_in,
)


def names_in(example: Example) -> set[str]:
    """The objects that an example speaks of."""
    return {name for part in (example.path, example.query, example.body) for name in _names(part)}


def _names(part: object) -> set[str]:
    if isinstance(part, str):
        return {part[1:-1]} if part.startswith("{") and part.endswith("}") else set()
    if isinstance(part, dict):
        return set().union(*map(_names, part.values()))
    if isinstance(part, list | tuple):
        return set().union(*map(_names, part))
    return set()


def filled(part: Any, objects: dict[str, Plain]) -> Any:
    """`part` with every `{name}` replaced by its object."""
    made = part
    if isinstance(part, str) and part.startswith("{") and part.endswith("}"):
        made = objects[part[1:-1]]
    elif isinstance(part, dict):
        made = {key: filled(value, objects) for key, value in part.items()}
    elif isinstance(part, list | tuple):
        made = [filled(value, objects) for value in part]
    return made


async def hashed_password() -> str:
    """Once per run: the hash is made to be slow."""
    return await hash_password(PASSWORD)
