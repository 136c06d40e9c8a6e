"""Settings: a bad one stops the program with one line that says what it should be."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path

import pytest

from config import Config, ConfigError
from tests.settings import ENVIRONMENT, key, make_config
from wsgi import create_app

EXAMPLE = Path(__file__).parents[1] / "varsko.env.example"
REQUIRED = re.findall(r"^(VARSKO_\w+)=", Config.settings_file(with_keys=False), re.MULTILINE)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_setting_is_named_with_what_it_should_be(name: str) -> None:
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}
    with pytest.raises(ConfigError) as raised:
        Config.from_environment(environment)
    assert str(raised.value).startswith(f"{name} is missing: it should be ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VARSKO_PUBLIC_URL", "varsko.dk"),
        ("VARSKO_PUBLIC_URL", "http://varsko.politi.dk"),
        ("VARSKO_DATABASE_URL", "mysql://localhost/varsko"),
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
        Config.from_environment({**ENVIRONMENT, name: value})
    message = str(raised.value)
    assert message.startswith(f"{name} is malformed (")
    assert "it should be" in message
    assert "\n" not in message
    assert value not in message


def test_a_misspelt_setting_is_not_passed_over() -> None:
    with pytest.raises(ConfigError, match="VARSKO_SMTP_USR is no setting"):
        Config.from_environment({**ENVIRONMENT, "VARSKO_SMTP_USR": "mail"})
    Config.from_environment({**ENVIRONMENT, "VARSKO_TEST_POSTGRESQL": "postgresql://"})


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
    assert example == Config.settings_file(with_keys=False)
    named = re.findall(r"^#?VARSKO_(\w+)=", example, re.MULTILINE)
    assert named == [field.name.upper() for field in dataclasses.fields(Config)]


def test_a_written_settings_file_has_keys_of_its_own_and_can_be_completed() -> None:
    one, other = (dict(lines_of(Config.settings_file(with_keys=True))) for _ in range(2))
    keys = {name for name, value in one.items() if value}
    assert keys == {name for name in REQUIRED if "KEY" in name}
    assert all(one[name] != other[name] for name in keys)
    filled = {name: value or ENVIRONMENT[name] for name, value in one.items()}
    assert Config.from_environment(filled).log_level == "info"


def test_the_defaults_that_the_file_shows_are_the_defaults() -> None:
    shown = dict(lines_of(Config.settings_file(with_keys=False).replace("#VARSKO", "VARSKO")))
    given = {name: value for name, value in ENVIRONMENT.items() if name in REQUIRED}
    assert Config.from_environment({**shown, **given}) == Config.from_environment(given)


def lines_of(file: str) -> list[tuple[str, str]]:
    """The assignments of a settings file."""
    return re.findall(r"^(VARSKO_\w+)=(.*)$", file, re.MULTILINE)
