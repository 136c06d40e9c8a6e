"""What the rules say about a text while it is written (htmx)."""

from __future__ import annotations

from datetime import datetime

from flask import render_template, request

from alerts.composing.forms import ComposeForm
from alerts.composing.saving import read_alert
from alerts.composing.wording_check import check_one
from alerts.desk.blueprint import blueprint
from alerts.draft import Wording
from alerts.kinds import AlertKind
from areas.targets.input import LARGEST_SHAPE
from database import session
from staff.access import requires
from staff.actor import current_actor
from staff.permissions import Permission
from web.http.access import body_limit
from web.http.forms import load_partly
from web.languages.choice import LANGUAGES


@blueprint.post("/wording")
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
def wording() -> str:
    """The findings about the text in one language; with a ``code``, about a text that follows."""
    language = "en" if request.args.get("language") == "en" else "da"
    code = request.args.get("code")
    if code:
        alert = read_alert(session, current_actor(), code)
        texts = {name: Wording("", _typed(f"text_{name}")) for name in LANGUAGES}
        kind, has_case = alert.kind, alert.case_reference is not None
    else:
        texts = {
            name: Wording(_typed(f"title_{name}"), _typed(f"body_{name}")) for name in LANGUAGES
        }
        written = request.form.get("kind", "")
        kind = AlertKind(written) if written in set(AlertKind) else AlertKind.AREA_ALERT
        has_case = bool(_typed("case_reference").strip())
    findings = (
        check_one(
            session,
            texts[language],
            language,
            kind,
            has_case=has_case,
            is_follow_up=bool(code),
            send_at=None if code else _send_at(),
            others=[text for name, text in texts.items() if name != language],
        )
        if texts[language].body.strip()
        else []
    )
    return render_template(
        "alerts/composing/_wording.html", findings=findings, is_follow_up=bool(code)
    )


def _send_at() -> datetime | None:
    """When it is to be sent, as far as that is typed."""
    read, _wrong = load_partly(ComposeForm(only=("when", "send_at")))
    send_at: datetime | None = read["send_at"] if read["when"] == "later" else None
    return send_at


def _typed(name: str) -> str:
    """What a field of the page holds: a form is sent with two characters for each new line."""
    return request.form.get(name, "").replace("\r\n", "\n")
