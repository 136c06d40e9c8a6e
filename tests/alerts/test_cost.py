"""What an alert costs is shown before it is sent, where a price is set."""

from __future__ import annotations

from decimal import Decimal

import pytest

from config import ConfigError, Price
from database import current_database
from dispatch.models import Channel
from staff.permissions import Role
from tests.alerts.factories import NORTH, make_country, make_draft, make_officer, make_reader
from tests.dispatch.fixtures import MakeApp
from tests.settings import make_config
from tests.staff.factories import make_staff, sign_in

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("given", ["0.32DKK", "0.32 DKK"])
def test_a_price_is_an_amount_and_a_currency(given: str) -> None:
    assert make_config(sms_segment_price=given).sms_segment_price == Price(Decimal("0.32"), "DKK")


@pytest.mark.parametrize("given", ["0.32", "DKK", "0,32DKK", "-1DKK", "0.32KRX", "1e3DKK"])
def test_anything_else_stops_the_program(given: str) -> None:
    with pytest.raises(ConfigError, match="VARSKO_SMS_SEGMENT_PRICE"):
        make_config(sms_segment_price=given)


@pytest.mark.parametrize(
    ("price", "shown", "told"),
    [
        ("0.335DKK", "1,34\xa0kr.", {"amount": "1.340", "currency": "DKK"}),
        ("", "", None),
    ],
)
def test_the_cost_is_that_of_all_segments(
    make_app: MakeApp, price: str, shown: str, told: dict[str, str] | None
) -> None:
    app = make_app(sms_segment_price=price)
    with app.app_context():
        with current_database().unit_of_work() as session:
            country = make_country(session)
            make_reader(session, country.p3400)
            make_reader(session, country.p3400)
            make_reader(session, country.p3400, channel=Channel.EMAIL)
            code = make_draft(session, country, make_officer(session)).code
            staff = make_staff(session, [Role.OFFICER], [NORTH])
        desk = sign_in(app.test_client(), staff)
        seen = desk.get(f"/api/v1/alerts/{code}/preview").get_json()
        assert (seen["segments"], seen["cost"]) == (4, told)
        page = desk.get(f"/staff/alerts/{code}/preview").text
        assert shown in page
        assert ("for sms-delene i alt" in page) == (told is not None)
