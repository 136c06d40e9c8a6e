"""Numbers and addresses as people write them."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from dispatch.addresses import AddressError, index_form, parse_address
from dispatch.models import Channel

DIGITS = st.from_regex(r"\A(2[0-9]|3[01]|4[0-2]|5[0-3]|6[01]|71|81|9[123])[0-9]{6}\Z")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("20123456", "+4520123456"),
        ("20 12 34 56", "+4520123456"),
        (" +45 2012 3456 ", "+4520123456"),
        ("0045 20123456", "+4520123456"),
        ("004520123456", "+4520123456"),
        ("+45 (0) 20 12 34 56", "+4520123456"),
        ("4520123456", "+4520123456"),
        ("20-12-34-56", "+4520123456"),
        ("20.12.34.56", "+4520123456"),
        ("２０１２３４５６", "+4520123456"),
        ("+45\u00a020\u00a012\u00a034\u00a056", "+4520123456"),
        # A landline: Danish numbers do not show that, and it may accept SMS.
        ("38 10 10 10", "+4538101010"),
    ],
)
def test_danish_numbers_are_taken_in_any_spelling(written: str, number: str) -> None:
    assert parse_address(Channel.SMS, written) == number


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("+45", "empty"),
        ("112", "emergency"),
        ("1 1 4", "emergency"),
        ("+45112", "emergency"),
        ("1813", "emergency"),
        ("118", "short"),
        ("1220", "short"),
        ("90123456", "premium"),
        ("+45 90 29 00 00", "premium"),
        ("80 12 34 56", "service"),
        ("+46 70 123 45 67", "foreign"),
        ("0046701234567", "foreign"),
        ("+1 202 555 0123", "foreign"),
        ("+298 211234", "foreign"),
        ("83456789", "unrecognised"),
        ("37456789", "unrecognised"),
        ("12345678", "impossible"),
        ("2012345", "impossible"),
        ("201234567", "impossible"),
        ("hej", "empty"),
        ("20123456 eller 20123457", "impossible"),
        ("20123456" * 100, "impossible"),
        ("+45201234é6", "impossible"),
    ],
)
def test_other_numbers_are_refused_with_the_reason(written: str, reason: str) -> None:
    with pytest.raises(AddressError) as refused:
        parse_address(Channel.SMS, written)
    assert refused.value.reason == reason


def test_the_reason_is_said_in_danish() -> None:
    app = Flask(__name__)
    Babel(app, default_locale="da")
    with app.test_request_context(), pytest.raises(AddressError) as refused:
        parse_address(Channel.SMS, "+46701234567")
    with app.test_request_context():
        assert "danske numre" in str(refused.value)


@given(digits=DIGITS, gaps=st.lists(st.sampled_from(["", " ", "-", ".", "  "]), max_size=7))
def test_spaces_and_prefixes_make_no_other_number(digits: str, gaps: list[str]) -> None:
    gaps = [*gaps, *[""] * 8]
    spaced = "".join(digit + gap for digit, gap in zip(digits, gaps, strict=False))
    try:
        expected = parse_address(Channel.SMS, digits)
    except AddressError:
        return
    for prefix in ("", "+45", "0045", "+45 "):
        assert parse_address(Channel.SMS, prefix + spaced) == expected


@given(st.text(max_size=60))
def test_nothing_but_a_danish_number_or_a_reason_comes_out(text: str) -> None:
    try:
        parsed = parse_address(Channel.SMS, text)
    except AddressError as refused:
        assert refused.reason  # noqa: PT017 (either is right)
    else:
        assert parsed.startswith("+45")
        assert len(parsed) == 11


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("borger@eksempel.dk", "borger@eksempel.dk"),
        ("  Borger@EKSEMPEL.dk ", "Borger@eksempel.dk"),
        ("borger@blåbær.dk", "borger@xn--blbr-roah.dk"),
        ("søren@eksempel.dk", "søren@eksempel.dk"),
        ("a+b@eksempel.dk", "a+b@eksempel.dk"),
    ],
)
def test_addresses_are_normalised(written: str, address: str) -> None:
    assert parse_address(Channel.EMAIL, written) == address


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "empty"),
        ("borger", "impossible"),
        ("borger@", "impossible"),
        ("@eksempel.dk", "impossible"),
        ("a b@eksempel.dk", "impossible"),
        ("a@eksempel.dk\r\nBcc: b@eksempel.dk", "impossible"),
        ("a@b@eksempel.dk", "impossible"),
        ("x" * 300 + "@eksempel.dk", "impossible"),
    ],
)
def test_broken_addresses_are_refused(written: str, reason: str) -> None:
    with pytest.raises(AddressError) as refused:
        parse_address(Channel.EMAIL, written)
    assert refused.value.reason == reason


def test_case_makes_no_second_address() -> None:
    forms = {
        index_form(Channel.EMAIL, parse_address(Channel.EMAIL, written))
        for written in ("Borger@Eksempel.dk", "borger@eksempel.dk", "BORGER@EKSEMPEL.DK")
    }
    assert len(forms) == 1
