"""A town whose staff come through a provider."""

from urllib.parse import parse_qs, urlsplit

from faelles.doors.rest.app import ON_THIS_MACHINE
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.ids import StaffId
from faelles.people.federation import signing_in
from faelles.people.federation.model import SetProvider
from faelles.people.federation.operations import set_provider
from faelles.people.federation.signing_in import Begun, CameBack, Door
from faelles.people.model import Caller, system_caller
from faelles.people.operations import caller_by_token
from faelles.people.staff.model import Staff, StaffChange
from faelles.people.staff.operations import change_staff, seed_roles, show_staff
from town import Town

DOOR = Door("http://127.0.0.1:8000")


class TrustingLibrary:
    """A town that takes its staff from one provider."""

    def __init__(self, database: Database, keyring: Keyring, town: Town) -> None:
        self.database, self.keyring, self.town = database, keyring, town

    async def trust(self, wanted: SetProvider) -> None:
        caller = system_caller(self.town.agency)
        async with self.database.transaction(self.town.agency, SYSTEM) as tx:
            await seed_roles(tx)
            await set_provider(tx, caller, self.keyring, ON_THIS_MACHINE, "kommunen", wanted)

    async def begin(self) -> Begun:
        return await signing_in.begin(
            self.database, self.keyring, DOOR, isil=self.town.isil, code="kommunen", after="/desk"
        )

    async def back(self, begun: Begun, returned: str) -> Caller:
        """By OpenID Connect, with the address the browser was sent back to."""
        parts = urlsplit(returned)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        isil, way = parts.path.split("/")[-2:]
        token, under_way = await signing_in.finish_openid(
            self.database,
            self.keyring,
            DOOR,
            begun.sealed,
            came_to=(isil, way),
            back=CameBack(query.get("state", ""), query.get("code", ""), query.get("iss")),
        )
        assert under_way.after == "/desk"
        return await caller_by_token(self.database, token.secret)

    async def change(self, staff: int, change: StaffChange) -> None:
        caller = system_caller(self.town.agency)
        async with self.database.transaction(self.town.agency, SYSTEM) as tx:
            await change_staff(tx, caller, StaffId(staff), change)

    async def colleague(self, staff: int) -> Staff:
        async with self.database.transaction(self.town.agency, SYSTEM) as tx:
            return await show_staff(tx, system_caller(self.town.agency), StaffId(staff))
