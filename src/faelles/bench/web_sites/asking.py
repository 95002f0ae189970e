"""The calls as they are sent, and as pgbench makes them in bare SQL."""

from dataclasses import dataclass
from importlib import resources
from typing import Final

from faelles.bench.web_sites.model import Ask

_TITLES_AT_ONCE: Final = 10
_FIRST_READER: Final = 19
_BETWEEN_READERS: Final = 20
"""One in every block of patrons has twenty loans."""
_HOST: Final = "Host: 127.0.0.1"
_PATHS: Final = {
    Ask.LOANS: "patrons/{patron}/loans/v2",
    Ask.RESERVATIONS: "patrons/{patron}/reservations/v3",
    Ask.FEES: "patron/{patron}/fees/v2?includepaid=false&includenonpayable=true",
}


@dataclass(frozen=True, slots=True)
class Site:
    """One agency's web site: its session, its readers, and how many titles there are to ask for."""

    agency: int
    isil: str
    session: str
    first_patron: int
    readers: int
    titles: int

    def request(self, ask: Ask, number: int) -> bytes:
        """The number-th call, of another reader or other titles than the one before."""
        head = (
            f"GET /rest/external/{self.isil}/{self._path(ask, number)} HTTP/1.1",
            _HOST,
            f"X-Session: {self.session}",
            "Accept: application/json",
        )
        return "\r\n".join((*head, "", "")).encode()

    def _path(self, ask: Ask, number: int) -> str:
        place = number % self.readers
        if ask is Ask.AVAILABILITY:
            wanted = (2 + (place * _TITLES_AT_ONCE + n) % self.titles for n in range(_TITLES_AT_ONCE))
            return "catalog/availability/v3?" + "&".join(f"recordid=bench:{each}" for each in wanted)
        if ask is Ask.HOLDINGS:
            return "catalog/holdings/v5?recordid=bench:1"
        return _PATHS[ask].format(patron=patron_id(self.first_patron + _FIRST_READER + _BETWEEN_READERS * place))

    def script(self, ask: Ask) -> str:
        """As pgbench makes the same calls; `step`, `clients` and `client_id` are its."""
        text = (resources.files("faelles.bench.web_sites") / f"{ask}.pgbench").read_text(encoding="utf-8")
        return text.format(
            agency=self.agency, readers=self.readers, titles=self.titles, first=self.first_patron + _FIRST_READER
        )


def patron_id(place: int) -> int:
    """As the data set numbers its patrons."""
    return 1_000_000_000_000 + place * 48_271 % 2_147_483_647
