"""A link to one's own page that came into other hands can be closed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy.orm import Session

from tests.subscribers.factories import PHONE, follows, path_in, say, sent_to
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

Work = Callable[[], AbstractContextManager[Session]]


def test_closed_links_open_nothing_and_alerts_go_on(town: VarskoApp, work: Work) -> None:
    client = town.test_client()
    say("TRYK 3400")

    def new_link() -> str:
        client.post("/min-side", data={"address": PHONE})
        with work() as session:
            return path_in(sent_to(session, PHONE)[-1])

    stolen, own = new_link(), new_link()
    assert "Luk alle links" in client.get(own).text
    assert "Dine links er lukket" in client.post(f"{own}/luk").text
    for link in (stolen, own):
        assert client.get(link).status_code == 404
        assert client.post(f"{link}/afmeld").status_code == 404
    with work() as session:
        assert follows(session, PHONE) == ["3400"]
    assert client.get(new_link()).status_code == 200
