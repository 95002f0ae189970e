"""What a web site needs to be tried on the demonstration: an API client, and a patron with something of everything.

At every start the patron has a loan that can be renewed and one that cannot, owes something and has no block; what
was used up is made anew.
"""

from datetime import date, timedelta
from typing import Final

import msgspec

from faelles.agencies.model import Branch
from faelles.catalog.numbers.operations import numbers_of
from faelles.circulation.availability.operations import titles_standing
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds.model import PlaceHolds, PlacingOutcome, Together, Wish
from faelles.circulation.holds.operations import place_holds
from faelles.circulation.loans.model import CheckoutRequest, Outcome, RenewalRequest
from faelles.circulation.loans.operations import checkout, renew
from faelles.circulation.looking.operations import loans_of_patron
from faelles.demo import machines, store
from faelles.demo.model import MachineSample, WebPatronSample, WebSiteSample
from faelles.demo.samples import main_branch
from faelles.fees.desk.model import ManualCharge, ManualKind
from faelles.fees.desk.operations import charge_manually, claims
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring, secret_hash
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.ground.ids import ClientId, ItemNumber, PatronId, RecordId
from faelles.items.model import NewItem
from faelles.items.operations import register_item
from faelles.patrons.blocks import store as blocks
from faelles.patrons.blocks.operations import lift_block
from faelles.patrons.identification.model import SetPin
from faelles.patrons.identification.operations import set_pin
from faelles.patrons.identifiers import IdentifierKind, made_up_cpr
from faelles.patrons.looking.operations import identify
from faelles.patrons.model import Contact, NewIdentifier, NewMembership, RegisterPatron, Role
from faelles.patrons.operations import register
from faelles.patrons.profile.model import NewEmail, NewPhone, SetProfile
from faelles.patrons.profile.operations import set_profile
from faelles.people.attempts import Realm, identifier_hash, note_success
from faelles.people.machines import store as clients
from faelles.people.machines.model import WEB_SITE, ClientChange, NewClient
from faelles.people.machines.operations import change_client, create_client, list_clients
from faelles.people.model import Caller, Grant, Permission, system_caller
from faelles.people.store import agency_behind_isil
from faelles.policies.compiled import Settings
from faelles.policies.operations import current_settings

SHOWN: Final = ("DK-775100", "DK-774000", "DK-710100", "DK-774100")
"""The first of these that the demonstration has."""

_BORN: Final = date(1986, 4, 12)
_ADDRESS: Final = Contact(street="Prøvegade 1", postal_code="8000", city="Aarhus C", country="DK")
_MEMBER_SINCE: Final = date(2020, 1, 1)
_PATRONS_SERIAL, _FREE_SERIALS = 501, range(601, 700)
_SPECIAL: Final = frozenset({0, 13, 42})
"""The last two figures of those who are nobody, dead or protected (patrons/registers/port.py)."""
_PIN: Final = "4711"
_LENT_AGO: Final = timedelta(days=9)
_FEE_ORE: Final = 4_500
_RECORDS: Final = 4
_TITLES_LOOKED_AT: Final = 60
_AT_A_TIME: Final = 200
_MOST_LOANS: Final = 200
_SHORTEST_NUMBER, _LONGEST_NUMBER = 8, 10
_NOT_RENEWED: Final = "quick_loan"


async def web_site_sample(database: Database, keyring: Keyring, isils: tuple[str, ...]) -> WebSiteSample:
    """The sample of the first of `SHOWN` among `isils`, less the address of a server that is not there yet.

    Raises NotFoundError where there is none of them.
    """
    isil = next((each for each in SHOWN if each in isils), None)
    agency = None if isil is None else await agency_behind_isil(database, isil)
    if agency is None or isil is None:
        raise NotFoundError("agency_unknown")
    return await database.run(agency, SYSTEM, lambda tx: _Chooser(tx, keyring, isil).chosen())


class _Chooser:
    """What is told of one agency."""

    def __init__(self, tx: Transaction, keyring: Keyring, isil: str) -> None:
        self._tx, self._keyring, self._isil = tx, keyring, isil
        self._caller = system_caller(tx.agency)

    async def chosen(self) -> WebSiteSample:
        settings = await current_settings(self._tx)
        branch = main_branch(settings)
        cpr, card = made_up_cpr(_BORN, _PATRONS_SERIAL), f"WEB{self._isil.removeprefix('DK-')}"
        patron = await self._patron(settings, branch, cpr, card)
        await self._lend(settings, branch, patron)
        await self._owe(branch, patron)
        return WebSiteSample(
            url="",
            agency=self._isil,
            client=await self._client(branch),
            sip2_user=await machines.self_check(self._tx, self._keyring, branch.id),
            patron=WebPatronSample(cpr=cpr, card=card, pin=_PIN),
            free_cpr=await self._free_cpr(),
            records=await self._records(branch, patron),
            other_branch=_other_branch(settings, branch).code,
        )

    async def _patron(self, settings: Settings, branch: Branch, cpr: str, card: str) -> PatronId:
        """The web site's patron as written down: with address and PIN, and without blocks."""
        found = await self._holding(cpr)
        if found is None:
            adult = next(id_ for id_, group in settings.patron_groups.items() if group.code == "adult")
            request = RegisterPatron(
                name="Åse Hjemmesidesen",
                home_branch=branch.id,
                contact=_ADDRESS,
                identifiers=(NewIdentifier(IdentifierKind.CPR, cpr), NewIdentifier(IdentifierKind.CARD, card)),
                memberships=(
                    NewMembership(division=branch.division, role=Role.BORROWER, group=adult, starts_on=_MEMBER_SINCE),
                ),
            )
            found = (await register(self._tx, self._caller, self._keyring, request)).patron
        mail, phone = NewEmail("aase@example.dk"), NewPhone("+4512345678")
        await set_profile(self._tx, self._caller, found, SetProfile(emails=(mail,), phones=(phone,)))
        await set_pin(self._tx, self._caller, self._keyring, found, SetPin(_PIN))
        for block in await blocks.standing(self._tx, found):
            await lift_block(self._tx, self._caller, found, block.id)
        return found

    async def _holding(self, cpr: str) -> PatronId | None:
        found = await identify(self._tx, self._caller, self._keyring, cpr)
        return next((each.patron.id for each in found if each.ended_at is None), None)

    async def _free_cpr(self) -> str:
        """One that the pretended register knows and no patron has."""
        for serial in _FREE_SERIALS:
            cpr = made_up_cpr(_BORN, serial)
            if serial % 100 not in _SPECIAL and await self._holding(cpr) is None:
                return cpr
        raise ConflictError("demo_worn_out")

    async def _lend(self, settings: Settings, branch: Branch, patron: PatronId) -> None:
        """One loan that can be renewed, one that cannot."""
        loans = await loans_of_patron(self._tx, self._caller, patron, limit=_MOST_LOANS)
        answers = []
        if loans:
            asked = RenewalRequest(branch=branch.id, loans=tuple(each.id for each in loans), dry_run=True)
            answers = await renew(self._tx, _home(self._caller, branch, patron), asked)
        if not any(each.outcome is Outcome.ALLOWED for each in answers):
            had = {each.record for each in loans}
            shelf = await store.on_the_shelf(self._tx, branch.id, for_loan=True, most=_TITLES_LOOKED_AT)
            await self._check_out(branch, patron, next(number for number, record in shelf if record not in had))
        if not any(each.outcome is Outcome.REFUSED for each in answers):
            await self._check_out(branch, patron, await self._quick_copy(settings, branch))

    async def _check_out(self, branch: Branch, patron: PatronId, item: ItemNumber) -> None:
        request = CheckoutRequest(
            borrower=Borrower(patron=patron), item=item, branch=branch.id, lent_at=self._tx.now - _LENT_AGO
        )
        if (await checkout(self._tx, self._caller, self._keyring, request)).outcome is not Outcome.LENT:
            raise ConflictError("demo_worn_out")

    async def _quick_copy(self, settings: Settings, branch: Branch) -> ItemNumber:
        """A new copy that may be borrowed for a fortnight, once."""
        group = next(id_ for id_, each in settings.material_groups.items() if each.code == _NOT_RENEWED)
        shelf = min(each.id for each in settings.directory.placements.values() if each.branch == branch.id)
        title = (await store.titles(self._tx))[-1].record
        new = NewItem(record=title, owner_branch=branch.id, default_placement=shelf, material_group=group)
        return (await register_item(self._tx, self._caller, new)).number

    async def _owe(self, branch: Branch, patron: PatronId) -> None:
        if await claims(self._tx, self._caller, patron, only_open=True, before=None, limit=1):
            return
        fee = ManualCharge(branch=branch.id, kind=ManualKind.MANUAL, amount_ore=_FEE_ORE, reason="Nyt omslag")
        await charge_manually(self._tx, self._caller, patron, fee)

    async def _records(self, branch: Branch, patron: PatronId) -> tuple[str, ...]:
        """Titles that the patron could reserve now."""
        shelf = await store.on_the_shelf(self._tx, branch.id, for_loan=True, most=_TITLES_LOOKED_AT)
        numbers = await numbers_of(self._tx, [record for _, record in shelf])
        wanted = [n for n in dict.fromkeys(numbers.values()) if _SHORTEST_NUMBER <= len(n) <= _LONGEST_NUMBER]
        standing = await titles_standing(self._tx, self._caller, branch.division, wanted)
        found: list[str] = []
        for title in standing:
            if title.is_reservable and await self._may_reserve(branch, patron, title.record):
                found.append(title.number)
            if len(found) == _RECORDS:
                return tuple(found)
        raise ConflictError("demo_worn_out")

    async def _may_reserve(self, branch: Branch, patron: PatronId, record: RecordId) -> bool:
        asked = PlaceHolds(
            patron=Borrower(patron=patron),
            wishes=(Wish(record=record),),
            pickup=branch.id,
            together=Together.SEPARATE,
            dry_run=True,
        )
        placing = await place_holds(self._tx, _home(self._caller, branch, patron), self._keyring, asked)
        return placing.holds[0].outcome is PlacingOutcome.ALLOWED

    async def _client(self, branch: Branch) -> MachineSample:
        """Made where it is missing; else put back to what is written down."""
        tx, username = self._tx, await clients.username_prefix(self._tx) + "demo-hjemmeside"
        known = await self._known_client(username)
        if known is None:
            new = NewClient(
                username="demo-hjemmeside", name="Demohjemmeside", permissions=WEB_SITE, division=branch.division
            )
            known = (await create_client(tx, self._caller, new)).id
        else:
            await change_client(tx, self._caller, known, ClientChange(permissions=WEB_SITE, is_disabled=False))
        password = f"web-{self._isil.removeprefix('DK-')}-hjemmeside"
        await clients.replace_client_secret(tx, known, secret_hash(password))
        await note_success(tx, identifier_hash(self._keyring, tx.agency, Realm.CLIENT, username))
        return MachineSample(username=username, password=password)

    async def _known_client(self, username: str) -> ClientId | None:
        after = 0
        while page := await list_clients(self._tx, self._caller, after=after, limit=_AT_A_TIME):
            for client in page:
                if client.username == username:
                    return client.id
            after = page[-1].id
        return None


def _home(caller: Caller, branch: Branch, patron: PatronId) -> Caller:
    """The patron at home, who may do less than the desk."""
    own = Grant(frozenset({Permission.OWN_ACCOUNT}), division=branch.division)
    return msgspec.structs.replace(caller, patron=patron, grants=(own,))


def _other_branch(settings: Settings, branch: Branch) -> Branch:
    """Another one of the division where holds are picked up; the same where there is no other."""
    others = [
        each
        for each in settings.directory.branches.values()
        if each.division == branch.division and each.is_pickup and each.closed_from is None and each.id != branch.id
    ]
    return min(others, key=lambda each: each.code, default=branch)
