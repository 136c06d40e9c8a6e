"""A redirect never leads to a host that the caller named."""

from __future__ import annotations

import pytest

from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database


def test_no_redirect_names_a_host(town: VarskoApp) -> None:
    """Also where only a slash is missing, on every page that has one at its end."""
    client = town.test_client()
    slashed = [
        rule.rule.rstrip("/")
        for rule in town.url_map.iter_rules()
        if len(rule.rule) > 1 and rule.rule.endswith("/") and not rule.arguments
    ]
    assert "/staff" in slashed
    doubled = ["//evil.example/staff", "/staff//", "//tilmeld", "///evil.example/%2e%2e/staff"]
    for path in (*slashed, *doubled, "/min-side//evil.example"):
        answer = client.get(f"{path}?a=//b", headers={"Host": "evil.example"})
        location = answer.headers.get("Location", "/")
        assert location.startswith("/"), path
        assert not location.startswith(("//", "/\\")), path


def test_a_missing_slash_is_added_and_the_question_kept(town: VarskoApp) -> None:
    answer = town.test_client().get("/staff?a=1")
    assert (answer.status_code, answer.location) == (308, "/staff/?a=1")
