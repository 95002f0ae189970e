"""What somebody needs to try an agency, chosen anew at every start from what is really free just then.

What there is none of any more (everything has been lent, everybody owes) is made: another copy, a block, a debt.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from faelles.agencies.model import Branch, BranchKind
from faelles.circulation.desk.facts import PatronFacts
from faelles.demo import machines, money, store
from faelles.demo.chance import pin_of
from faelles.demo.model import AgencySample, OperatorSample, PatronSample, StaffSample
from faelles.demo.store import Holders
from faelles.fees.desk.model import ManualCharge, ManualKind
from faelles.fees.desk.operations import charge_manually
from faelles.fees.exclusion.operations import notices, told, write_notices
from faelles.fees.exclusion.rules import exclusion_in
from faelles.ground.actor import SYSTEM
from faelles.ground.clock import local_date, utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ConflictError, NotFoundError, UnauthenticatedError
from faelles.ground.i18n import Language
from faelles.ground.ids import NATION, AgencyId, BranchId, DivisionId, ItemNumber, StaffId
from faelles.items.model import NewItem
from faelles.items.operations import register_item
from faelles.notices.planning.rules import NEWS_FOR
from faelles.patrons.blocks.model import BlockCode, SetBlock
from faelles.patrons.blocks.operations import set_block
from faelles.patrons.rules import is_adult
from faelles.people.model import NewToken, Subject, SubjectKind, system_caller
from faelles.people.operations import issue_lasting_token, session_by_token
from faelles.people.staff.model import Assignment, NewStaff
from faelles.people.staff.operations import assign_role, create_staff, list_staff
from faelles.people.store import agency_behind_isil
from faelles.policies.compiled import Settings
from faelles.policies.operations import current_settings

SHOWN = ("DK-710100", "DK-775100", "DK-774000", "DK-774100")
"""København, Aarhus, Silkeborg, Samsø: from the largest to nearly the smallest."""

PATRONS, ITEMS = 3, 12
_DANISH_LETTERS = frozenset("æøåÆØÅ")
_CARDS_AT_A_TIME = 200
_TITLES_LOOKED_AT = 200
_DEBT_ORE = 30_000
_OWES_TOO_MUCH_ORE = 20_000
"""Above the debt limit that the nation's rules start with."""
_EXCLUDED_SINCE = timedelta(days=NEWS_FOR.days + 1)
"""More than a notice gives, and so long ago that its letter is no news: one that went out today would put it off."""
_PLAIN_BLOCKS = frozenset({BlockCode.MANUAL, BlockCode.EXCLUDED})
"""Those that nothing but a librarian lifts."""
_USERNAME = "bibliotekar"
_ROLE = "administrator"
_OPERATORS_ISIL, _OPERATORS_USERNAME, _OPERATORS_ROLE = "DK", "operator", "supporter"
_TOKEN_DAYS, _FEWEST_DAYS = 800, 400


@dataclass(frozen=True, slots=True)
class _Holder:
    card: str
    facts: PatronFacts

    def sample(self) -> PatronSample:
        return PatronSample(card=self.card, pin=pin_of(self.card), name=self.facts.name)


@dataclass(frozen=True, slots=True)
class _Chosen:
    fresh: list[_Holder]
    blocked: _Holder
    indebted: _Holder
    excluded: _Holder | None


async def choose_samples(
    database: Database, keyring: Keyring, isils: Iterable[str], tokens: Mapping[str, str]
) -> list[AgencySample]:
    """Samples of the agencies. `tokens` are those of an earlier start, by ISIL: they are kept while they last."""
    return [await _sample(database, keyring, isil, tokens.get(isil)) for isil in isils]


async def _sample(database: Database, keyring: Keyring, isil: str, token: str | None) -> AgencySample:
    agency = await agency_behind_isil(database, isil)
    if agency is None:
        raise NotFoundError("agency_unknown")
    lasting = token if token and await _lasts(database, token) else None
    await _exclude_somebody(database, keyring, agency)
    return await database.run(agency, SYSTEM, lambda tx: _choose(tx, keyring, lasting))


async def operator_sample(database: Database) -> OperatorSample:
    """The demonstration's supporter at the operator, made where there is none."""
    password = password_at(_OPERATORS_ISIL)
    new = NewStaff(username=_OPERATORS_USERNAME, name="Demosupporter", password=password)
    await database.run(NATION, SYSTEM, lambda tx: _user(tx, new, _OPERATORS_ROLE))
    return OperatorSample(isil=_OPERATORS_ISIL, username=_OPERATORS_USERNAME, password=password)


async def _lasts(database: Database, token: str) -> bool:
    try:
        session = await session_by_token(database, token)
    except UnauthenticatedError:
        return False
    return session.expires_at > utc_now() + timedelta(days=_FEWEST_DAYS)


async def _choose(tx: Transaction, keyring: Keyring, token: str | None) -> AgencySample:
    settings = await current_settings(tx)
    agency, branch = settings.directory.agency, main_branch(settings)
    people = await _People(tx, keyring, branch.division, local_date(tx.now, agency.time_zone)).chosen(branch.id)
    staff = await _staff(tx, agency.isil)
    return AgencySample(
        isil=agency.isil,
        name=agency.name,
        branch=branch.id,
        branch_code=branch.code,
        branch_name=branch.name,
        staff=StaffSample(username=_USERNAME, password=password_at(agency.isil)),
        token=token or await _token(tx, staff),
        patrons=tuple(each.sample() for each in people.fresh),
        blocked_patron=people.blocked.sample(),
        indebted_patron=people.indebted.sample(),
        items=await _items(tx, branch.id),
        item_not_for_loan=await _not_for_loan(tx, branch.id),
        sip2=await machines.self_check(tx, keyring, branch.id),
        sorter=await machines.sorter(tx, keyring, branch.id),
        excluded_patron=people.excluded.sample() if people.excluded else None,
        till=await money.furnish(tx, keyring, branch.id),
    )


async def _exclude_somebody(database: Database, keyring: Keyring, agency: AgencyId) -> None:
    """Where nobody is: somebody came to owe too much, and was told by letter a while ago."""

    async def found(tx: Transaction) -> tuple[_Holder | None, BranchId]:
        settings = await current_settings(tx)
        branch = main_branch(settings)
        today = local_date(tx.now, settings.directory.agency.time_zone)
        return await _People(tx, keyring, branch.division, today).to_exclude(), branch.id

    holder, branch = await database.run(agency, SYSTEM, found)
    if holder is None:
        return
    then = utc_now() - _EXCLUDED_SINCE

    async def write(tx: Transaction) -> None:
        await _charge(tx, holder, branch)
        await write_notices(tx, system_caller(agency), after=holder.facts.id - 1, limit=1)
        written = await notices(tx, system_caller(agency), holder.facts.id)
        await told(tx, [each.notice for each in written])

    await database.at(lambda: then).run(agency, SYSTEM, write)


def password_at(isil: str) -> str:
    """What the demonstration's librarian of an agency signs in with."""
    return f"laeselyst-{isil.removeprefix('DK-')}-demo"


def main_branch(settings: Settings) -> Branch:
    """The public branch that was founded first."""
    public = [each for each in settings.directory.branches.values() if each.kind is BranchKind.PUBLIC]
    return min(public, key=lambda each: each.id)


class _People:
    """The holders of cards in one division of an agency."""

    def __init__(self, tx: Transaction, keyring: Keyring, division: DivisionId, today: date) -> None:
        self._tx, self._keyring, self._division, self._today = tx, keyring, division, today

    async def chosen(self, branch: BranchId) -> _Chosen:
        """Raises ConflictError where too few are left who borrow nothing and owe nothing."""
        lettered = await self._first(Holders.ANYBODY, lambda one: self._is_fresh(one) and _has_danish_letter(one), 1)
        spare = await self._first(Holders.ANYBODY, self._is_fresh, PATRONS + 2)
        fresh = [*lettered, *(each for each in spare if each not in lettered)]
        if len(fresh) < PATRONS + 2:
            raise ConflictError("demo_worn_out")
        blocked = await self._first(Holders.BLOCKED, self._is_blocked, 1)
        indebted = await self._first(Holders.OWING, self._is_indebted, 1)
        return _Chosen(
            fresh[:PATRONS],
            blocked[0] if blocked else await _block(self._tx, fresh[PATRONS]),
            indebted[0] if indebted else await _charge(self._tx, fresh[PATRONS + 1], branch),
            next(iter(await self._first(Holders.OWING, self._is_excluded, 1)), None),
        )

    async def to_exclude(self) -> _Holder | None:
        """Somebody none of the others will be; None where somebody is excluded, or too few are left."""
        if await self._first(Holders.OWING, self._is_excluded, 1):
            return None
        fresh = await self._first(Holders.ANYBODY, self._is_fresh, 2 * PATRONS + 2)
        lettered = [each for each in fresh if _has_danish_letter(each.facts)]
        left = [each for each in fresh[PATRONS + 2 :] if each not in lettered[:1]]
        return left[0] if left else None

    async def _first(self, whose: Holders, is_good: Callable[[PatronFacts], bool], most: int) -> list[_Holder]:
        good: list[_Holder] = []
        after = ""
        while page := await store.holders(self._tx, whose, after=after, most=_CARDS_AT_A_TIME):
            good += [_Holder(card, facts) for card, facts in page if is_good(facts) and self._can_be_shown(card, facts)]
            if len(good) >= most:
                break
            after = page[-1][0]
        return good[:most]

    def _can_be_shown(self, card: str, patron: PatronFacts) -> bool:
        """Whether it is a grown-up member with nothing on loan, whose PIN is still the one the demonstration gave."""
        membership = patron.membership_in(self._division, self._today)
        is_member = membership is not None and membership.holds_on(self._today)
        is_grown_up = patron.kind == "person" and is_adult(patron.birth_date, self._today)
        pin = bytes.fromhex(patron.pin_hash) if patron.pin_hash else None
        has_pin = self._keyring.pin_matches(self._tx.agency, pin_of(card), pin)
        return is_member and is_grown_up and has_pin and not patron.loans

    def _is_fresh(self, patron: PatronFacts) -> bool:
        return not patron.blocks and patron.debts is None

    def _is_blocked(self, patron: PatronFacts) -> bool:
        standing = {block.code for block in patron.blocks_in(self._division, self._today, is_self_service=True)}
        return not standing.isdisjoint(_PLAIN_BLOCKS) and patron.debts is None

    def _is_indebted(self, patron: PatronFacts) -> bool:
        is_deep_in_debt = patron.balance_in(self._division) > _OWES_TOO_MUCH_ORE
        return is_deep_in_debt and not patron.blocks and not self._is_excluded(patron)

    def _is_excluded(self, patron: PatronFacts) -> bool:
        return exclusion_in(patron.exclusions, self._division, self._today) is not None


def _has_danish_letter(patron: PatronFacts) -> bool:
    return not _DANISH_LETTERS.isdisjoint(patron.name)


async def _block(tx: Transaction, holder: _Holder) -> _Holder:
    request = SetBlock(code=BlockCode.MANUAL, reason="Demo")
    await set_block(tx, system_caller(tx.agency), holder.facts.id, request)
    return holder


async def _charge(tx: Transaction, holder: _Holder, branch: BranchId) -> _Holder:
    charge = ManualCharge(branch=branch, kind=ManualKind.MANUAL, amount_ore=_DEBT_ORE, reason="Ødelagt bog")
    await charge_manually(tx, system_caller(tx.agency), holder.facts.id, charge)
    return holder


async def _items(tx: Transaction, branch: BranchId) -> tuple[ItemNumber, ...]:
    """Copies of twelve different titles."""
    found = await store.on_the_shelf(tx, branch, for_loan=True, most=_TITLES_LOOKED_AT)
    numbers = list({record: number for number, record in reversed(found)}.values())[::-1][:ITEMS]
    while len(numbers) < ITEMS:
        numbers.append(await _another_copy(tx, branch, len(numbers)))
    return tuple(numbers)


async def _not_for_loan(tx: Transaction, branch: BranchId) -> ItemNumber:
    found = await store.on_the_shelf(tx, branch, for_loan=False, most=1)
    return found[0][0] if found else await _another_copy(tx, branch, 0, not_for_loan="Håndbogssamling")


async def _another_copy(tx: Transaction, branch: BranchId, which: int, not_for_loan: str | None = None) -> ItemNumber:
    settings = await current_settings(tx)
    shelf = min(each.id for each in settings.directory.placements.values() if each.branch == branch)
    group = next(id_ for id_, each in settings.material_groups.items() if each.code == "book_adult")
    new = NewItem(
        record=(await store.titles(tx))[which].record,
        owner_branch=branch,
        default_placement=shelf,
        material_group=group,
        not_for_loan=not_for_loan,
    )
    return (await register_item(tx, system_caller(tx.agency), new)).number


async def _staff(tx: Transaction, isil: str) -> StaffId:
    """The demonstration's librarian, who may do everything in the agency."""
    new = NewStaff(username=_USERNAME, name="Demobibliotekar", password=password_at(isil))
    return await _user(tx, new, _ROLE)


async def _user(tx: Transaction, new: NewStaff, role: str) -> StaffId:
    caller = system_caller(tx.agency)
    known = await list_staff(tx, caller, after=new.username[:-1], limit=1)
    if known and known[0].username == new.username:
        return known[0].id
    staff = await create_staff(tx, caller, new)
    await assign_role(tx, caller, staff, Assignment(role=role))
    return staff


async def _token(tx: Transaction, staff: StaffId) -> str:
    subject = Subject(SubjectKind.STAFF, staff)
    new = NewToken(subject=subject, language=Language.DANISH, label="demo")
    return (await issue_lasting_token(tx, new, _expiry(tx.now))).secret


def _expiry(now: datetime) -> datetime:
    return now + timedelta(days=_TOKEN_DAYS)
