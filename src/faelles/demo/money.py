"""What an agency of the demonstration needs to take money, to have it collected, and to say so in its own words."""

from pathlib import Path

from faelles.fees.neighbours.model import Adapter, Role, SetNeighbour
from faelles.fees.neighbours.operations import set_neighbour, show_neighbour
from faelles.fees.tills.model import NewTill
from faelles.fees.tills.operations import create_till, list_tills
from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId
from faelles.notices.model import Form
from faelles.notices.templates.model import Origin, SetTemplate
from faelles.notices.templates.operations import set_template, show_template
from faelles.people.model import system_caller

_TILL = "Skranken"
_KIND = "due_soon"
_WORDING = SetTemplate(
    subject="Snart afleveringsdag hos {{ library }}",
    body="""
Det her skal snart hjem til os igen:
{% for entry in entries %}
- {{ entry.title }}: senest {{ entry.due }}
{% endfor %}

Er du ikke færdig, så forny i god tid.
""",
)


async def furnish(tx: Transaction, keyring: Keyring, branch: BranchId) -> int:
    """A till at the branch, a payment provider and a debtor system that pretend, and a wording of the agency's own,
    where there are none; the till's id.
    """
    for role in Role:
        await _pretend(tx, keyring, role)
    await _word(tx)
    caller = system_caller(tx.agency)
    tills = await list_tills(tx, caller, after=0, limit=200)
    found = next((till for till in tills if till.branch == branch), None)
    return (found or await create_till(tx, caller, NewTill(branch=branch, name=_TILL))).id


async def _pretend(tx: Transaction, keyring: Keyring, role: Role) -> None:
    caller = system_caller(tx.agency)
    try:
        await show_neighbour(tx, caller, role)
    except NotFoundError:
        here = Installation(is_production=False, public_url="", exchange_directory=Path())
        await set_neighbour(tx, caller, keyring, here, role, SetNeighbour(adapter=Adapter.BUILT_IN))


async def _word(tx: Transaction) -> None:
    caller, wanted = system_caller(tx.agency), (_KIND, Form.FULL, Language.DANISH)
    if (await show_template(tx, caller, *wanted)).origin is Origin.PROGRAM:
        await set_template(tx, caller, *wanted, _WORDING)
