"""Each provider is complete: listed, with settings, and with the texts and webhooks it needs."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from dispatch.models import Channel
from dispatch.providers.base import Provider
from dispatch.providers.directory import PROVIDERS
from rooms import ROOT
from tests.settings import make_config
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

every_provider = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
OVERRIDDEN = ("state_of", "meaning_of", "read_report")


def test_every_folder_is_a_provider_in_the_directory() -> None:
    folders = {path.parent.name for path in (ROOT / "dispatch" / "providers").glob("*/client.py")}
    assert folders == set(PROVIDERS), "add it to dispatch/providers/directory.py"


@every_provider
def test_the_tests_have_its_settings(provider: type[Provider]) -> None:
    assert make_config().find(provider.settings) is not None, "add them to tests/settings.py"


@every_provider
def test_operations_say_how_to_set_it_up(provider: type[Provider]) -> None:
    manual = (ROOT / "docs" / "operations.md").read_text()
    assert f"VARSKO_{provider.name.upper()}_" in manual


@every_provider
def test_one_that_reports_has_words_for_states_and_codes(provider: type[Provider]) -> None:
    own = [name for name in OVERRIDDEN if name in vars(provider)]
    assert own == (list(OVERRIDDEN) if provider.reports_arrival else [])


@every_provider
def test_a_webhook_that_nobody_signed_is_refused(
    app: VarskoApp, client: FlaskClient, provider: type[Provider]
) -> None:
    expected = 403 if provider.channel is Channel.SMS else 404
    token = "no-token"
    for path in ("inbound", f"status/{token}"):
        assert client.post(f"/webhooks/{provider.name}/{path}").status_code == expected
