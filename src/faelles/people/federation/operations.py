"""Setting up the providers of an agency: which there are, and what their words mean here.

Whoever decides what a provider's roles are here gives those roles to people they do not know: it takes `people_edit` in
the whole agency, for that is who signs in there, and everything that is given, as widely as it is given.
"""

from typing import Final
from urllib.parse import urlsplit

import msgspec

from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError, invalid_field
from faelles.ground.events import append
from faelles.ground.ids import BranchId, DivisionId, RoleId
from faelles.ground.web_addresses import is_fit
from faelles.people.federation import events, keys, saml, store
from faelles.people.federation.model import (
    USUAL_ROLE_CLAIMS,
    Keyed,
    Offered,
    Protocol,
    Provider,
    RoleHere,
    SetProvider,
)
from faelles.people.model import Caller, Grant, Permission
from faelles.people.operations import known_permissions
from faelles.people.reach import require_covering
from faelles.people.staff import store as staff

_PURPOSE: Final = "sign_in_provider"


async def list_providers(tx: Transaction, caller: Caller) -> list[Provider]:
    caller.require(Permission.PEOPLE_VIEW)
    return await store.providers(tx)


async def show_provider(tx: Transaction, caller: Caller, code: str) -> Provider:
    """Raises NotFoundError."""
    caller.require(Permission.PEOPLE_VIEW)
    return (await _known(tx, code))[0]


async def set_provider(
    tx: Transaction, caller: Caller, keyring: Keyring, installation: Installation, code: str, wanted: SetProvider
) -> Provider:
    """Add the provider, or replace its settings; sessions that began there go on.

    Raises InvalidRequestError where the protocol needs more, ForbiddenError for roles beyond the caller's own.
    """
    caller.require_throughout(Permission.PEOPLE_EDIT)
    _check(installation, wanted)
    before = await store.load(tx, code)
    if before is not None:
        await _may_all_give(tx, caller, before[0].roles)
    roles = await _may_all_give(tx, caller, wanted.roles)
    complete, secret = _completed(keyring, tx, wanted, before)
    if wanted.metadata is not None:
        await saml.check_metadata(wanted.metadata, wanted.issuer)
    role_claim = wanted.role_claim or USUAL_ROLE_CLAIMS[wanted.protocol]
    sealed = keyring.encrypt(_PURPOSE, tx.agency, secret)
    provider = await store.save(tx, code, complete, role_claim, sealed)
    if before is not None and _is_another(before[0], wanted):
        await store.forget_people(tx, provider)
    await store.save_meanings(tx, provider, list(zip(wanted.roles, roles, strict=True)), wanted.places)
    await append(tx, events.provider_set(provider))
    return (await _known(tx, code))[0]


async def remove_provider(tx: Transaction, caller: Caller, code: str) -> None:
    """Nobody comes that way any more; who came stays staff, without a password. Raises NotFoundError."""
    caller.require_throughout(Permission.PEOPLE_EDIT)
    provider, _, _ = await _known(tx, code)
    await _may_all_give(tx, caller, provider.roles)
    await store.forget_people(tx, provider.id)
    await store.remove(tx, provider.id)
    await append(tx, events.provider_removed(provider.id))


async def offered(tx: Transaction) -> list[Offered]:
    """What anybody may choose from who is about to sign in."""
    return await store.offered(tx)


async def provider_with_secret(tx: Transaction, keyring: Keyring, code: str) -> Keyed:
    """For signing in through it. Raises NotFoundError, also for one that is closed."""
    provider, sealed, metadata = await _known(tx, code)
    if not provider.is_open:
        raise NotFoundError("sign_in_provider_unknown")
    return Keyed(provider, keyring.decrypt(_PURPOSE, tx.agency, sealed), metadata)


async def _known(tx: Transaction, code: str) -> tuple[Provider, bytes, str | None]:
    found = await store.load(tx, code)
    if found is None:
        raise NotFoundError("sign_in_provider_unknown")
    return found


def _check(installation: Installation, wanted: SetProvider) -> None:
    if wanted.protocol is Protocol.OPENID:
        if wanted.client is None:
            raise invalid_field("client", "sign_in_client_needed")
        if urlsplit(wanted.issuer).scheme not in {"https", "http"}:
            raise invalid_field("issuer", "sign_in_issuer_no_address")
        if installation.is_production and not is_fit(wanted.issuer):
            raise invalid_field("issuer", "neighbour_needs_https")
    elif wanted.client is not None or wanted.secret is not None:
        raise invalid_field("client", "sign_in_client_not_for_saml")
    if (wanted.key is None) != (wanted.certificate is None):
        raise invalid_field("certificate", "sign_in_key_with_certificate")


def _is_elsewhere(before: Provider, wanted: SetProvider) -> bool:
    """Whether the secret is not to be shown to whom the new settings name."""
    is_other = before.issuer != wanted.issuer and wanted.protocol is Protocol.OPENID
    return is_other or before.protocol is not wanted.protocol


def _is_another(before: Provider, wanted: SetProvider) -> bool:
    """Whether a subject of the one need not be the same person as that subject of the other."""
    return (before.protocol, before.issuer, before.subject_claim) != (
        wanted.protocol,
        wanted.issuer,
        wanted.subject_claim,
    )


def _completed(
    keyring: Keyring, tx: Transaction, wanted: SetProvider, before: tuple[Provider, bytes, str | None] | None
) -> tuple[SetProvider, str]:
    """The settings with what was not given as it was, and the secret: the client's (OpenID), or our key (SAML)."""
    kept = before if before is not None and not _is_elsewhere(before[0], wanted) else None
    old_secret = keyring.decrypt(_PURPOSE, tx.agency, kept[1]) if kept else None
    if wanted.protocol is Protocol.OPENID:
        secret = wanted.secret or old_secret
        if secret is None:
            raise invalid_field("secret", "sign_in_secret_needed")
        return msgspec.structs.replace(wanted, metadata=None, certificate=None), secret
    metadata = wanted.metadata or (kept[2] if kept else None)
    if metadata is None:
        raise invalid_field("metadata", "sign_in_metadata_needed")
    if wanted.metadata is None and kept is not None and kept[0].issuer != wanted.issuer:
        # What is kept is of the issuer it was checked against, and of no other.
        raise invalid_field("issuer", "sign_in_issuer_not_of_metadata")
    if wanted.key is not None and wanted.certificate is not None:
        keys.check_pair(wanted.key, wanted.certificate)
        return msgspec.structs.replace(wanted, metadata=metadata), wanted.key
    if kept is not None and old_secret is not None:
        return msgspec.structs.replace(wanted, metadata=metadata, certificate=kept[0].certificate), old_secret
    made = keys.new_pair(tx.now)
    return msgspec.structs.replace(wanted, metadata=metadata, certificate=made.certificate), made.key


async def _may_all_give(tx: Transaction, caller: Caller, roles: tuple[RoleHere, ...]) -> list[RoleId]:
    """The numbers of the roles, once it is clear that the caller may give each where it is given."""
    found: list[RoleId] = []
    for wanted in roles:
        role = await staff.role(tx, wanted.role)
        if role is None:
            raise NotFoundError("role_not_found", role=wanted.role)
        if [wanted.branch is not None, wanted.division is not None, wanted.is_by_place].count(True) > 1:
            raise invalid_field("roles", "sign_in_role_one_place")
        require_covering(caller, await _grant(tx, wanted, known_permissions(role["permissions"])))
        found.append(RoleId(role["id"]))
    return found


async def _grant(tx: Transaction, wanted: RoleHere, permissions: frozenset[Permission]) -> Grant:
    """A role whose places the provider names can come to hold anywhere."""
    if wanted.branch is not None:
        branch = BranchId(wanted.branch)
        return Grant(permissions, await staff.division_of_branch(tx, branch), branch)
    return Grant(permissions, None if wanted.division is None else DivisionId(wanted.division))
