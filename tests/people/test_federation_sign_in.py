"""Staff come through a real provider, by OpenID Connect; what is not meant for us, or comes twice, is refused."""

from collections.abc import Iterator

import httpx
import pytest
from joserfc.jwk import KeySet, RSAKey

from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import FaellesError, ForbiddenError, UnauthenticatedError
from faelles.people.federation.model import Protocol, RoleHere, SetProvider
from faelles.people.federation.signing_in import Begun
from faelles.people.staff.model import StaffChange
from people.colleagues import employ
from people.openid_provider import CLIENT, SECRET, OpenIdProvider, openid_provider
from people.trusting_library import TrustingLibrary
from town import Town


@pytest.fixture
def library(database: Database, keyring: Keyring, town: Town) -> TrustingLibrary:
    return TrustingLibrary(database, keyring, town)


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    with openid_provider() as opened:
        opened.claims = {"sub": "person-1", "name": "Åse Øster", "preferred_username": "AASE", "roles": ["Skranke"]}
        yield opened


@pytest.fixture
async def by_openid(library: TrustingLibrary, provider: OpenIdProvider) -> TrustingLibrary:
    roles = (RoleHere(outside="Skranke", role="desk_assistant", branch=library.town.main),)
    await library.trust(
        SetProvider(
            name="Kommunens login",
            protocol=Protocol.OPENID,
            issuer=provider.issuer,
            client=CLIENT,
            secret=SECRET,
            roles=roles,
        )
    )
    return library


async def visit(address: str) -> str:
    """What a browser does at the provider: it is let in, and sent back."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(address)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def test_somebody_new_comes_in_with_the_roles_of_the_provider(by_openid: TrustingLibrary):
    begun = await by_openid.begin()
    caller = await by_openid.back(begun, await visit(begun.address))
    colleague = await by_openid.colleague(caller.actor.id)
    assert (colleague.username, colleague.name, colleague.has_password) == ("aase", "Åse Øster", False)
    assert [(held.role, held.branch) for held in colleague.roles] == [("desk_assistant", by_openid.town.main)]


async def test_the_same_person_is_known_again_and_their_roles_follow(
    by_openid: TrustingLibrary, provider: OpenIdProvider
):
    begun = await by_openid.begin()
    first = await by_openid.back(begun, await visit(begun.address))
    provider.claims["roles"] = ["Skranke", "Ukendt"]
    begun = await by_openid.begin()
    assert (await by_openid.back(begun, await visit(begun.address))).actor == first.actor
    provider.claims["roles"] = ["Ukendt"]
    begun = await by_openid.begin()
    with pytest.raises(ForbiddenError, match="federated_no_role"):
        await by_openid.back(begun, await visit(begun.address))


async def test_nobody_takes_over_the_name_of_a_colleague(by_openid: TrustingLibrary, database: Database):
    there = await employ(database, by_openid.town.agency, "aase")
    begun = await by_openid.begin()
    caller = await by_openid.back(begun, await visit(begun.address))
    assert caller.actor.id != there
    assert (await by_openid.colleague(caller.actor.id)).username.startswith("aase.")


async def test_somebody_disabled_stays_out(by_openid: TrustingLibrary):
    begun = await by_openid.begin()
    caller = await by_openid.back(begun, await visit(begun.address))
    await by_openid.change(caller.actor.id, StaffChange(is_disabled=True))
    begun = await by_openid.begin()
    with pytest.raises(ForbiddenError, match="federated_staff_disabled"):
        await by_openid.back(begun, await visit(begun.address))


async def test_a_proof_counts_once_and_only_in_the_browser_that_asked(by_openid: TrustingLibrary):
    begun, other = await by_openid.begin(), await by_openid.begin()
    returned = await visit(begun.address)
    with pytest.raises(UnauthenticatedError):
        await by_openid.back(other, returned)
    await by_openid.back(begun, returned)
    with pytest.raises(UnauthenticatedError):
        await by_openid.back(begun, returned)


async def test_a_code_that_came_to_another_providers_address_is_handed_to_nobody(by_openid: TrustingLibrary):
    begun = await by_openid.begin()
    returned = await visit(begun.address)
    with pytest.raises(UnauthenticatedError, match="federated_not_under_way"):
        await by_openid.back(begun, returned.replace("/kommunen?", "/naboen?"))


@pytest.mark.parametrize(
    "forged",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"aud": ["another", CLIENT], "azp": "another"},
        {"iss": "https://another.example"},
        {"exp": 1_600_000_000},
        {"iat": 4_000_000_000},
        {"sub": ""},
        {"at_hash": "bm90IGl0"},
    ],
    ids=lambda forged: next(iter(forged)),
)
async def test_an_id_token_that_is_not_ours_new_and_right_is_refused(
    by_openid: TrustingLibrary, provider: OpenIdProvider, forged: dict[str, object]
):
    provider.forged = forged
    begun = await by_openid.begin()
    with pytest.raises(UnauthenticatedError):
        await by_openid.back(begun, await visit(begun.address))


async def test_a_signature_with_a_key_that_the_provider_does_not_show_is_refused(
    by_openid: TrustingLibrary, provider: OpenIdProvider
):
    provider.shown = KeySet([RSAKey.generate_key(2048, auto_kid=True)])
    begun = await by_openid.begin()
    with pytest.raises(UnauthenticatedError):
        await by_openid.back(begun, await visit(begun.address))


async def test_a_code_without_the_browsers_own_secret_is_worth_nothing(
    by_openid: TrustingLibrary, provider: OpenIdProvider
):
    begun = await by_openid.begin()
    returned = await visit(begun.address)
    (code,) = provider.codes.values()
    code.code_challenge = "somebody else's challenge, forty-three letters"
    with pytest.raises(UnauthenticatedError):
        await by_openid.back(begun, returned)


async def test_what_was_kept_by_the_browser_cannot_be_made_up(by_openid: TrustingLibrary):
    begun = await by_openid.begin()
    returned = await visit(begun.address)
    for sealed in ("", "AAAA", begun.sealed[:-4] + "AAAA", "ø"):
        with pytest.raises(UnauthenticatedError):
            await by_openid.back(Begun(begun.address, sealed), returned)


async def test_a_provider_that_is_silent_or_another_is_told_of(by_openid: TrustingLibrary, provider: OpenIdProvider):
    provider.issuer = "http://127.0.0.1:9"
    with pytest.raises(FaellesError) as problem:
        await by_openid.begin()
    assert problem.value.code == "federated_provider_silent"
