from httpx import AsyncClient

from doors.rest.furniture import Furniture

API = "/api/v1"

Headers = dict[str, str]


async def test_a_block_sent_twice_is_one_block(client: AsyncClient, furnished: Furniture, librarian: Headers):
    patron = f"{API}/patrons/{furnished.objects['patron']}"
    block = {"code": "M", "reason": "Ubetalt", "division": furnished.objects["division"]}
    headers = {**librarian, "Idempotency-Key": "desk-1/2"}
    first, again = [await client.post(f"{patron}/blocks", json=block, headers=headers) for _ in range(2)]
    assert first.is_success
    assert first.json() == again.json()
    assert len((await client.get(patron, headers=librarian)).json()["blocks"]) == 1
