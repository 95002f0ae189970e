"""SAML 2 without holding up the event loop: pysaml2 blocks, and reading its schemas takes seconds the first time. So it
is imported when it is needed, and works in a thread.
"""

import asyncio

from faelles.people.federation.model import Keyed, Proven


async def request(keyed: Keyed, base: str) -> tuple[str, str]:
    """The address where the browser goes to sign in, and the id of the request in it."""

    def work() -> tuple[str, str]:
        from faelles.people.federation import saml_profile  # noqa: PLC0415 - see above

        return saml_profile.request(keyed, base)

    return await asyncio.to_thread(work)


async def prove(keyed: Keyed, base: str, *, answer: str, request_id: str) -> Proven:
    """Who the provider's answer to our request says it is. Raises UnauthenticatedError whatever is wrong."""

    def work() -> Proven:
        from faelles.people.federation import saml_profile  # noqa: PLC0415 - see above

        return saml_profile.prove(keyed, base, answer=answer, request_id=request_id)

    return await asyncio.to_thread(work)


async def own_metadata(keyed: Keyed, base: str) -> bytes:
    """What the provider is to know of us."""

    def work() -> bytes:
        from faelles.people.federation import saml_profile  # noqa: PLC0415 - see above

        return saml_profile.own_metadata(keyed, base)

    return await asyncio.to_thread(work)


async def check_metadata(metadata: str, issuer: str) -> None:
    """Raise InvalidRequestError unless it is the metadata of that provider."""

    def work() -> None:
        from faelles.people.federation import saml_profile  # noqa: PLC0415 - see above

        saml_profile.check_metadata(metadata, issuer)

    await asyncio.to_thread(work)
