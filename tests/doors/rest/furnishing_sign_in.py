"""What the furnished municipality has for signing in: a provider, and somebody whose telephone is known."""

from faelles.ground.config import Installation
from faelles.ground.database import Transaction
from faelles.people.federation.model import Protocol, SetProvider
from faelles.people.federation.operations import set_provider
from faelles.people.model import system_caller
from faelles.people.one_time import store


async def furnish_sign_in(tx: Transaction, furniture, installation: Installation) -> None:
    wanted = SetProvider(
        name=f"Login {furniture.marker}",
        protocol=Protocol.OPENID,
        issuer="https://login.example.dk",
        client="bibliotek",
        secret="not so secret",
    )
    caller = system_caller(tx.agency)
    provider = await set_provider(tx, caller, furniture.keyring, installation, "kommunen", wanted)
    careful = await tx.value(
        "INSERT INTO staff (agency_id, username, name) VALUES ($1, 'forsigtig', $2) RETURNING id",
        tx.agency,
        f"Frida {furniture.marker}",
    )
    await store.save(tx, careful, furniture.keyring.encrypt("one_time", tx.agency, "JBSWY3DPEHPK3PXP"), 0, [])
    furniture.ours(sign_in_provider=provider.code, careful_staff=careful)
