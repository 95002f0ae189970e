"""A browser without a screen: it keeps cookies, and sends forms as the pages would."""

import re
from dataclasses import dataclass
from typing import Any

from httpx import AsyncClient, Response

ORIGIN = "http://faelles.test"
_TOKEN = re.compile(r'<meta name="form-token" content="([0-9a-f]+)">')


@dataclass
class Visitor:
    http: AsyncClient

    async def get(self, path: str) -> Response:
        return await self.http.get(path)

    async def send(self, path: str, form: dict[str, Any], *, headers: dict[str, str] | None = None) -> Response:
        """A form of a page that was loaded just before."""
        token = await self.form_token()
        sent = {"csrf": token} | {
            name: [str(each) for each in value] if isinstance(value, list) else str(value)
            for name, value in form.items()
        }
        return await self.http.post(path, data=sent, headers={"origin": ORIGIN} | (headers or {}))

    async def form_token(self) -> str:
        found = _TOKEN.search((await self.http.get("/sign-in")).text)
        assert found is not None
        return found[1]
