"""What stands in a tag, by the Danish data model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faelles.doors.desk_agent.sets import Tag, lying
from faelles.doors.desk_agent.tags import FREE, SECURED, Part, read, written

REFERENCE = bytes.fromhex("11010131313232333334340000000000000000513e4445373035000000000000")
"""Of 32 bytes, from the open reference implementation of the data model."""
PARTS = st.builds(
    Part,
    number=st.from_regex(r"[0-9]{10}", fullmatch=True),
    part=st.just(1),
    parts=st.integers(1, 255),
    owner=st.from_regex(r"DK-[0-9]{6}", fullmatch=True),
)


def test_the_reference_tag_is_read():
    assert read(REFERENCE) == Part(number="11223344", part=1, parts=1, owner="DE-705")


@given(part=PARTS)
def test_what_is_written_is_read_again(part: Part):
    assert read(written(part)) == part
    assert len(written(part)) == 34


@given(part=PARTS, place=st.integers(0, 33), bit=st.integers(0, 7))
def test_one_wrong_bit_makes_it_unreadable(part: Part, place: int, bit: int):
    block = bytearray(written(part))
    block[place] ^= 1 << bit
    assert read(bytes(block)) is None


@pytest.mark.parametrize("block", [b"", bytes(32), bytes(34), b"\xff" * 34, REFERENCE[:31]])
def test_another_kind_of_tag_is_no_copy(block: bytes):
    assert read(block) is None


def tag(uid: str, part: int, parts: int, *, number: str = "5000000001", family: int = SECURED) -> Tag:
    return Tag(uid=uid, block=written(Part(number=number, part=part, parts=parts, owner="DK-710100")), family=family)


def test_a_set_is_complete_with_its_last_part():
    two = [tag("A", 1, 3), tag("B", 3, 3)]
    (copy,) = lying(two).copies
    assert (copy.is_complete, copy.seen, copy.parts) == (False, (1, 3), 3)
    (copy,) = lying([*two, tag("C", 2, 3)]).copies
    assert copy.is_complete


def test_a_copy_with_one_secured_part_is_secured_and_strange_tags_are_counted():
    found = lying([tag("A", 1, 2, family=FREE), tag("B", 2, 2), Tag(uid="C", block=bytes(32), family=0)])
    assert (found.copies[0].is_secured, found.unread) == (True, 1)


def test_the_same_part_twice_does_not_make_a_set():
    (copy,) = lying([tag("A", 1, 2), tag("B", 1, 2)]).copies
    assert not copy.is_complete
