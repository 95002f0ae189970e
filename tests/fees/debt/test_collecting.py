"""Claims out, answers in: once each, in any order, until both sides say the same."""

import asyncio
import random
from pathlib import Path

import msgspec
import pytest

from faelles.fees.debt import importing, operations, reconciling
from faelles.fees.debt.model import Answer, AnswerKind, Imported, MessageKind
from faelles.fees.desk import operations as desk
from faelles.fees.desk.model import ClaimLine, Forgive, Reverse
from faelles.fees.forgetting import store as forgetting
from faelles.fees.neighbours.model import Adapter
from faelles.fees.operations import charge_replacement, refund_replacement
from faelles.fees.payments.model import Outside
from faelles.ground.config import Installation
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ConflictError, ForbiddenError, NotFoundError, RefusedError, UnavailableError
from faelles.patrons.identification.operations import give
from faelles.patrons.identifiers import IdentifierKind, made_up_cpr
from faelles.people.model import Permission, system_caller
from fees.accounts import Household, loan_number, lock, move_in, staff
from fees.debt.office import BORN, Office


def paid(claim: int, amount: int, name: str = "p-1") -> Answer:
    return Answer(id=name, kind=AnswerKind.PAYMENT, claim=claim, amount_ore=amount)


async def handed_over(office: Office, amount: int = 30_000) -> int:
    """A claim that the other side has acknowledged."""
    claim = await office.charge(amount)
    office.days = 61
    await office.in_step()
    return claim


async def test_a_claim_is_handed_over_when_it_is_old_enough_and_big_enough(office: Office):
    await office.charge(9_900)
    small = (await move_in(office.database, office.household.town)).patron
    await office.charge(9_999, small)
    office.days = 59
    await office.charge(100)
    assert (await office.export()).file is None
    office.days = 61
    exported = await office.export()
    assert (exported.claims, exported.adjustments, exported.file) == (1, 0, 1)
    assert (await office.export()).file is None
    office.days = 120
    assert (await office.export()).claims == 1


async def test_schools_and_libraries_owe_apart(office: Office):
    await office.charge(6_000)
    await office.charge(6_000, school=True)
    office.days = 61
    assert (await office.export()).claims == 0


async def test_the_file_names_whoever_was_addressed_when_the_claim_arose(office: Office):
    number = made_up_cpr(BORN, 4)

    async def know(tx: Transaction, _caller) -> None:
        await give(tx, office.keyring, office.household.patron, [(IdentifierKind.CPR, number)])
        await tx.execute(
            "UPDATE patron SET street = 'Bøgevej 1', postal_code = '8000', city = 'Århus' WHERE agency_id = $1",
            tx.agency,
        )

    await office.run(know)
    await office.use(Adapter.FILE_DROP)
    claim = await office.charge(30_000)
    office.days = 61
    await office.export()
    ((message,),) = office.sent()
    assert (message.number, message.kind, message.claim, message.amount_ore) == (1, MessageKind.CLAIM, claim, 30_000)
    assert message.debtor is not None
    assert (message.debtor.cpr, message.debtor.name, message.debtor.city) == (number, "Åse Æbelø", "Århus")
    assert not list((office.exchange / "out").glob(".*"))
    kept = await office.run(lambda tx, _: tx.rows("SELECT * FROM debt_message WHERE agency_id = $1", tx.agency))
    assert number not in str(kept)


async def test_what_is_paid_at_the_desk_is_told_and_both_sides_agree(office: Office):
    claim = await handed_over(office)
    await office.pay(12_000)
    assert await office.differences() == ["debt_not_told"]
    await office.in_step()
    await office.run(desk.waive, claim, office.household.patron, Forgive(branch=office.household.town.main, reason="x"))
    await office.in_step()
    assert office.other_side._memory().balances == {}


@pytest.mark.parametrize(
    ("kind", "left"), [(AnswerKind.PAYMENT, 10_000), (AnswerKind.REDUCTION, 10_000), (AnswerKind.WRITE_OFF, 10_000)]
)
async def test_what_happens_over_there_happens_here(office: Office, kind, left):
    claim = await handed_over(office)
    office.other_side.receive(kind, claim, 20_000)
    taken = await office.take_in()
    assert (taken.files, taken.answers.applied) == (1, 1)
    assert await office.balance() == left
    assert (await office.export()).file is None
    assert await office.differences() == []


async def test_every_answer_counts_once_however_often_it_comes(office: Office):
    claim = await handed_over(office)
    payment = paid(claim, 10_000)
    assert (await office.say(payment, payment)) == Imported(applied=1, repeated=1, parked=0, contradicted=0)
    results = await asyncio.gather(*(office.say(payment) for _ in range(4)))
    assert sum(each.repeated for each in results) == 4
    assert await office.balance() == 20_000
    assert (await office.say(paid(claim, 9_999))).contradicted == 1
    assert await office.balance() == 20_000
    assert "debt_answer_contradicted" in await office.differences()


async def test_what_is_said_again_of_somebody_erased_contradicts_nothing(office: Office):
    claim = await handed_over(office)
    reduced = Answer(id="p-1", kind=AnswerKind.REDUCTION, claim=claim, amount_ore=30_000, reason="Åse har ret")
    refused = Answer(id="p-2", kind=AnswerKind.REFUSAL, message=1, reason="Åse er flyttet")
    await office.say(reduced, refused)
    accounts = await office.run(
        lambda tx, _: tx.rows("SELECT account_id FROM charge WHERE agency_id = $1 AND id = $2", tx.agency, claim)
    )
    await office.run(lambda tx, _: forgetting.unlink(tx, [row["account_id"] for row in accounts]))
    kept = [
        await office.run(lambda tx, _, table=table: tx.rows(f"SELECT * FROM {table} WHERE agency_id = $1", tx.agency))
        for table in ("debt_answer", "debt_message")
    ]
    assert "Åse" not in str(kept)
    assert (await office.say(reduced, refused)).repeated == 2
    assert (await office.say(paid(claim, 5_000, "nobodys"))).parked == 1


async def test_an_answer_that_comes_before_what_it_is_about_waits_for_it(office: Office):
    claim = await office.charge(30_000)
    early = Answer(id="a-1", kind=AnswerKind.ACKNOWLEDGEMENT, message=1)
    assert (await office.say(early, paid(claim, 10_000))).parked == 2
    assert await office.balance() == 30_000
    assert (await office.differences()).count("debt_answer_parked") == 2
    office.days = 61
    await office.export()
    assert (await office.say(Answer(id="a-2", kind=AnswerKind.ACKNOWLEDGEMENT, message=1))).applied == 1
    assert await office.balance() == 20_000


async def test_what_was_taken_off_the_report_counts_when_it_is_said_again_and_can_be_applied(office: Office):
    claim = await office.charge(30_000)
    early = paid(claim, 10_000)
    await office.say(early)
    await office.settle(early.id)
    assert (await office.say(early)).parked == 1
    await office.settle(early.id)
    office.days = 61
    await office.export()
    assert (await office.say(early)).applied == 1
    assert (await office.balance(), (await office.say(early)).repeated) == (20_000, 1)


async def test_what_will_never_be_known_is_taken_off_the_report_by_hand(office: Office):
    claim = await handed_over(office)
    await office.say(Answer(id="p-0", kind=AnswerKind.PAYMENT, claim=claim + 999, amount_ore=100))
    await office.say(paid(claim, 10_000))
    await office.say(paid(claim, 20_000))
    for name in ("p-0", paid(claim, 1).id):
        await office.settle(name)
        with pytest.raises(NotFoundError, match="debt_answer_not_open"):
            await office.settle(name)
    assert {"debt_answer_parked", "debt_answer_contradicted"}.isdisjoint(await office.differences())
    assert await office.balance() == 20_000
    await office.say(paid(claim, 30_000))
    assert "debt_answer_contradicted" in await office.differences()


async def test_both_sides_paid_at_once_is_credit_and_told(office: Office):
    claim = await handed_over(office)
    await office.pay(30_000)
    office.other_side.receive(AnswerKind.PAYMENT, claim, 30_000)
    await office.in_step()
    assert await office.balance() == -30_000


async def test_a_write_off_of_what_was_paid_here_meanwhile_changes_nothing(office: Office):
    claim = await handed_over(office)
    await office.pay(30_000)
    office.other_side.receive(AnswerKind.WRITE_OFF, claim, 30_000)
    await office.in_step()
    assert await office.balance() == 0


def written_off(claim: int, amount: int, name: str) -> Answer:
    return Answer(id=name, kind=AnswerKind.WRITE_OFF, claim=claim, amount_ore=amount)


async def test_money_given_back_while_the_rest_is_written_off_ends_as_one_after_the_other(office: Office):
    patron, branch, ends = office.household.patron, office.household.town.main, set()
    for turn in range(4):
        before = await office.balance()
        claim = await office.charge(30_000)
        office.days += 61
        await office.export()
        await office.pay(10_000, claim)
        lines = await office.run(desk.statement, patron, before=None, limit=5)
        payment = next(line.entry for line in lines if line.kind == "payment")
        at_once = [
            office.run(desk.reverse, payment, patron, Reverse(branch=branch, reason="Tastet forkert")),
            office.say(written_off(claim, 20_000, f"w-{turn}")),
            office.run(desk.waive, claim, patron, Forgive(branch=branch, amount_ore=5_000, reason="Kulance")),
        ]
        results = await asyncio.gather(*(at_once if turn % 2 else reversed(at_once)), return_exceptions=True)
        assert all(isinstance(each, RefusedError) for each in results if isinstance(each, Exception))
        owed = sum(each.outstanding_ore for each in await claims_of(office) if each.charge == claim)
        assert await office.balance() - before == owed
        ends.add(owed)
    assert ends <= {5_000, 10_000}


async def test_a_lost_book_found_while_its_price_is_written_off_leaves_what_was_paid(office: Office):
    household = office.household

    async def found(tx: Transaction, _: object) -> None:
        await lock(tx, household)
        await refund_replacement(tx, lost.loan, reason="item_found")

    async def is_lost(tx: Transaction, _: object) -> int:
        await lock(tx, household)
        return (await charge_replacement(tx, lost))[0].charge

    for turn in range(4):
        lost = household.lost(loan_number(), price=30_000, processing=0)
        claim = await office.run(is_lost)
        office.days += 61
        await office.export()
        await office.pay(10_000, claim)
        write_off = office.say(written_off(claim, 20_000, f"f-{turn}"))
        at_once = [write_off, office.run(found)]
        await asyncio.gather(*(at_once if turn % 2 else reversed(at_once)))
        # What was paid is credit, and pays a part of the next.
        assert await office.balance() == -10_000
        await office.charge(10_000)
        assert await claims_of(office) == []


async def claims_of(office: Office) -> list[ClaimLine]:
    return await office.run(desk.claims, office.household.patron, only_open=True, before=None, limit=50)


async def test_what_is_paid_over_there_beyond_its_claim_pays_the_next_one(office: Office):
    claim = await handed_over(office)
    await office.charge(5_000)
    office.other_side.receive(AnswerKind.PAYMENT, claim, 34_000)
    await office.in_step()
    assert await office.balance() == 1_000


async def test_a_refused_claim_is_on_the_report_until_it_is_offered_again(office: Office):
    await office.use(Adapter.FILE_DROP)
    claim = await office.charge(30_000)
    office.days = 61
    await office.export()
    office.bring(Answer(id="r-1", kind=AnswerKind.REFUSAL, message=1, reason="Ukendt person"))
    await office.take_in()
    assert await office.differences() == ["debt_claim_refused"]
    assert (await office.export()).file is None
    await office.run(operations.offer_again, claim)
    await office.export()
    assert [(each.kind, each.amount_ore) for each in office.sent()[1]] == [(MessageKind.CLAIM, 30_000)]
    office.bring(Answer(id="a-1", kind=AnswerKind.ACKNOWLEDGEMENT, message=2))
    await office.take_in()
    assert await office.differences() == []


@pytest.mark.parametrize("order", [1, -1])
async def test_a_refused_claim_that_was_paid_over_there_is_not_handed_over_again(office: Office, order: int):
    await office.use(Adapter.FILE_DROP)
    claim = await office.charge(30_000)
    office.days = 61
    await office.export()
    said = [paid(claim, 30_000), Answer(id="r-1", kind=AnswerKind.REFUSAL, message=1, reason="Ukendt person")]
    for answer in said[::order]:
        await office.say(answer)
    assert (await office.balance(), await office.differences()) == (0, [])
    await office.run(operations.offer_again, claim)
    assert (await office.export()).file is None


async def test_what_waits_in_vain_holds_up_nothing_that_can_be_applied(office: Office, monkeypatch):
    monkeypatch.setattr(importing, "PARKED_AT_A_TIME", 1)
    await office.say(paid(9_999, 100, "nobodys-1"), paid(9_998, 100, "nobodys-2"))
    claim = await office.charge(30_000)
    await office.say(paid(claim, 10_000, "early"))
    office.days = 61
    await office.export()
    await office.say(Answer(id="a-1", kind=AnswerKind.ACKNOWLEDGEMENT, message=1))
    assert await office.balance() == 20_000


async def test_a_file_that_came_already_is_known_and_another_under_its_number_is_set_aside(office: Office):
    claim = await handed_over(office)
    await office.use(Adapter.FILE_DROP)
    office.came_in = 10
    office.bring(paid(claim, 1_000))
    assert (await office.take_in()).answers.applied == 1
    office.bring(paid(claim, 1_000), number=11)
    assert (await office.take_in()).answers.repeated == 1
    path = office.bring(paid(claim, 2_000, "p-2"), number=11)
    assert (await office.take_in()).refused == (path.name,)
    assert (path.parent / "refused" / path.name).exists()
    assert (await office.balance()) == 29_000


@pytest.mark.parametrize(("number", "why"), [(20_271_224, "debt_file_far_ahead"), (2**63, "debt_file_line_malformed")])
async def test_a_file_numbered_by_something_else_is_set_aside_and_holds_nobody_up(office: Office, number, why):
    claim = await handed_over(office)
    await office.use(Adapter.FILE_DROP)
    odd = office.bring(paid(claim, 1_000, "p-1"), number=number)
    office.bring(paid(claim, 1_000, "p-2"), number=2)
    taken = await office.take_in()
    assert (taken.refused, taken.answers.applied) == ((odd.name,), 1)
    [aside] = await reconciling.reconcile(office.database, office.outside, office.caller)
    assert (aside.check, aside.why) == ("debt_file_set_aside", why)


async def test_balances_that_cannot_be_read_hide_nothing_else(office: Office):
    await handed_over(office)
    await office.use(Adapter.FILE_DROP)
    (office.exchange / "in").mkdir()
    (office.exchange / "in" / "balances-1.jsonl").write_bytes("beløb;300,00\n".encode("latin-1"))
    await office.charge(40_000)
    office.days += 61
    await office.export()
    office.days += 8
    assert await office.differences() == ["debt_balances_unreadable", "debt_message_unheard"]


async def test_files_set_aside_under_one_name_are_all_kept(office: Office):
    claim = await handed_over(office)
    await office.use(Adapter.FILE_DROP)
    for amount in (1_000, 2_000):
        path = office.bring(paid(claim, amount), number=2)
        path.write_bytes(path.read_bytes()[:-9])
        await office.take_in()
    assert len(list((path.parent / "refused").iterdir())) == 2


async def test_a_file_set_aside_is_on_the_report_until_somebody_has_seen_to_it(office: Office):
    claim = await handed_over(office)
    await office.use(Adapter.FILE_DROP)
    for _ in range(2):
        path = office.bring(paid(claim, 1_000), number=2)
        path.write_bytes(path.read_bytes()[:-9])
        await office.take_in()
        assert await office.differences() == ["debt_file_set_aside"]
        await office.settle_file(path.name)
        assert await office.differences() == []
    with pytest.raises(NotFoundError, match="debt_file_not_open"):
        await office.settle_file(path.name)


async def test_a_harmed_file_is_set_aside_and_changes_nothing(office: Office):
    claim = await handed_over(office)
    await office.use(Adapter.FILE_DROP)
    path = office.bring(paid(claim, 1_000), number=2)
    path.write_bytes(path.read_bytes().replace(b"1000", b"9000"))
    assert (await office.take_in()).refused == (path.name,)
    assert await office.balance() == 30_000


async def test_files_come_in_any_order_and_a_missing_one_is_missed(office: Office):
    claim = await handed_over(office)
    await office.use(Adapter.FILE_DROP)
    office.bring(paid(claim, 1_000, "p-3"), number=4)
    office.bring(paid(claim, 1_000, "p-2"), number=3)
    assert (await office.take_in()).files == 2
    assert await office.balance() == 28_000
    assert await office.differences() == ["debt_file_missing"]


async def test_a_file_that_could_not_be_delivered_goes_with_the_next_one(office: Office):
    await office.use(Adapter.HTTP, "http://127.0.0.1:9")
    await office.charge(30_000)
    office.days = 61
    with pytest.raises(UnavailableError):
        await office.export()
    await office.use(Adapter.FILE_DROP)
    assert "debt_file_undelivered" in await office.differences()
    assert (await office.export()).file is None
    assert len(office.sent()) == 1


async def test_a_file_that_was_delivered_is_not_written_over(office: Office):
    await office.use(Adapter.FILE_DROP)
    await office.charge(30_000)
    office.days = 61
    await office.export()
    (path,) = (office.exchange / "out").glob("*.jsonl")
    before = path.read_bytes()
    await office.run(lambda tx, _: tx.execute("UPDATE debt_file SET done_at = NULL WHERE agency_id = $1", tx.agency))
    office.days = 62
    await office.export()
    assert path.read_bytes() == before


async def test_two_exports_at_once_say_everything_once(office: Office):
    await office.use(Adapter.FILE_DROP)
    for _ in range(3):
        await office.charge(30_000)
    office.days = 61
    results = await asyncio.gather(*(office.export() for _ in range(4)))
    assert sorted(each.claims for each in results) == [0, 0, 0, 3]
    assert [message.number for sent in office.sent() for message in sent] == [1, 2, 3]


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_on_both_sides_they_agree_in_the_end(office: Office, seed):
    chance = random.Random(seed)
    claims = [await office.charge(chance.randrange(4_000, 30_000)) for _ in range(4)]
    office.days = 61
    names = 0
    for _ in range(25):
        deed = chance.choice(["desk", "waive", "there", "export", "import", "twice", "charge"])
        claim = chance.choice(claims)
        owed = {
            each.charge: each.outstanding_ore
            for each in await office.run(desk.claims, office.household.patron, only_open=True, before=None, limit=50)
        }
        if deed == "desk" and owed.get(claim):
            await office.pay(chance.randrange(1, owed[claim] + 1), claim)
        elif deed == "waive" and owed.get(claim):
            amount = chance.randrange(1, owed[claim] + 1)
            let_go = Forgive(branch=office.household.town.main, amount_ore=amount, reason="x")
            await office.run(desk.waive, claim, office.household.patron, let_go)
        elif deed == "there" and office.other_side._memory().balances.get(claim, 0) > 0:
            kind = chance.choice([AnswerKind.PAYMENT, AnswerKind.REDUCTION, AnswerKind.WRITE_OFF])
            there = office.other_side._memory().balances[claim]
            office.other_side.receive(kind, claim, chance.randrange(1, there + 1))
        elif deed == "export":
            await office.export()
        elif deed == "import":
            await office.take_in()
        elif deed == "twice" and office.other_side._memory().answers:
            again = list(office.other_side._memory().answers)
            chance.shuffle(again)
            await office.say(*again)
        elif deed == "charge":
            names += 1
            claims.append(await office.charge(chance.randrange(100, 20_000)))
    office.days = 200
    await office.in_step()
    await office.balance()


async def test_messages_can_be_fetched_in_order(office: Office):
    await handed_over(office)
    await office.pay(1_000)
    await office.export()
    found = await office.run(lambda tx, caller: operations.messages(tx, office.outside, caller, after=1, limit=10))
    assert [(each.number, each.kind, each.amount_ore) for each in found] == [(2, MessageKind.ADJUSTMENT, -1_000)]
    assert b"debtor" not in msgspec.json.encode(found)


async def test_collecting_needs_its_permission_for_the_whole_agency(office: Office):
    town = office.household.town
    for caller in (staff(town, Permission.FEE_PAY), staff(town, Permission.DEBT_COLLECT, division=town.library)):
        for errand in (operations.export, importing.import_files):
            with pytest.raises(ForbiddenError):
                await errand(office.database, office.outside, caller)


async def test_without_a_debtor_system_nothing_is_written_down(database: Database, household: Household, keyring):
    place = Installation(is_production=False, public_url="https://x.example", exchange_directory=Path("x"))
    with pytest.raises(ConflictError, match="money_neighbour_missing"):
        await operations.export(database, Outside(keyring, place), system_caller(household.town.agency))
