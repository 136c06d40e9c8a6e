"""What staff are told about a sending: every situation and every reason, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask_babel import force_locale
from sqlalchemy.orm import Session

from alerts.models import AlertStatus
from alerts.progress.alert_progress import AlertProgress, ReleaseProgress, Situation, situation_of
from alerts.progress.descriptions import announcement, describe, describe_rate, span_until
from alerts.progress.pause_explanations import explain_pause, explain_rest
from dispatch.ledger.counts import Counts
from dispatch.ledger.progress import ChannelProgress, Progress
from dispatch.ledger.rates import Rate
from dispatch.models import BroadcastStatus, Channel, DeliveryState, Sender
from dispatch.pause_reasons import PauseKind, PauseReason
from staff.actor import Actor
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

NOW = datetime(2026, 3, 3, 13, 5, tzinfo=UTC)  # 14.05 in Copenhagen


def counts(stopped: bool = False, **states: int) -> Counts:
    """Counts of deliveries by state."""
    by_state = {state: states.get(state.value, 0) for state in DeliveryState}
    return Counts(by_state, is_stopped=stopped)


SENT = counts(queued=1200, sending=10, unknown=2, sent=300, delivered=480, failed=8)
STOPPED = counts(stopped=True, queued=1200, sending=10, sent=300, delivered=480, failed=8)

SENTENCES: list[tuple[Situation, dict[str, Any], str, str]] = [
    (Situation.DRAFT, {}, "Udkastet er ikke sendt.", "The draft has not been sent."),
    (Situation.SCHEDULED, {}, "Venter på sit tidspunkt.", "Scheduled."),
    (Situation.WAITING, {}, "begynder om et øjeblik", "will begin in a moment"),
    (Situation.SENDING, {}, "Sendes nu. 1.200 venter.", "Being sent. 1,200 are waiting."),
    (
        Situation.SENDING,
        {"seconds_left": 700.0, "finishes_at": NOW + timedelta(seconds=700)},
        "De sidste er afsendt omkring kl. 14.16, om 12 minutter.",
        "The last ones go out around 14:16, in 12 minutes.",
    ),
    (
        Situation.SENDING,
        {"seconds_left": 40_000.0, "finishes_at": NOW + timedelta(seconds=40_000)},
        "omkring 4. marts 2026 kl. 01.11, om 11 t. 7 min.",
        "around 4 March 2026 at 01:11, in 11 h 7 min.",
    ),
    (Situation.OVERTAKEN, {}, "en anden udsendelse går forud", "another alert goes first"),
    (Situation.RETRYING, {}, "De prøves igen af sig selv.", "They will be retried"),
    (Situation.LATER, {}, "1.200 får beskeden senere.", "1,200 will get the message later."),
    (
        Situation.LATER,
        {"finishes_at": NOW + timedelta(seconds=700)},
        "De sidste er afsendt omkring kl. 14.16.",
        "The last ones go out around 14:16.",
    ),
    (Situation.STALLED, {}, "ingen beskeder ud lige nu", "No messages are getting out"),
    (Situation.PAUSED, {}, "Sat på pause. 1.200 venter.", "Paused. 1,200 are waiting."),
    (Situation.FINISHING, {}, "Der mangler svar om 12.", "For 12 there is no answer yet."),
    (
        Situation.STOPPED,
        {"counts": STOPPED},
        "Stoppet. 790 har fået beskeden eller kan nå at få den, 1.208 får den ikke.",
        "Stopped. 790 got the message or may still get it, 1,208 will not get it.",
    ),
    (
        Situation.SETTLED,
        {},
        "Færdig. 780 af 2.000 beskeder er sendt.",
        "Finished. 780 of 2,000 messages were sent.",
    ),
]


@pytest.mark.parametrize(("situation", "changes", "danish", "english"), SENTENCES)
def test_each_situation_has_its_sentence(
    app: VarskoApp, situation: Situation, changes: dict[str, Any], danish: str, english: str
) -> None:
    release = replace(ReleaseProgress(situation, counts=SENT), **changes)
    with time_machine.travel(NOW, tick=False), app.test_request_context():
        for language, expected in (("da", danish), ("en", english)):
            with force_locale(language):
                assert expected in describe(release)


def test_only_what_moves_or_has_its_time_is_promised_a_finish() -> None:
    told = {situation for situation, changes, *_said in SENTENCES if "finishes_at" in changes}
    assert told == {Situation.SENDING, Situation.LATER}
    assert {situation for situation, *_rest in SENTENCES} | {Situation.STOPPING} == set(Situation)


CONFIGURATION, CONTENT = PauseReason.configuration, PauseReason.content
UNAVAILABLE, UNANSWERED = PauseReason.unavailable, PauseReason.unanswered
REASONS: list[tuple[PauseReason, str, str, bool]] = [
    (CONFIGURATION("twilio", "20003"), "sms-leverandøren Twilio afviser os", "fejl 20003", True),
    (CONFIGURATION("smtp", "535"), "mailserveren afviser os", "fejl 535", True),
    (CONFIGURATION("newcomer", "7"), "newcomer afviser os", "fejl 7", True),
    (CONFIGURATION("twilio", None), "Twilio afviser os", "fejl ?", True),
    (CONTENT("gatewayapi", "0x0216"), "GatewayAPI afviser teksten", "(fejl 0x0216)", True),
    (PauseReason.errors(0.6), "for mange beskeder fejler", "60 % af de", True),
    (PauseReason(PauseKind.ERRORS), "for mange beskeder fejler", "Du kan genoptage", True),
    (UNAVAILABLE("twilio", "20429"), "Twilio svarer ikke", "tage imod lige nu (fejl 20429)", True),
    (UNANSWERED("smtp", "lost"), "mailserveren svarer ikke", "har modtaget beskederne", True),
    (PauseReason.staff(None), "Udsendelsen er sat på pause", "før den genoptages", False),
    (PauseReason.staff(999999), "Udsendelsen er sat på pause", "før den genoptages", False),
]


def test_every_kind_of_pause_is_in_the_table() -> None:
    assert {reason.kind for reason, *_told in REASONS} == set(PauseKind)


@pytest.mark.parametrize(("reason", "heading", "text", "by_system"), REASONS)
def test_each_reason_is_told_so_that_staff_know_what_to_do(
    session: Session, reason: PauseReason, heading: str, text: str, by_system: bool
) -> None:
    pause = explain_pause(session, reason)
    assert heading in pause.heading
    # A space before the sign of per cent is one that does not break.
    assert text in pause.text.replace("\N{NO-BREAK SPACE}", " ")
    assert pause.is_by_system is by_system


@pytest.mark.parametrize("reason", [reason for reason, *_told in REASONS], ids=repr)
def test_a_reason_is_stored_as_it_is(session: Session, reason: PauseReason) -> None:
    assert PauseReason.from_json(reason.to_json()) == reason
    session.add(Sender(name="twilio:1", free_at=NOW, reason=reason))
    session.flush()
    session.expire_all()
    assert session.get_one(Sender, "twilio:1").reason == reason


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (CONFIGURATION("twilio", "20003"), "Leverandøren afviser os (fejl 20003)."),
        (UNAVAILABLE("twilio", "no_connection"), "kan ikke tage imod lige nu (fejl no_connection)"),
        (UNANSWERED("twilio", "20500"), "om den har modtaget beskederne (fejl 20500)"),
        (None, "Fejl ?."),
    ],
)
def test_each_reason_for_a_rest_is_told(
    session: Session, reason: PauseReason | None, sentence: str
) -> None:
    assert sentence in explain_rest(reason)


def test_a_pause_names_the_officer(session: Session, officer: Actor) -> None:
    pause = explain_pause(session, PauseReason.staff(officer.staff_id))
    assert pause.heading == f"{officer.name} har sat udsendelsen på pause"


def on(channel: Channel, **changes: Any) -> ChannelProgress:
    """A channel on which something waits."""
    return replace(ChannelProgress(channel, counts(queued=5)), **changes)


QUIET = on(Channel.EMAIL, counts=counts(delivered=5))
CHANNELS: list[tuple[tuple[ChannelProgress, ...], Situation]] = [
    ((on(Channel.SMS), QUIET), Situation.SENDING),
    ((on(Channel.SMS, is_overtaken=True), on(Channel.EMAIL)), Situation.OVERTAKEN),
    ((on(Channel.SMS, is_stalled=True), QUIET), Situation.STALLED),
    ((on(Channel.SMS, is_retrying=True), QUIET), Situation.RETRYING),
    ((on(Channel.SMS, is_later=True), QUIET), Situation.LATER),
    ((on(Channel.SMS, is_later=True), on(Channel.EMAIL, is_retrying=True)), Situation.LATER),
    ((on(Channel.SMS, is_later=True), on(Channel.EMAIL)), Situation.SENDING),
    ((on(Channel.SMS, is_retrying=True), on(Channel.EMAIL)), Situation.SENDING),
    ((QUIET,), Situation.FINISHING),
]


@pytest.mark.parametrize(("channels", "expected"), CHANNELS)
def test_the_channels_make_the_situation(
    channels: tuple[ChannelProgress, ...], expected: Situation
) -> None:
    now = Progress(
        at=NOW, status=BroadcastStatus.SENDING, channels=channels, expanded=True,
        settled=False, reason=None, settled_at=None,
    )  # fmt: skip
    assert situation_of(now) is expected


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "inden for et minut"), (60, "inden for et minut"), (61, "om 2 minutter"),
     (3540, "om 59 minutter"), (3541, "om 1 t. 0 min."), (9000, "om 2 t. 30 min.")],
)  # fmt: skip
def test_the_time_left_is_rounded_up(app: VarskoApp, seconds: float, said: str) -> None:
    assert span_until(seconds) == said


def test_a_rate_is_told_without_false_precision(app: VarskoApp) -> None:
    assert describe_rate(Rate(24.44, 48.9, 30)) == "24 beskeder i sekundet, 49 sms-dele"
    assert describe_rate(Rate(0.333, 0, 30)) == "0,3 beskeder i sekundet"


def test_a_screen_reader_hears_of_quarters_and_of_turns_and_not_of_each_message(
    app: VarskoApp,
) -> None:
    def key(situation: Situation, sent: int) -> str:
        release = ReleaseProgress(situation, counts=counts(queued=100 - sent, sent=sent))
        return announcement(AlertProgress(AlertStatus.SENDING, (release,)))[0]

    assert key(Situation.SENDING, 26) == key(Situation.SENDING, 49)
    assert key(Situation.SENDING, 49) != key(Situation.SENDING, 50)
    assert key(Situation.SENDING, 49) != key(Situation.PAUSED, 49)
