"""11, 29, 65 and 09 between a self-check and a real database."""

from doors.sip2.conftest import Hall
from doors.sip2.machine import Machine


async def test_a_book_is_lent_shown_and_taken_back(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    lent = await machine.check_out(reader.card, item)
    assert (lent.fixed["ok"], lent.fixed["renewal_ok"], lent.fixed["desensitize"]) == ("1", "N", "Y")
    assert lent.get("AJ") == "Frøken Smillas fornemmelse for sne"
    assert len(lent.get("AH")) == 18
    copy = await machine.copy(item)
    assert (copy.fixed["circulation_status"], copy.get("AH")) == ("04", lent.get("AH"))
    patron = await machine.patron(reader.card, summary="  Y")
    assert (patron.get("BL"), patron.get("CQ"), patron.fields["AU"]) == ("Y", "Y", [item])
    assert patron.fixed["charged_items_count"] == "0001"
    back = await machine.check_in(item)
    assert (back.fixed["ok"], back.fixed["resensitize"], back.fixed["alert"]) == ("1", "Y", "N")
    assert (await machine.copy(item)).fixed["circulation_status"] == "03"
