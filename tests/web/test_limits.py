"""Who counts as one caller."""

from __future__ import annotations

import pytest

from web.limits import network


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("", "192.0.2.1", False),
    ],
)
def test_one_network_of_ipv6_is_one_caller(one: str, other: str, same: bool) -> None:
    assert (network(one) == network(other)) is same
