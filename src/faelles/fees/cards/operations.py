"""A new card in place of a lost one costs what the policy of the patron's home division says."""

from faelles.fees import rules
from faelles.fees.cards import store
from faelles.fees.cards.model import CardReplaced
from faelles.fees.desk.store import load_counter, load_responsible
from faelles.fees.model import ChargeKind, Claim, Parties
from faelles.fees.operations import raise_claim
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import PatronId
from faelles.ground.money import Ore
from faelles.patrons.identification.model import ReplaceCard
from faelles.patrons.identification.operations import replace_card
from faelles.people.model import Caller
from faelles.policies.knobs import CARD_REPLACEMENT_FEE_ORE
from faelles.policies.model import ANY_PATRON, Subject
from faelles.policies.operations import current_settings


async def replace_card_for_fee(
    tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId, request: ReplaceCard
) -> CardReplaced:
    """As `replace_card`, which locks the patron; a new card for one that was lost or stolen is charged."""
    added = await replace_card(tx, caller, keyring, patron, request)
    is_charged = added is not None and request.why in ("lost", "stolen")
    charged = await _charge(tx, patron, request.identifier) if is_charged else rules.NOTHING
    return CardReplaced(identifier=added, charged_ore=charged)


async def _charge(tx: Transaction, patron: PatronId, lost_card: int) -> Ore:
    """Charge the fee for the card that `lost_card` is replaced by; øre."""
    home = await load_counter(tx, await store.home_branch(tx, patron))
    if home is None:
        raise NotFoundError("branch_unknown")
    settings = await current_settings(tx)
    place = settings.at_branch(home.branch)
    group = await store.group_in(tx, patron, home.division, home.today)
    subject = Subject(
        item=place, patron=settings.at_division(home.division), desk=place, patron_group=group or ANY_PATRON
    )
    fee = settings.policy.terms(subject, tx.now)[CARD_REPLACEMENT_FEE_ORE]
    if fee.value == rules.NOTHING:
        return rules.NOTHING
    responsible = await load_responsible(tx, patron, home.today)
    payer = rules.payer(patron, responsible.guardian, responsible.birth_date, home.today)
    raised = await raise_claim(
        tx,
        Claim(
            parties=Parties(patron=patron, liable=payer, addressee=payer),
            division=home.division,
            branch=home.branch,
            currency=home.currency,
            kind=ChargeKind.CARD,
            batch=f"card/{lost_card}",
            step=0,
            amount_ore=Ore(fee.value),
            rule=fee.rule_id,
        ),
    )
    return raised.amount_ore
