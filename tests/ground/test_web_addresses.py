"""Which addresses of other systems are called."""

import pytest

from faelles.ground.web_addresses import is_fit


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://payments.example.dk/api", True),
        ("https://10.3.0.7:8443/", True),
        ("https://[fd00::7]/", True),
        ("http://payments.example.dk", False),
        ("https://", False),
        ("https://[", False),
        ("https://localhost", False),
        ("https://LOCALHOST.:8000", False),
        ("https://metrics.localhost/", False),
        ("https://127.0.0.1:8000/metrics", False),
        ("https://127.1/", False),
        ("https://2130706433/", False),
        ("https://0x7f000001/", False),
        ("https://0.0.0.0/", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://[::1]/", False),
        ("https://[::ffff:127.0.0.1]/", False),
        ("https://[fe80::1]/", False),
    ],
)
def test_a_neighbour_is_called_over_a_closed_line_and_is_not_this_machine(address: str, *, expected: bool):
    assert is_fit(address) is expected
