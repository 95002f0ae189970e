"""How fast anybody may ask."""

from faelles.doors.rest.pace import Bucket


def test_so_many_at_once_and_then_so_many_a_second():
    bucket = Bucket(per_second=2, burst=3)
    assert [bucket.seconds_to_wait("a", 0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.seconds_to_wait("a", 0.5) == 0
    assert bucket.seconds_to_wait("a", 0.5) > 0
    assert [bucket.seconds_to_wait("a", 100) for _ in range(4)] == [0, 0, 0, 0.5]


def test_nobody_waits_for_another():
    bucket = Bucket(per_second=1, burst=1)
    assert bucket.seconds_to_wait("a", 0) == bucket.seconds_to_wait("b", 0) == 0
    assert bucket.seconds_to_wait("a", 0) == 1


def test_a_flood_of_strangers_is_forgotten_and_not_kept():
    bucket = Bucket(per_second=1, burst=1)
    for number in range(45_000):
        bucket.seconds_to_wait(str(number), number / 1000)
    assert len(bucket._left) <= 20_000
