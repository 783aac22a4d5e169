from __future__ import annotations

import pytest

from service.rates import FORGOTTEN_AFTER, LONGEST_LOCK, Buckets, Lockout, network


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_minute_s_worth_is_there_at_once_and_fills_evenly(clock: Clock) -> None:
    buckets = Buckets(60, clock=clock)
    assert [buckets.take("shop", 1) for _ in range(61)] == [0.0] * 60 + [1.0]
    clock.now += 0.5
    assert buckets.take("shop", 1) == pytest.approx(0.5), "a refusal takes nothing"
    clock.now += 2.0
    assert [buckets.take("shop", 1) > 0 for _ in range(3)] == [False, False, True]
    clock.now += 3_600
    assert [buckets.take("shop", 1) > 0 for _ in range(61)].count(False) == 60, "it never holds more than a minute's"


def test_names_do_not_share_and_may_have_a_rate_of_their_own(clock: Clock) -> None:
    buckets = Buckets(1, clock=clock)
    assert buckets.take("shop", 1) == 0
    assert buckets.take("shop", 1) == 60
    assert buckets.take("crm", 1) == 0
    assert [buckets.take("big", 1, per_minute=3) for _ in range(4)] == [0, 0, 0, 20]


def test_more_than_a_bucket_holds_is_given_to_a_full_one_and_paid_back(clock: Clock) -> None:
    buckets = Buckets(60, clock=clock)
    assert buckets.take("shop", 180) == 0
    assert buckets.take("shop", 1) == 121
    clock.now += 121
    assert buckets.take("shop", 1) == 0
    assert buckets.take("shop", 180) == pytest.approx(60)


def test_the_buckets_are_bounded_and_the_longest_unused_goes(clock: Clock) -> None:
    buckets = Buckets(1, most=3, clock=clock)
    for name in ("first", "second", "third"):
        buckets.take(name, 1)
    buckets.take("first", 1)
    buckets.take("fourth", 1)
    assert list(buckets._levels) == ["third", "first", "fourth"]
    assert buckets.take("first", 1) > 0


def test_each_wrong_key_beyond_the_limit_locks_for_twice_as_long(clock: Clock) -> None:
    lockout = Lockout(3, clock=clock)
    assert [lockout.fail("203.0.113.5") for _ in range(2)] == [0.0, 0.0]
    assert lockout.wait("203.0.113.5") == 0
    locks = [lockout.fail("203.0.113.5") for _ in range(12)]
    assert locks[:5] == [1, 2, 4, 8, 16]
    assert locks[-1] == LONGEST_LOCK
    assert lockout.wait("203.0.113.5") == LONGEST_LOCK
    clock.now += LONGEST_LOCK
    assert lockout.wait("203.0.113.5") == 0
    assert lockout.wait("203.0.113.6") == 0


def test_an_address_is_forgiven_after_a_while(clock: Clock) -> None:
    lockout = Lockout(1, clock=clock)
    assert [lockout.fail("203.0.113.5") for _ in range(3)] == [1, 2, 4]
    clock.now += FORGOTTEN_AFTER + 1
    assert lockout.fail("203.0.113.5") == 1


def test_the_table_of_addresses_is_bounded(clock: Clock) -> None:
    lockout = Lockout(1, most=100, clock=clock)
    for number in range(1_000):
        lockout.fail(f"198.51.{number // 256}.{number % 256}")
    assert len(lockout._table) == 100
    assert lockout.wait("198.51.3.231") == 1, "the latest are kept"


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        ("x" * 5_000, "x" * 64),
        ("", ""),
    ],
)
def test_a_sender_is_an_address_or_the_network_that_one_customer_gets(address: str, named: str) -> None:
    assert network(address) == named
