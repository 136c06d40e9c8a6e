"""The ledger is filled in chunks, by one statement each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, func, select

from database import current_database
from dispatch import Dispatcher
from dispatch.ledger.expansion import FIRST_CHUNK
from dispatch.models import Delivery, DeliveryState
from tests.dispatch.factories import SMS, add_contacts, broadcast, number, plug_everyone, states
from web.http.app import VarskoApp


def test_no_statement_fails_while_chunks_follow_one_another(
    app_with_simulator: VarskoApp, dispatcher: Dispatcher
) -> None:
    # A failed statement is an ERROR in PostgreSQL's log, which somebody is woken up for.
    plug_everyone(app_with_simulator)
    add_contacts(number(i) for i in range(FIRST_CHUNK + 200))
    failed: list[Any] = []
    event.listen(current_database().engine, "handle_error", failed.append)
    made = broadcast([SMS])
    while states(made.id).get(DeliveryState.QUEUED, 0) < FIRST_CHUNK + 200:
        dispatcher.tick()
    assert failed == []
    with current_database().unit_of_work(writes=False) as session:
        assert session.scalar(select(func.count(Delivery.contact_id.distinct()))) == 1_200
