"""Every page there is: who visits it, where, and what they type. ``{names}`` are the world's."""

from __future__ import annotations

from dataclasses import dataclass, field

CITIZEN = "citizen"
NOBODY = "nobody"  # of the staff, before signing in
OFFICER = "officer"
APPROVER = "approver"
INVESTIGATOR = "investigator"
ADMINISTRATOR = "administrator"
ELSEWHERE = "elsewhere"  # has every role, in a district where nothing happens
HALFWAY = "halfway"  # has given the password
NEWCOMER = "newcomer"  # has given the password and has no app yet
BEGINNER = "beginner"  # has to choose a password


@dataclass(frozen=True)
class Visit:
    """Somebody opens a page and, if ``action`` is given, sends its form that goes there.

    ``typed`` is by field name; a box is ticked by its value. ``status`` is of the last answer.
    """

    who: str
    address: str
    status: int = 200
    action: str = ""
    typed: dict[str, str] = field(default_factory=dict)


def form(who: str, address: str, to: str = "", status: int = 422, /, **typed: str) -> Visit:
    """A visit whose form is sent: to where it was read, unless ``to`` says otherwise."""
    return Visit(who, address, status, to or address.partition("?")[0], typed)


LONG = "x" * 2500
BROKEN, AWAY = "/fejl", "/staff/optaget"
"""Pages of the world's own: one fails, one finds no database."""

PAGES = {
    "front": Visit(CITIZEN, "/"),
    "about": Visit(CITIZEN, "/om"),
    "privacy": Visit(CITIZEN, "/privatliv"),
    "anonymity": Visit(CITIZEN, "/anonym"),
    "accessibility": Visit(CITIZEN, "/tilgaengelighed"),
    "alert-active": Visit(CITIZEN, "/varsel/{active}"),
    "alert-missing-person": Visit(CITIZEN, "/varsel/{sending}"),
    "alert-closed": Visit(CITIZEN, "/varsel/{closed}"),
    "alert-withdrawn": Visit(CITIZEN, "/varsel/{withdrawn}"),
    "alert-stopped": Visit(CITIZEN, "/varsel/{stopped}"),
    "tip": Visit(CITIZEN, "/varsel/{active}/tip"),
    "tip-late": Visit(CITIZEN, "/varsel/{closed}/tip"),
    "tip-withdrawn": Visit(CITIZEN, "/varsel/{withdrawn}/tip"),
    "tip-thanks": Visit(CITIZEN, "/varsel/{active}/tip/tak?kvittering={tip_received}"),
    "tip-danger": Visit(CITIZEN, "/varsel/{active}/tip/tak?kvittering={tip_urgent}"),
    "tip-thanks-kept": Visit(CITIZEN, "/varsel/{active}/tip/tak"),
    "sign-up": Visit(CITIZEN, "/tilmeld?sted=3400"),
    "confirm": Visit(CITIZEN, "/tilmeld/bekraeft/{sign_up}"),
    "confirm-resent": Visit(CITIZEN, "/tilmeld/bekraeft/{sign_up}?sendt=1"),
    "confirm-correct": Visit(CITIZEN, "/tilmeld/bekraeft/{sign_up}/ret"),
    "confirm-mail": Visit(CITIZEN, "/tilmeld/mail/{mail_link}"),
    "page-link": Visit(CITIZEN, "/min-side"),
    "page-link-limit": Visit(CITIZEN, "/min-side?besked={link_limited}"),
    "my-page": Visit(CITIZEN, "/min-side/{my_page}?besked={welcomed}"),
    "erase-link": Visit(CITIZEN, "/slet"),
    "erase": Visit(CITIZEN, "/slet/{erase}"),
    "erased": Visit(CITIZEN, "/slet/{erased}"),
    "leave": Visit(CITIZEN, "/min-side/{my_page}/afmeld"),
    "left-late": Visit(CITIZEN, "/afmeldt/{undo}"),
    "unsubscribe": Visit(CITIZEN, "/afmeld/{unsubscribe}"),
    "login": Visit(NOBODY, "/staff/login"),
    "code": Visit(HALFWAY, "/staff/two-factor"),
    "recovery": Visit(HALFWAY, "/staff/two-factor/recovery"),
    "app": Visit(NEWCOMER, "/staff/two-factor/setup"),
    "first-password": Visit(BEGINNER, "/staff/password"),
    "home-officer": Visit(OFFICER, "/staff/"),
    "home-approver": Visit(APPROVER, "/staff/"),
    "home-investigator": Visit(INVESTIGATOR, "/staff/"),
    "home-administrator": Visit(ADMINISTRATOR, "/staff/"),
    "home-of-all-roles": Visit(ELSEWHERE, "/staff/"),
    "profile": Visit(OFFICER, "/staff/profile"),
    "password": Visit(OFFICER, "/staff/password"),
    "verify": Visit(OFFICER, "/staff/verify"),
    "other-app": Visit(OFFICER, "/staff/two-factor/setup"),
    "recovery-codes": Visit(OFFICER, "/staff/recovery-codes"),
    "alerts-current": Visit(OFFICER, "/staff/alerts"),
    "alerts-drafts": Visit(OFFICER, "/staff/alerts?tab=drafts"),
    "alerts-ended": Visit(OFFICER, "/staff/alerts?tab=ended&all=1"),
    "alerts-none": Visit(ELSEWHERE, "/staff/alerts"),
    "alerts-no-drafts": Visit(ELSEWHERE, "/staff/alerts?tab=drafts"),
    "alerts-none-ended": Visit(ELSEWHERE, "/staff/alerts?tab=ended"),
    "compose": Visit(OFFICER, "/staff/alerts/new"),
    "presets": Visit(OFFICER, "/staff/alerts/presets"),
    "presets-none": Visit(ELSEWHERE, "/staff/alerts/presets"),
    "preset-new": Visit(OFFICER, "/staff/alerts/presets/new"),
    "preset-new-area": Visit(OFFICER, "/staff/alerts/presets/new-area"),
    "preset-from": Visit(OFFICER, "/staff/alerts/{draft}/preset"),
    "preset-edit": Visit(OFFICER, "/staff/alerts/presets/{template}/edit"),
    "preset-delete": Visit(OFFICER, "/staff/alerts/presets/{template}/delete"),
    "begin-with": Visit(OFFICER, "/staff/alerts/presets/{template}/alert"),
    "begin-with-area": Visit(OFFICER, "/staff/alerts/presets/{saved_area}/alert"),
    "begin-with-both": Visit(OFFICER, "/staff/alerts/presets/{template}/alert?area={saved_area}"),
    "preset-from-area": Visit(OFFICER, "/staff/alerts/{circle}/saved-area"),
    "copy": Visit(OFFICER, "/staff/alerts/{active}/copy"),
    "edit": Visit(OFFICER, "/staff/alerts/{draft}/edit"),
    "edit-circle": Visit(OFFICER, "/staff/alerts/{circle}/edit"),
    "check": Visit(OFFICER, "/staff/alerts/{draft}/preview"),
    "check-circle": Visit(OFFICER, "/staff/alerts/{circle}/preview"),
    "check-only-read": Visit(INVESTIGATOR, "/staff/alerts/{draft}/preview"),
    "check-due": Visit(OFFICER, "/staff/alerts/{due}/preview"),
    "check-submitted": Visit(APPROVER, "/staff/alerts/{submitted}/preview"),
    "check-submitted-own": Visit(OFFICER, "/staff/alerts/{submitted}/preview"),
    "check-approved": Visit(OFFICER, "/staff/alerts/{approved}/preview"),
    "check-approved-before": Visit(APPROVER, "/staff/alerts/{approved}/preview"),
    "check-returned": Visit(OFFICER, "/staff/alerts/{returned}/preview"),
    "follow-up-submitted": Visit(APPROVER, "/staff/alerts/{follow_up}"),
    "follow-up-submitted-own": Visit(OFFICER, "/staff/alerts/{follow_up}"),
    "follow-up-approved": Visit(OFFICER, "/staff/alerts/{follow_up_approved}"),
    "follow-up-returned": Visit(OFFICER, "/staff/alerts/{follow_up_returned}"),
    "edit-submitted": Visit(OFFICER, "/staff/alerts/{submitted}/edit"),
    "show-rejected": Visit(OFFICER, "/staff/alerts/{rejected}?said={rejected_late}"),
    "show-unapproved": Visit(OFFICER, "/staff/alerts/{unapproved}"),
    "show-scheduled": Visit(OFFICER, "/staff/alerts/{scheduled}"),
    "show-sending": Visit(OFFICER, "/staff/alerts/{sending}"),
    "show-held": Visit(OFFICER, "/staff/alerts/{held}"),
    "show-active": Visit(OFFICER, "/staff/alerts/{active}"),
    "show-closed": Visit(OFFICER, "/staff/alerts/{closed}"),
    "show-withdrawn": Visit(OFFICER, "/staff/alerts/{withdrawn}"),
    "show-stopped": Visit(OFFICER, "/staff/alerts/{stopped}"),
    "show-cancelled": Visit(INVESTIGATOR, "/staff/alerts/{cancelled}"),
    "stop": Visit(OFFICER, "/staff/alerts/{sending}/stop"),
    "stop-held": Visit(OFFICER, "/staff/alerts/{held}/stop"),
    "cancel": Visit(OFFICER, "/staff/alerts/{scheduled}/cancel"),
    "update": Visit(OFFICER, "/staff/alerts/{active}/update"),
    "close": Visit(OFFICER, "/staff/alerts/{active}/close"),
    "correct": Visit(OFFICER, "/staff/alerts/{active}/correct"),
    "phone": Visit(OFFICER, "/staff/phone"),
    "phone-waiting": Visit(APPROVER, "/staff/phone"),
    "phone-known": Visit(INVESTIGATOR, "/staff/phone"),
    "extend": Visit(OFFICER, "/staff/alerts/{active}/extend"),
    "withdraw": Visit(OFFICER, "/staff/alerts/{active}/withdraw"),
    "withdraw-sending": Visit(OFFICER, "/staff/alerts/{sending}/withdraw"),
    "cases": Visit(INVESTIGATOR, "/staff/cases"),
    "cases-not-found": Visit(INVESTIGATOR, "/staff/cases?q=Xyzzy"),
    "cases-none": Visit(ELSEWHERE, "/staff/cases"),
    "case": Visit(INVESTIGATOR, "/staff/cases/{case}"),
    "case-page-2": Visit(INVESTIGATOR, "/staff/cases/{case}?page=2"),
    "case-filtered": Visit(INVESTIGATOR, "/staff/cases/{case}?status=follow_up"),
    "case-closed": Visit(INVESTIGATOR, "/staff/cases/{closed_case}"),
    "unassigned": Visit(INVESTIGATOR, "/staff/tips/unassigned"),
    "staff-tip": Visit(INVESTIGATOR, "/staff/tips/{useful}"),
    "staff-tip-urgent": Visit(INVESTIGATOR, "/staff/tips/{urgent}?efter={useful}"),
    "staff-tip-endless": Visit(INVESTIGATOR, "/staff/tips/{endless}"),
    "staff-tip-from-form": Visit(INVESTIGATOR, "/staff/tips/{from_form}"),
    "staff-tip-unassigned": Visit(INVESTIGATOR, "/staff/tips/{unassigned}"),
    "case-corrections": Visit(ADMINISTRATOR, "/staff/case-corrections"),
    "case-to-correct": Visit(ADMINISTRATOR, "/staff/case-corrections/{case}"),
    "case-reference": Visit(ADMINISTRATOR, "/staff/case-corrections/{case}/reference"),
    "case-districts": Visit(ADMINISTRATOR, "/staff/case-corrections/{case}/districts"),
    "case-appeal": Visit(ADMINISTRATOR, "/staff/case-corrections/{case}/appeals/{active}"),
    "accounts": Visit(ADMINISTRATOR, "/staff/accounts"),
    "account-new": Visit(ADMINISTRATOR, "/staff/accounts/new"),
    "account": Visit(ADMINISTRATOR, "/staff/accounts/{officer_id}"),
    "account-closed": Visit(ADMINISTRATOR, "/staff/accounts/{closed_id}"),
    "retention": Visit(ADMINISTRATOR, "/staff/retention"),
    "audit": Visit(ADMINISTRATOR, "/staff/audit"),
    "audit-nothing": Visit(ADMINISTRATOR, "/staff/audit?until=2001-01-01"),
}
"""Pages as they are found."""

PROBLEMS = {
    "no-such-page": Visit(CITIZEN, "/findes-ikke", 404),
    "no-such-alert": Visit(CITIZEN, "/varsel/XXXXXX", 404),
    "no-such-erase-link": Visit(CITIZEN, "/slet/x", 404),
    "no-such-own-page": Visit(CITIZEN, "/min-side/x", 404),
    "no-such-link": Visit(CITIZEN, "/afmeld/x", 404),
    "broken": Visit(CITIZEN, BROKEN, 500),
    "no-such-staff-page": Visit(OFFICER, "/staff/findes-ikke", 404),
    "not-allowed": Visit(OFFICER, "/staff/audit", 403),
    "database-away": Visit(OFFICER, AWAY, 503),
    "no-csrf-token": form(OFFICER, "/staff/profile", "/staff/logout", 400, csrf_token="x"),
    "audit-bad-filter": Visit(ADMINISTRATOR, "/staff/audit?since=igår&actor=x", 422),
}
"""What is shown instead of a page."""

FORMS = {
    "sign-up-empty": form(CITIZEN, "/tilmeld"),
    "sign-up-wrong": form(
        CITIZEN, "/tilmeld", phone="12", email="x", places="3400, Nykøbing, Xyzzy"
    ),
    "confirm-no-code": form(CITIZEN, "/tilmeld/bekraeft/{sign_up}", code=""),
    "confirm-wrong-code": form(CITIZEN, "/tilmeld/bekraeft/{sign_up}", code="123456"),
    "page-link-wrong": form(CITIZEN, "/min-side", address="12"),
    "erase-link-wrong": form(CITIZEN, "/slet", address="12"),
    "erase-link-sent": form(CITIZEN, "/slet", "", 200, address="+4520304050"),
    "page-link-sent": form(CITIZEN, "/min-side", "", 200, address="+4520304050"),
    "my-page-which": form(
        CITIZEN, "/min-side/{my_page}", "/min-side/{my_page}/foelg", places="Nykøbing"
    ),
    "my-page-changed": form(
        CITIZEN, "/min-side/{my_page}", "/min-side/{my_page}/sprog", 200, language="da"
    ),
    "left": form(CITIZEN, "/min-side/{leaver}/afmeld", "", 200),
    "unsubscribed": form(CITIZEN, "/afmeld/{leaving_mail}", "", 200),
    "tip-empty": form(CITIZEN, "/varsel/{active}/tip"),
    "tip-wrong": form(CITIZEN, "/varsel/{active}/tip", text="Hej", seen=LONG, website="x"),
    "login-wrong": form(NOBODY, "/staff/login", "", 200, email="x@politi.test", password="x"),
    "code-wrong": form(HALFWAY, "/staff/two-factor", "", 200, code="12345"),
    "recovery-wrong": form(HALFWAY, "/staff/two-factor/recovery", "", 200, code="x"),
    "app-code": form(NEWCOMER, "/staff/two-factor/setup", "", 200),
    "other-app-code": form(OFFICER, "/staff/two-factor/setup", "", 200),
    "password-wrong": form(
        OFFICER,
        "/staff/password",
        "",
        200,
        password="x",
        new_password="kort",
        new_password_confirm="k",
    ),
    "verify-wrong": form(OFFICER, "/staff/verify", "", 200, password="x"),
    "recovery-codes-new": form(
        INVESTIGATOR, "/staff/recovery-codes", "", 200, generate_new_codes="1"
    ),
    "compose-empty": form(OFFICER, "/staff/alerts/new"),
    "preset-new-empty": form(OFFICER, "/staff/alerts/presets/new"),
    "preset-from-empty": form(OFFICER, "/staff/alerts/{draft}/preset"),
    "preset-edit-wrong": form(
        OFFICER, "/staff/alerts/presets/{template}/edit", place="areas", areas="Atlantis"
    ),
    "begin-with-empty": form(OFFICER, "/staff/alerts/presets/{template}/alert"),
    "copy-empty": form(OFFICER, "/staff/alerts/{active}/copy"),
    "compose-wrong": form(
        OFFICER,
        "/staff/alerts/new",
        kind="witness_appeal",
        case_reference="12",
        areas="Xyzzy\nNykøbing",
        lat="x",
        shape="{",
        title_da="Hej",
        title_en="Only a title",
        when="later",
    ),
    "edit-wrong": form(
        OFFICER, "/staff/alerts/{draft}/edit", title_da="", expires_at="1999-01-01T00:00"
    ),
    "check-not-read": form(
        OFFICER, "/staff/alerts/{draft}/preview", "/staff/alerts/{draft}/publish"
    ),
    "approve-not-read": form(
        APPROVER, "/staff/alerts/{submitted}/preview", "/staff/alerts/{submitted}/approve"
    ),
    "return-wrong": form(
        APPROVER, "/staff/alerts/{submitted}/preview", "/staff/alerts/{submitted}/return"
    ),
    "reject-wrong": form(
        APPROVER, "/staff/alerts/{submitted}/preview", "/staff/alerts/{submitted}/reject"
    ),
    "submit-wrong": form(
        OFFICER, "/staff/alerts/{due}/preview", "/staff/alerts/{due}/submit", comment=LONG
    ),
    "unapproved-wrong": form(
        OFFICER,
        "/staff/alerts/{due}/preview",
        "/staff/alerts/{due}/publish-without-approval",
        reason="Haster",
    ),
    "follow-up-not-read": form(
        APPROVER, "/staff/alerts/{follow_up}", "/staff/alerts/{follow_up}/approve"
    ),
    "follow-up-sent-unread": form(
        OFFICER, "/staff/alerts/{follow_up_approved}", "/staff/alerts/{follow_up_approved}/publish"
    ),
    "update-due": form(
        OFFICER,
        "/staff/alerts/{unapproved}/update",
        "/staff/alerts/{unapproved}/update",
        200,
        text_da="Bilen er grå. Mandens CPR-nummer er 010190-1235.",
    ),
    "update-empty": form(OFFICER, "/staff/alerts/{active}/update"),
    "close-empty": form(OFFICER, "/staff/alerts/{active}/close"),
    "correct-empty": form(OFFICER, "/staff/alerts/{active}/correct"),
    "phone-empty": form(OFFICER, "/staff/phone", number="12"),
    "phone-code-wrong": form(APPROVER, "/staff/phone", "/staff/phone/code", code="123456"),
    "extend-empty": form(OFFICER, "/staff/alerts/{active}/extend", expires_at=""),
    "withdraw-empty": form(OFFICER, "/staff/alerts/{active}/withdraw"),
    "search-found": form(
        INVESTIGATOR, "/staff/cases/{case}", "/staff/cases/{case}/search", 200, words="kniv"
    ),
    "search-nothing": form(
        INVESTIGATOR, "/staff/cases/{case}", "/staff/cases/{case}/search", 200, words="Xyzzy"
    ),
    "search-too-long": form(
        INVESTIGATOR, "/staff/cases/{case}", "/staff/cases/{case}/search", words=LONG
    ),
    "staff-tip-unmarked": form(
        INVESTIGATOR, "/staff/tips/{useful}", "/staff/tips/{useful}/mark", note=LONG
    ),
    "staff-tip-to-no-case": form(
        INVESTIGATOR, "/staff/tips/{useful}", "/staff/tips/{useful}/move", reference="12"
    ),
    "staff-tip-left-unmoved": form(
        INVESTIGATOR, "/staff/tips/{useful}", "/staff/tips/{useful}/step", reference="12"
    ),
    "case-reference-empty": form(ADMINISTRATOR, "/staff/case-corrections/{case}/reference"),
    "case-districts-none": form(
        ADMINISTRATOR, "/staff/case-corrections/{case}/districts", districts="", reason=""
    ),
    "case-appeal-wrong": form(
        ADMINISTRATOR,
        "/staff/case-corrections/{case}/appeals/{active}",
        reference="12",
        reason="Tastefejl",
    ),
    "account-new-empty": form(ADMINISTRATOR, "/staff/accounts/new"),
    "account-new-wrong": form(
        ADMINISTRATOR, "/staff/accounts/new", name="x", email="x", roles="officer"
    ),
    "account-wrong": form(ADMINISTRATOR, "/staff/accounts/{officer_id}", name="", email=""),
    "account-changed": form(
        ADMINISTRATOR,
        "/staff/accounts/{colleague_id}",
        "",
        200,
        name="Karen Kollega",
    ),
    "temporary-password": form(
        ADMINISTRATOR,
        "/staff/accounts/{colleague_id}",
        "/staff/accounts/{colleague_id}/password",
        200,
    ),
}
"""Pages that answer a form. Those called empty or wrong are shown again with what is wrong."""

VISITS = {**PAGES, **PROBLEMS, **FORMS}

NO_PAGES = {
    "static": "files",
    "tips.forget_form": "a style sheet",
    "alerts_staff.show_progress": "a part of a page, for htmx",
    "alerts_staff.suggest_places": "a part of a page, for htmx",
    "alerts_staff.suggest_addresses": "a part of a page, for htmx",
    "security.two_factor_rescue": "switched off",
    "security.tf_select": "switched off",
}
"""Routes under no machine path that answer GET with something else than a page."""

NO_FORMS = {
    "subscribers_erasing.erase": "redirects to its page",
    "subscribers.resend": "redirects to a page that is visited",
    "subscribers.confirm_mail": "redirects to the own page",
    "subscribers_my_page.come_back": "redirects to the own page",
    "subscribers_my_page.unfollow": "redirects to the own page",
    "subscribers_my_page.revoke": "closes the links of other visits; shows a page that is visited",
    "alerts_staff.count_follow_up": "a part of a page, for htmx",
    "alerts_staff.count": "a part of a page, for htmx",
    "alerts_staff.live": "a part of a page, for htmx",
    "alerts_staff.wording": "a part of a page, for htmx",
    "alerts_staff.cancel": "redirects to the alert",
    "alerts_staff.remove_preset": "redirects to the list",
    "alerts_staff.stop": "redirects to the alert",
    "alerts_staff.leave_out": "redirects to the page it is pressed on",
    "alerts_staff.take_in": "redirects to the page it is pressed on",
    "alerts_staff.call": "redirects to the page it is pressed on",
    "alerts_staff.trial": "redirects to the page it is pressed on",
    "callout_staff.delete": "redirects to its page",
    "alerts_staff.take_back": "redirects to the alert",
    "alerts_staff.drop": "redirects to the alert",
    "alerts_staff.pause": "redirects to the alert",
    "alerts_staff.resume": "redirects to the alert",
    "tips_staff.set_case_status": "redirects to the case",
    "tips_staff.take": "redirects to the tip",
    "tips_staff.change_urgency": "redirects to the tip",
    "tips_staff.release": "redirects to the tip",
    "staff.activate_account": "the page of staff.reset_account_password",
    "staff.deactivate_account": "redirects to the accounts",
    "staff.reset_account_second_factor": "redirects to the accounts",
    "security.two_factor_setup_validate": "redirects to the profile, or back to the set-up",
    "security.two_factor_rescue": "switched off",
    "security.tf_select": "switched off",
}
"""Routes that take a form and have no page of their own to show for it."""
