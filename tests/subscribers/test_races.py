"""Two roads at once, one subscriber."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.models import Contact
from subscribers.models import Consent, Subscriber, SubscriberContact
from tests.subscribers.factories import PHONE, code_in, follows, say, sent_to
from web.http.app import VarskoApp

Work = Callable[[], AbstractContextManager[Session]]
AT_ONCE = 6


def all_at_once(app: VarskoApp, actions: list[Callable[[], object]]) -> list[object]:
    """Run the actions at the same time, each in a thread of its own."""
    start = Barrier(len(actions))

    def run(action: Callable[[], object]) -> object:
        with app.app_context():
            start.wait()
            return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def count(session: Session, model: type[object]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_sign_ups_of_one_number_at_once_are_one_subscriber(town: VarskoApp, work: Work) -> None:
    texts = [
        "TRYK 3400",
        "TRYK 3480",
        "tilmeld Allerød Kommune",
        "JOIN 3400",
        "START 3450",
        "TRYK 3480",
    ]
    answers = all_at_once(
        town,
        [lambda text=text: say(text) for text in texts],  # type: ignore[misc]
    )
    assert all(answers)
    with work() as session:
        assert count(session, Contact) == count(session, Subscriber) == 1
        assert count(session, SubscriberContact) == count(session, Consent) == 1
        assert follows(session, PHONE) == ["0201", "3400", "3450", "3480"]


def test_a_code_is_tried_five_times_however_quickly(town: VarskoApp, work: Work) -> None:
    form = {"phone": PHONE, "places": "3400", "consent": "true"}
    page = town.test_client().post("/tilmeld", data=form).location
    with work() as session:
        code = code_in(sent_to(session, PHONE)[-1])
    wrong = [f"{(int(code) + n) % 1_000_000:06d}" for n in range(1, 9)]

    def guess(number: str) -> int:
        return town.test_client().post(page, data={"code": number}).status_code

    all_at_once(town, [lambda number=number: guess(number) for number in wrong])  # type: ignore[misc]
    assert guess(code) == 422, "the tries were used up"


def test_a_double_press_confirms_once(town: VarskoApp, work: Work) -> None:
    form = {"phone": PHONE, "places": "3400", "consent": "true"}
    page = town.test_client().post("/tilmeld", data=form).location
    with work() as session:
        code = code_in(sent_to(session, PHONE)[-1])

    def press() -> int:
        return town.test_client().post(page, data={"code": code}).status_code

    assert all_at_once(town, [press] * AT_ONCE) == [303] * AT_ONCE
    with work() as session:
        assert count(session, Subscriber) == count(session, Consent) == 1
        assert len(sent_to(session, PHONE)) == 2, "the code and one welcome"


def test_codes_asked_for_at_once_are_three(town: VarskoApp, work: Work) -> None:
    form = {"phone": PHONE, "places": "3400", "consent": "true"}
    all_at_once(town, [lambda: town.test_client().post("/tilmeld", data=form)] * AT_ONCE)
    with work() as session:
        assert len(sent_to(session, PHONE)) == 3
