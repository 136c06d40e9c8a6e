"""An update, a correction and a closing message are approved on the desk and through the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from alerts.composing.saving import find_alert
from alerts.draft import Wording
from alerts.models import ReleaseKind
from alerts.releasing.follow_ups import correct_alert
from alerts.releasing.jobs import note_settled
from alerts.releasing.publishing import publish_alert
from database import current_database, utcnow
from dispatch.models import Broadcast, BroadcastStatus
from staff.models import Staff as StaffMember
from staff.permissions import Role
from tests.alerts.approving.conftest import SetRules
from tests.alerts.factories import NORTH, Country, make_draft, make_officer, make_reader
from tests.alerts.test_desk_loses_nothing import hidden
from tests.staff.factories import make_staff, sign_in
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

DESK, API = "/staff/alerts", "/api/v1/alerts"
WRITTEN = {"text_da": "Bilen er grå, ikke hvid."}
Staff = Callable[..., FlaskClient]


@pytest.fixture
def signed_in(app: VarskoApp, country: Country) -> Staff:
    """Somebody of the north with these roles, signed in."""

    def make(*roles: Role, name: str = "") -> FlaskClient:
        with current_database().unit_of_work() as session:
            staff = make_staff(session, roles, [NORTH], name=name)
        return sign_in(app.test_client(), staff)

    return make


@pytest.fixture
def author(signed_in: Staff) -> FlaskClient:
    return signed_in(Role.OFFICER, name="Olga Officer")


@pytest.fixture
def approver(signed_in: Staff) -> FlaskClient:
    return signed_in(Role.APPROVER, name="Gerda Godkender")


@pytest.fixture
def code(country: Country, set_rules: SetRules) -> str:
    """An alert to a whole district that everybody has; what follows it must be approved."""
    set_rules(for_whole_district=False)
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        make_reader(session, country.p3400)
        alert = make_draft(session, country, officer, target={"area_ids": [country.north]})
        publish_alert(session, officer, alert, f"key-{alert.code}")
        broadcast = session.scalars(select(Broadcast)).one()
        broadcast.status, broadcast.settled_at = BroadcastStatus.SETTLED, utcnow()
        session.flush()
        note_settled(session, broadcast)
        code = alert.code
    set_rules(for_whole_district=True)
    return code


def kinds_sent(code: str) -> list[ReleaseKind]:
    with current_database().unit_of_work(writes=False) as session:
        return [made.kind for made in find_alert(session, code).releases]


def write(client: FlaskClient, address: str, **said: str) -> tuple[str, dict[str, str]]:
    """Write it and go on to the page that is read: that page, and what its form holds."""
    form = hidden(client.get(address).text)
    check = client.post(address, data={**form, **WRITTEN, **said})
    assert check.status_code == 200, check.text
    return check.text, {**form, **hidden(check.text), **WRITTEN, **said}


def submit(client: FlaskClient, address: str, **said: str) -> str:
    """Write it, and submit it; returns the address of its page."""
    fields = write(client, address, **said)[1]
    answer = client.post(address, data={**fields, "step": "submit", "comment": "Haster"})
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def press(client: FlaskClient, address: str, step: str, **typed: str) -> int:
    page = client.get(address)
    assert f"{address}/{step}" in page.text, f"no button to {step}"
    answer = client.post(f"{address}/{step}", data={**hidden(page.text), **typed})
    return answer.status_code


KINDS = pytest.mark.parametrize(
    ("step", "kind", "said"),
    [
        ("update", ReleaseKind.UPDATE, {}),
        ("correct", ReleaseKind.CORRECTION, {"title_da": "Indbrud på Åvej"}),
        ("close", ReleaseKind.CLOSURE, {}),
    ],
)


@KINDS
def test_what_nobody_approved_is_not_sent_by_its_page(
    author: FlaskClient, code: str, step: str, kind: ReleaseKind, said: dict[str, str]
) -> None:
    page, fields = write(author, f"{DESK}/{code}/{step}", **said)
    assert "Det dækker en hel politikreds" in page
    assert 'value="send"' not in page, "no way to send it at once"
    forced = author.post(f"{DESK}/{code}/{step}", data={**fields, "step": "send", "read": "true"})
    assert forced.status_code == 409
    assert "En anden skal godkende det, før det kan sendes." in forced.text
    assert kind not in kinds_sent(code)


@KINDS
def test_what_follows_is_written_returned_changed_approved_and_sent(
    author: FlaskClient, approver: FlaskClient, code: str, step: str, kind: ReleaseKind,
    said: dict[str, str],
) -> None:  # fmt: skip
    address = submit(author, f"{DESK}/{code}/{step}", **said)
    assert kinds_sent(code) == [ReleaseKind.INITIAL]
    home = approver.get("/staff/").text
    assert "Venter på dig" in home
    assert address in home
    assert "Bilen er grå, ikke hvid." in approver.get(f"{DESK}/{code}").text
    read = approver.get(address).text
    assert "Bilen er grå, ikke hvid." in read
    assert "Haster" in read
    assert press(approver, address, "approve") == 422
    assert press(approver, address, "return", comment="Hvilken bil?") == 302
    assert "Hvilken bil?" in author.get("/staff/").text
    form = author.get(f"{DESK}/{code}/{step}?draft={address.rpartition('/')[2]}").text
    assert "Hvilken bil?" in form
    assert "Bilen er grå, ikke hvid." in form
    again = {**hidden(form), **said, "text_da": "Varevognen er grå."}
    check = author.post(f"{DESK}/{code}/{step}", data=again)
    answer = author.post(
        f"{DESK}/{code}/{step}", data={**again, **hidden(check.text), **again, "step": "submit"}
    )
    assert answer.location == address, "it is the same one"
    assert press(approver, address, "approve", read="true") == 302
    assert "Venter på dig" not in approver.get("/staff/").text
    assert press(author, address, "publish") == 422, "it is read once more"
    assert press(author, address, "publish", read="true") == 302
    assert kinds_sent(code) == [ReleaseKind.INITIAL, kind]
    shown = author.get(f"{DESK}/{code}").text
    assert "Godkendt af Gerda Godkender" in shown
    assert "Varevognen er grå." in shown
    assert author.get(address).location == f"{DESK}/{code}"


def test_what_waits_is_on_top_of_the_list(
    author: FlaskClient, approver: FlaskClient, code: str
) -> None:
    address = submit(author, f"{DESK}/{code}/update")
    assert "Venter på, at en anden godkender (1)" in author.get(DESK).text
    page = approver.get(DESK).text
    assert "Venter på din godkendelse (1)" in page
    assert address in page
    assert "Opdatering: " in page


def test_what_an_approver_wrote_is_given_back_if_it_was_taken_back(
    author: FlaskClient, approver: FlaskClient, code: str
) -> None:
    address = submit(author, f"{DESK}/{code}/update")
    form = hidden(approver.get(address).text)
    assert press(author, address, "take-back") == 302
    late = approver.post(f"{address}/return", data={**form, "comment": "Bilen er da rød, ikke?"})
    assert late.status_code == 409
    assert "Bilen er da rød, ikke?" in late.text


def test_going_back_to_the_text_keeps_what_was_written_beside_it(
    author: FlaskClient, code: str
) -> None:
    grave = {"text_da": "Mandens CPR-nummer er 010190-1235."}
    address = f"{DESK}/{code}/update"
    fields = write(author, address, **grave)[1]
    beside = {"wording_reason": "Han har selv bedt om det", "comment": "Se på nummeret"}
    form = author.post(address, data={**fields, **beside, "step": "write"}).text
    again = author.post(address, data={**hidden(form), **grave}).text
    for said in beside.values():
        assert said in again


def test_it_is_taken_back_and_deleted(author: FlaskClient, code: str) -> None:
    address = submit(author, f"{DESK}/{code}/update")
    assert press(author, address, "take-back") == 302
    assert "Send til godkendelse" in author.get(address).text
    assert press(author, address, "submit") == 302
    assert press(author, address, "drop") == 302
    assert "Bilen er grå" not in author.get(f"{DESK}/{code}").text


def test_when_nobody_is_on_duty_it_is_sent_for_a_reason(
    author: FlaskClient, signed_in: Staff, code: str
) -> None:
    fields = write(author, f"{DESK}/{code}/update")[1]
    said = {**fields, "step": "unapproved", "reason": "Ingen andre er på vagt"}
    assert author.post(f"{DESK}/{code}/update", data=said).status_code == 422
    short = author.post(f"{DESK}/{code}/update", data={**said, "read": "true", "reason": "Haster"})
    assert short.status_code == 422
    assert "mindst tre ord" in short.text
    for _ in range(2):
        sent = author.post(f"{DESK}/{code}/update", data={**said, "read": "true"})
        assert sent.status_code == 302, sent.text
    assert kinds_sent(code) == [ReleaseKind.INITIAL, ReleaseKind.UPDATE]
    assert "Ingen andre er på vagt" in author.get(f"{DESK}/{code}").text
    assert "Ingen andre er på vagt" in signed_in(Role.ADMINISTRATOR).get("/staff/").text


def test_a_withdrawal_waits_for_nobody(author: FlaskClient, code: str) -> None:
    page, fields = write(author, f"{DESK}/{code}/withdraw")
    assert "odkend" not in page
    sent = author.post(f"{DESK}/{code}/withdraw", data={**fields, "step": "send", "read": "true"})
    assert sent.status_code == 302
    assert kinds_sent(code) == [ReleaseKind.INITIAL, ReleaseKind.WITHDRAWAL]


def test_who_writes_while_a_colleague_corrects_is_told(
    author: FlaskClient, code: str, set_rules: SetRules
) -> None:
    set_rules(for_whole_district=False)
    address = f"{DESK}/{code}/correct"
    form = {**hidden(author.get(address).text), **WRITTEN, "title_da": "Indbrud på Åvej"}
    with current_database().unit_of_work() as session:
        theirs = {"da": Wording("Indbrud på Mosevej", "Har du set en rød bil?")}
        correct_alert(session, make_officer(session), find_alert(session, code), theirs, "a-key-x")
    late = author.post(address, data=form)
    assert late.status_code == 409
    assert "Har du set en rød bil?" in late.text
    assert "Bilen er grå, ikke hvid." in late.text, "nothing is lost"
    check = author.post(address, data={**form, **hidden(late.text)})
    assert check.status_code == 200, "having read that, they go on"
    fields = {**form, **hidden(check.text), "step": "send", "read": "true"}
    assert author.post(address, data=fields).status_code == 302
    assert kinds_sent(code).count(ReleaseKind.CORRECTION) == 2


def correct_as_a_colleague(code: str, title: str, body: str) -> None:
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        session.get_one(StaffMember, officer.staff_id).name = "Freja Friis"
        texts = {"da": Wording(title, body)}
        correct_alert(session, officer, find_alert(session, code), texts, "a-key-x")


@pytest.mark.parametrize("step", ["update", "correct"])
def test_who_sends_after_a_colleague_reads_what_was_sent_and_by_whom(
    author: FlaskClient, code: str, set_rules: SetRules, step: str
) -> None:
    set_rules(for_whole_district=False)
    address = f"{DESK}/{code}/{step}"
    with current_database().unit_of_work(writes=False) as session:
        title = find_alert(session, code).text("da").title
    fields = write(author, address, title_da=title)[1]
    correct_as_a_colleague(code, "Indbrud på Mosevej", "Har du set en rød bil?")
    late = author.post(address, data={**fields, "step": "send", "read": "true"})
    assert late.status_code == 409
    for said in ("Mens du skrev", "Rettelse", "Mosevej", "Har du set en rød bil?", "Freja Friis"):
        assert said in late.text
    assert WRITTEN["text_da"] in late.text, "nothing is lost"
    if step == "correct":
        assert 'value="Indbrud på Mosevej"' in late.text, "what was not touched is not reverted"
        assert "Du havde ikke rettet Titel." in late.text
    assert kinds_sent(code) == [ReleaseKind.INITIAL, ReleaseKind.CORRECTION]


def test_a_returned_correction_does_not_revert_a_later_one(
    author: FlaskClient, approver: FlaskClient, code: str, set_rules: SetRules
) -> None:
    with current_database().unit_of_work(writes=False) as session:
        title = find_alert(session, code).text("da").title
    address = submit(author, f"{DESK}/{code}/correct", title_da=title)
    set_rules(for_whole_district=False)
    correct_as_a_colleague(code, "Indbrud på Mosevej", "Har du set en rød bil?")
    assert press(approver, address, "return", comment="Hvilken bil?") == 302
    draft = f"{DESK}/{code}/correct?draft={address.rsplit('/', 1)[1]}"
    form = {**hidden(author.get(draft).text), **WRITTEN, "title_da": title}
    late = author.post(f"{DESK}/{code}/correct", data=form)
    assert late.status_code == 409
    assert "Freja Friis" in late.text
    assert 'value="Indbrud på Mosevej"' in late.text


def test_a_correction_keeps_what_its_writer_changed(
    author: FlaskClient, code: str, set_rules: SetRules
) -> None:
    set_rules(for_whole_district=False)
    address = f"{DESK}/{code}/correct"
    fields = write(author, address, title_da="Indbrud på Åvej")[1]
    correct_as_a_colleague(code, "Indbrud på Mosevej", "Har du set en rød bil?")
    late = author.post(address, data={**fields, "step": "send", "read": "true"}).text
    assert 'value="Indbrud på Åvej"' in late
    assert "Du havde ikke rettet" not in late


def test_an_answer_stands_until_it_is_approved(
    signed_in: Staff, author: FlaskClient, approver: FlaskClient, code: str
) -> None:
    address = submit(author, f"{DESK}/{code}/update")
    assert press(approver, address, "return", comment="Nej, bilen er rød.") == 302
    draft = f"{DESK}/{code}/update?draft={address.rsplit('/', 1)[1]}"
    page, fields = write(author, draft, text_da="Bilen er grå, ikke hvid,")
    for said in ("Sendt retur af Gerda Godkender", "Nej, bilen er rød."):
        assert said in page[: page.index("modtager")]
    form = page[page.index("Er der ingen, der kan godkende det nu?") :]
    assert "Gerda Godkender" in form[: form.index('name="reason"')]
    assert "valgfrit" not in form, "the reason is required"
    answer = author.post(f"{DESK}/{code}/update", data={**fields, "step": "submit"})
    kept = author.get(str(answer.location)).text
    assert "Nej, bilen er rød." in kept[: kept.index("modtager")], "also while it waits again"


def test_what_can_no_longer_be_sent_says_only_that(
    author: FlaskClient, approver: FlaskClient, code: str
) -> None:
    address = submit(author, f"{DESK}/{code}/update")
    fields = write(author, f"{DESK}/{code}/withdraw")[1]
    author.post(f"{DESK}/{code}/withdraw", data={**fields, "step": "send", "read": "true"})
    for who in (author, approver):
        page = who.get(address).text
        assert page.count("Det kan ikke sendes mere") == 1
        for said in ("Venter på godkendelse", "Tag det tilbage", "ikke sende det", "/approve"):
            assert said not in page
        assert "/return" not in page
        assert address not in who.get(f"{DESK}/{code}").text


def test_two_that_wait_name_each_other(
    author: FlaskClient, approver: FlaskClient, code: str
) -> None:
    one = submit(author, f"{DESK}/{code}/update", text_da="Bliv inde.")
    other = submit(author, f"{DESK}/{code}/update", text_da="Gå ud.")
    for address, said in ((one, "Gå ud."), (other, "Bliv inde.")):
        page = approver.get(address).text
        assert "Der venter også noget andet" in page
        assert said in page[: page.index("Sådan ser det ud")]
    assert approver.get(DESK).text.count("Der venter også noget andet") == 2
    assert "Gå ud." in write(author, f"{DESK}/{code}/update")[0]
