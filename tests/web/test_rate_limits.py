"""Who counts as one caller."""

from __future__ import annotations

import pytest

from tests.apps import close_app
from tests.settings import make_config
from web.http.rate_limits import network
from wsgi import create_app


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


def test_limits_hold_and_nobody_is_turned_away_while_the_store_of_counters_is_gone(
    sqlite_url: str,
) -> None:
    config = make_config(
        database_url=sqlite_url,
        rate_limit_storage="redis://127.0.0.1:9",
        forms_per_minute=1,
        testing="false",
    )
    app = create_app(config)
    client = app.test_client()
    answers = [client.get("/api/v1/areas?q=3400").status_code for _ in range(3)]
    close_app(app)
    assert answers == [200, 200, 429]
