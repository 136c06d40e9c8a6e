"""Settings: a bad one stops the program with one line that says what it should be."""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import Config, ConfigError
from config.declaring import declared, variable
from config.settings_file import settings_file
from dispatch.models import Channel
from dispatch.providers.directory import SETTINGS
from dispatch.providers.gatewayapi.settings import GatewayApiSettings
from dispatch.providers.twilio.settings import TwilioSettings
from dispatch.sender_routes import routes_of
from tests.settings import ENVIRONMENT, GATEWAYAPI_NUMBER, SMS_NUMBER, key, make_config
from wsgi import create_app

EXAMPLE = Path(__file__).parents[1] / "varsko.env.example"
REQUIRED = re.findall(r"^(VARSKO_\w+)=", settings_file(SETTINGS, with_keys=False), re.MULTILINE)
TWILIO = ("VARSKO_TWILIO_ACCOUNT_SID", "VARSKO_TWILIO_AUTH_TOKEN", "VARSKO_SMS_NUMBER")
PUBLIC = {
    "public_url": "https://varsko.example.dk",
    "testing": False,
    "twilio_api_url": "https://api.twilio.com",
    "gatewayapi_url": "https://gatewayapi.com",
}
"""Settings of a service that citizens use."""


OWN = {variable(name) for name in declared(Config)}


def read(environment: dict[str, str]) -> Config:
    """The settings that an environment holds."""
    return Config.from_environment(environment, SETTINGS)


def refused(**changes: object) -> str:
    """What is said when the program is started with these settings."""
    with pytest.raises(ConfigError) as raised:
        make_config(**changes)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_setting_is_named_with_what_it_should_be(name: str) -> None:
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}
    for part in SETTINGS:
        if part.channel == "sms" and name.startswith(f"VARSKO_{part.provider.upper()}_"):
            environment["VARSKO_SMS_SENDERS"] = f"{part.provider}:{SMS_NUMBER}@5"
    with pytest.raises(ConfigError) as raised:
        read(environment)
    assert str(raised.value).startswith(f"{name} is missing: it should be ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VARSKO_PUBLIC_URL", "varsko.dk"),
        ("VARSKO_PUBLIC_URL", "http://varsko.politi.dk"),
        ("VARSKO_DATABASE_URL", "mysql://localhost/varsko"),
        ("VARSKO_DATABASE_URL", "postgresql://varsko@one:5432,two:5432/varsko"),
        ("VARSKO_DATABASE_URL", "postgresql://varsko@one,two/varsko"),
        ("VARSKO_DATABASE_URL", "postgresql://varsko@one:port/varsko"),
        ("VARSKO_SECRET_KEY", "short"),
        ("VARSKO_SUBSCRIBER_KEYS", "no colon here"),
        ("VARSKO_SUBSCRIBER_KEYS", "a:AAAA"),
        ("VARSKO_SUBSCRIBER_KEYS", f"a:{key('x')},a:{key('y')}"),
        ("VARSKO_TIP_INDEX_KEY", "§§§"),
        ("VARSKO_TWILIO_ACCOUNT_SID", "AC123"),
        ("VARSKO_SMS_NUMBER", "52510000"),
        ("VARSKO_SMTP_PORT", "smtp"),
        ("VARSKO_SMTP_SECURITY", "ssl"),
        ("VARSKO_SMS_SEGMENTS_PER_SECOND", "-7.5"),
    ],
)
def test_a_malformed_setting_is_named_and_its_value_is_not_shown(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read({**ENVIRONMENT, name: value})
    message = str(raised.value)
    assert message.startswith(f"{name} is malformed (")
    assert "it should be" in message
    assert "\n" not in message
    assert value not in message


def test_a_misspelt_setting_is_not_passed_over() -> None:
    with pytest.raises(ConfigError, match="VARSKO_SMTP_USR is not a setting"):
        read({**ENVIRONMENT, "VARSKO_SMTP_USR": "mail"})
    read({**ENVIRONMENT, "VARSKO_TEST_POSTGRESQL": "postgresql://"})


def test_the_program_ends_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("VARSKO_")]:
        monkeypatch.delenv(name)
    with pytest.raises(SystemExit) as raised:
        create_app()
    assert str(raised.value.code).startswith("varsko: VARSKO_PUBLIC_URL is missing")


def test_no_secret_shows_when_the_settings_are_printed() -> None:
    shown = repr(make_config())
    for name in ("SECRET_KEY", "TWILIO_AUTH_TOKEN", "SUBSCRIBER_KEYS", "TIP_INDEX_KEY"):
        assert ENVIRONMENT[f"VARSKO_{name}"] not in shown


def test_the_first_key_seals_and_all_of_them_open() -> None:
    config = make_config(subscriber_keys=f"new:{key('n')},old:{key('o')}")
    assert config.subscriber_keys.current == "new"
    assert set(config.subscriber_keys.keys) == {"new", "old"}


def test_the_example_names_every_setting() -> None:
    example = EXAMPLE.read_text()
    expected = settings_file(SETTINGS, with_keys=False)
    assert example == expected, "run: python -m config --example > varsko.env.example"
    named = re.findall(r"^#?VARSKO_(\w+)=", example, re.MULTILINE)
    own = [variable(name) for name in declared(Config)]
    providers = [variable(name, part.prefix()) for part in SETTINGS for name in declared(part)]
    assert [f"VARSKO_{name}" for name in named] == own + providers


def test_a_written_settings_file_has_keys_of_its_own_and_can_be_completed() -> None:
    one, other = (dict(lines_of(settings_file(SETTINGS, with_keys=True))) for _ in range(2))
    keys = {name for name, value in one.items() if value}
    assert keys == {name for name in REQUIRED if "KEY" in name and name in OWN}
    assert all(one[name] != other[name] for name in keys)
    filled = {name: value or ENVIRONMENT[name] for name, value in one.items()}
    assert read(filled).log_level == "info"


def test_the_defaults_that_the_file_shows_are_the_defaults() -> None:
    shown = dict(lines_of(settings_file(SETTINGS, with_keys=False).replace("#VARSKO", "VARSKO")))
    given = {name: value for name, value in ENVIRONMENT.items() if name in REQUIRED}
    assert read({**shown, **given}) == read(given)


def lines_of(file: str) -> list[tuple[str, str]]:
    """The assignments of a settings file."""
    return re.findall(r"^(VARSKO_\w+)=(.*)$", file, re.MULTILINE)


# --- Providers ---------------------------------------------------------------------------


def test_twilio_is_not_asked_for_where_every_sender_is_at_another_provider() -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if "TWILIO" not in name}
    del environment["VARSKO_SMS_NUMBER"]
    config = read({**environment, "VARSKO_SMS_SENDERS": f"gatewayapi:{GATEWAYAPI_NUMBER}@5"})
    assert config.find(TwilioSettings) is None
    assert config.sms_number == GATEWAYAPI_NUMBER
    assert [route.provider for route in routes_of(config, Channel.SMS)] == ["gatewayapi"]


def test_the_settings_of_a_provider_without_senders_are_kept_if_they_are_complete() -> None:
    assert make_config().of(GatewayApiSettings).webhook_secret
    environment = {name: value for name, value in ENVIRONMENT.items() if "GATEWAYAPI" not in name}
    assert read(environment).find(GatewayApiSettings) is None
    with pytest.raises(ConfigError, match="VARSKO_GATEWAYAPI_TOKEN is missing"):
        read({**environment, "VARSKO_GATEWAYAPI_WEBHOOK_SECRET": "r" * 32})


@pytest.mark.parametrize("name", TWILIO)
def test_the_number_alone_is_sent_from_through_the_first_provider(name: str) -> None:
    (route,) = routes_of(make_config(), Channel.SMS)
    assert (route.provider, route.address) == ("twilio", SMS_NUMBER)
    assert refused(**{name.removeprefix("VARSKO_").lower(): ""}).startswith(f"{name} is missing")


def test_citizens_need_a_number_to_write_to_where_all_senders_are_names() -> None:
    senders = "gatewayapi:Politi@5"
    assert refused(sms_senders=senders, sms_number="").startswith("VARSKO_SMS_NUMBER is missing")
    assert make_config(sms_senders=senders).sms_number == SMS_NUMBER


def test_a_sender_at_an_unknown_provider_is_refused_and_the_known_ones_are_named() -> None:
    message = refused(sms_senders="pigeon:+4552510000@1")
    assert message.startswith("VARSKO_SMS_SENDERS is malformed ('pigeon' is not a provider)")
    assert "twilio or gatewayapi" in message


# --- Unsafe settings ---------------------------------------------------------------------

KEYS = ("secret_key", "subscriber_keys", "subscriber_index_key", "tip_keys", "tip_index_key")


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(KEYS, 2)))
def test_no_two_settings_have_the_same_key(one: str, other: str) -> None:
    def value(name: str) -> str:
        return f"old:{key('o')},x:{key('x')}" if name.endswith("_keys") else key("x")

    message = refused(**{one: value(one), other: value(other)})
    assert message.startswith(f"VARSKO_{other.upper()} has the same key as VARSKO_{one.upper()}")
    assert "openssl rand" in message
    assert key("x") not in message


def test_a_new_id_needs_a_new_key() -> None:
    message = refused(tip_keys=f"new:{key('t')},old:{key('t')}")
    assert message.startswith("VARSKO_TIP_KEYS is malformed (two ids have the same key)")


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("a" * 40, "different characters"),
        ("0101010101010101010101010101010101", "different characters"),
        ("k7Qw9zPd" * 5, "over and over"),
        ("abcdefghijklmnopqrstuvwxyz0123456789", "alphabetical"),
        ("change-me-0b6d1f8e9c7a4d3b5e2f1a0c", "placeholder"),
        ("this is my very own Secret key 2026", "placeholder"),
        ("varsko.example.dk 8f3b2c9d1e7a6540", "placeholder"),
    ],
)
def test_a_secret_key_that_can_be_guessed_is_refused(secret: str, why: str) -> None:
    message = refused(secret_key=secret)
    assert message.startswith("VARSKO_SECRET_KEY is malformed (")
    assert why in message
    assert secret not in message


@pytest.mark.parametrize("name", ["subscriber_index_key", "tip_keys"])
def test_a_key_that_was_typed_instead_of_made_is_refused(name: str) -> None:
    typed = base64.b64encode(b"0123456701234567" * 2).decode()
    value = f"t:{typed}" if name.endswith("_keys") else typed
    assert "not random" in refused(**{name: value})


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_random_keys_are_taken(seed: int) -> None:
    made = hashlib.sha256(b"%d" % seed)
    make_config(secret_key=made.hexdigest())
    make_config(secret_key=base64.b64encode(made.digest()).decode())


def test_the_test_suites_settings_are_refused_where_citizens_are() -> None:
    message = refused(**{**PUBLIC, "testing": True})
    assert message.startswith("VARSKO_TESTING is true although VARSKO_PUBLIC_URL is public")
    make_config(**PUBLIC)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"twilio_api_url": "http://twilio.example.dk"}, "VARSKO_TWILIO_API_URL"),
        ({"gatewayapi_url": "http://10.0.0.7:8100"}, "VARSKO_GATEWAYAPI_URL"),
        ({"smtp_host": "relay.example.dk"}, "VARSKO_SMTP_SECURITY"),
    ],
)
def test_nothing_leaves_the_machine_in_plain_text_where_citizens_are(
    changes: dict[str, str], name: str
) -> None:
    message = refused(**{**PUBLIC, **changes})
    assert message.startswith(f"{name} makes Varsko talk to ")
    assert "TLS" in message
    make_config(**changes)


def test_a_relay_and_a_simulator_on_the_same_machine_need_no_encryption() -> None:
    here = {"twilio_api_url": "http://localhost:8100", "smtp_host": "127.0.0.1"}
    make_config(**{**PUBLIC, **here})
    make_config(**{**PUBLIC, "smtp_host": "relay.example.dk", "smtp_security": "starttls"})


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"keep_audit_days": 364}, "VARSKO_KEEP_AUDIT_DAYS"),
        ({"keep_ledger_days": 29}, "VARSKO_KEEP_LEDGER_DAYS"),
        ({"keep_tips_days": 0}, "VARSKO_KEEP_TIPS_DAYS"),
        ({"keep_tips_days": -1}, "VARSKO_KEEP_TIPS_DAYS"),
        ({"keep_alerts_days": 10**9}, "VARSKO_KEEP_ALERTS_DAYS"),
        ({"keep_alerts_days": "2 years"}, "VARSKO_KEEP_ALERTS_DAYS"),
        ({"keep_alerts_days": 60, "keep_ledger_days": 61}, "VARSKO_KEEP_ALERTS_DAYS"),
        ({"keep_tips_days": 1826}, "VARSKO_KEEP_AUDIT_DAYS"),
        ({"keep_alerts_days": 1826}, "VARSKO_KEEP_AUDIT_DAYS"),
        ({"keep_audit_days": 500}, "VARSKO_KEEP_AUDIT_DAYS"),
        ({"keep_contacts_days": 29}, "VARSKO_KEEP_CONTACTS_DAYS"),
        ({"keep_contacts_days": 60, "keep_ledger_days": 61}, "VARSKO_KEEP_CONTACTS_DAYS"),
        ({"keep_staff_days": 0}, "VARSKO_KEEP_STAFF_DAYS"),
        ({"quiet_case_days": 0}, "VARSKO_QUIET_CASE_DAYS"),
    ],
)
def test_keeping_things_for_an_absurd_time_is_refused(
    changes: dict[str, object], named: str
) -> None:
    said = refused(**changes)
    assert said.startswith(named)
    assert "it should be" in said


def test_things_may_be_kept_for_the_least_and_for_the_same_time() -> None:
    config = make_config(
        keep_ledger_days=30, keep_alerts_days=30, keep_tips_days=30, keep_audit_days=365
    )
    assert config.keep_audit_days == 365
    assert make_config(keep_tips_days=1825, keep_audit_days=1825).keep_tips_days == 1825
