"""What a form gives to a page: checked data, or what was typed and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from werkzeug.datastructures import MultiDict

from web.http.forms import load_form, typed_values
from web.languages.choice import speaking


class SignUp(Schema):
    """A form like a citizen's."""

    phone = fields.String()
    mail = fields.Email()
    topics = fields.List(fields.String(validate=validate.OneOf(["a", "b"])), required=True)
    note = fields.String(metadata={"allow_blank": True})
    count = fields.Integer(validate=validate.Range(min=1, max=9))
    name = fields.String(validate=validate.Length(max=5))

    @validates_schema
    def reach(self, data: dict[str, object], **_: object) -> None:
        if "phone" not in data and "mail" not in data:
            raise ValidationError("Vælg et nummer eller en e-mail.")


Form = MultiDict[str, str]


@pytest.fixture(autouse=True)
def inside(look: Flask) -> Iterator[None]:
    with look.app_context():
        yield


def test_a_list_takes_every_value_and_a_blank_is_missing() -> None:
    form: Form = MultiDict(
        [("phone", " 12345678 "), ("mail", "  "), ("topics", "a"), ("topics", "b"), ("note", "")]
    )
    data, errors = load_form(SignUp(), form)
    assert errors == {}
    assert data == {"phone": "12345678", "topics": ["a", "b"], "note": ""}


def test_what_the_schema_does_not_know_is_left_out() -> None:
    form: Form = MultiDict({"phone": "1", "topics": "a", "csrf_token": "x", "action": "save"})
    data, errors = load_form(SignUp(), form)
    assert (data, errors) == ({"phone": "1", "topics": ["a"]}, {})


def test_errors_are_flat_and_in_the_language_of_the_page() -> None:
    form: Form = MultiDict({"mail": "anna", "topics": "c", "count": "12", "name": "Margrethe"})
    _, errors = load_form(SignUp(), form)
    assert errors == {
        "mail": ["Skriv en e-mailadresse som navn@eksempel.dk."],
        "topics": ["Vælg en af mulighederne."],
        "count": ["Skal være mellem 1 og 9."],
        "name": ["Skriv højst 5 tegn."],
    }
    with speaking("en"):
        _, errors = load_form(SignUp(), form)
        assert errors["name"] == ["Enter at most 5 characters."]


def test_a_missing_list_and_an_error_of_the_whole_form() -> None:
    assert load_form(SignUp(), MultiDict())[1] == {"topics": ["Skal udfyldes."]}
    assert load_form(SignUp(), MultiDict({"topics": "a"}))[1] == {
        "_schema": ["Vælg et nummer eller en e-mail."]
    }


def test_what_was_typed_is_kept_as_typed() -> None:
    form: Form = MultiDict([("mail", "anna "), ("topics", "c"), ("note", "a\r\nb"), ("phone", "")])
    assert typed_values(SignUp(), form) == {
        "phone": "",
        "mail": "anna",
        "topics": ["c"],
        "note": "a\nb",
    }


def test_a_limit_in_the_thousands_is_written_as_people_read_it() -> None:
    class Long(Schema):
        text = fields.String(validate=validate.Length(max=10_000))

    form: Form = MultiDict({"text": "x" * 10_001})
    _data, errors = load_form(Long(), form)
    assert errors["text"] == ["Skriv højst 10.000 tegn."]
