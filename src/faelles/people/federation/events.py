"""The facts about providers. Who signs in through one is told as every sign-in is."""

from faelles.ground.events import Event
from faelles.ground.ids import StaffId


def provider_set(provider: int) -> Event:
    return Event(kind="sign_in_provider_set", subject=provider)


def provider_removed(provider: int) -> Event:
    return Event(kind="sign_in_provider_removed", subject=provider)


def staff_came(staff: StaffId, provider: int) -> Event:
    """Somebody whom we did not know came through a provider, and is staff from now on."""
    return Event(kind="staff_created", subject=staff, dimensions={"provider": provider})


def roles_followed(staff: StaffId, provider: int, number: int) -> Event:
    """What somebody may was changed to what the provider says."""
    return Event(kind="staff_roles_followed", subject=staff, dimensions={"provider": provider, "roles": number})
