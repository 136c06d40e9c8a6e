"""The page of phones and mailboxes."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web

from simulator.http.webhook_client import WebhookClient
from simulator.mail import Mail, PostOffice
from simulator.pages.codes import one_time_codes
from simulator.pages.feed import Feed
from simulator.pages.presentation import templates
from simulator.phones.inbound import Inbox
from simulator.phones.network import Network, Phone
from simulator.settings import SimulatorConfig

_MOST_PHONES = 24
_MOST_MAILBOXES = 60
_MOST_TEXT = 10_000  # characters; long enough to try what a phone would never send
_STATIC = Path(__file__).parents[1] / "static"
_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_MAIL_CSP = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_MAIL_START = (
    '<!doctype html><base target="_blank"><style>body{font-family:system-ui,sans-serif}</style>'
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Pages:
    """The page's handlers. Belongs to the simulator's event loop."""

    def __init__(
        self,
        config: SimulatorConfig,
        network: Network,
        office: PostOffice,
        inbox: Inbox,
        webhooks: WebhookClient,
        feed: Feed,
    ) -> None:
        self.authenticators = list(config.authenticators)
        self._config = config
        self._network = network
        self._office = office
        self._inbox = inbox
        self._webhooks = webhooks
        self._feed = feed
        self._templates = templates()

    def routes(self) -> list[web.AbstractRouteDef]:
        """The page's routes."""
        guard = self._guard
        return [
            web.get("/", guard(self.phones)),
            web.post("/phones", guard(self.add_phone)),
            web.get("/phones/{number}", guard(self.phone)),
            web.get("/phones/{number}/card", guard(self.card)),
            web.get("/phones/{number}/conversation", guard(self.conversation)),
            web.post("/phones/{number}/messages", guard(self.answer)),
            web.get("/mailboxes", guard(self.mailboxes)),
            web.get("/mailboxes/list", guard(self.mailbox_list)),
            web.get("/mailboxes/{address}", guard(self.mailbox)),
            web.get("/mails/{id}/html", guard(self.mail_html)),
            web.get("/mails/{id}/source", guard(self.mail_source)),
            web.post("/mails/{id}/unsubscribe", guard(self.unsubscribe)),
            web.get("/codes", guard(self.codes)),
            web.get("/codes.json", guard(self.codes_json)),
            web.get("/events", guard(self._feed.stream)),
            web.static("/static", _STATIC),
        ]

    def _guard(self, handler: Handler) -> Handler:
        """Keep other web sites in the same browser from reading or writing here."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            host = urlsplit(f"//{request.host}").hostname or ""
            if _is_loopback(self._config.host) and not _is_loopback(host):
                raise web.HTTPForbidden(text="Ask for the simulator by its local address.")
            if request.method == "POST" and not _from_this_site(request):
                raise web.HTTPForbidden(text="Another site may not send as a phone.")
            return await handler(request)

        return guarded

    def _render(self, template: str, status: int = 200, **values: Any) -> web.Response:
        text = self._templates.get_template(f"simulator/{template}").render(
            config=self._config, totals=self.totals(), **values
        )
        return web.Response(text=text, status=status, content_type="text/html", headers=_HEADERS)

    def totals(self) -> dict[str, int]:
        """The numbers in the page's header."""
        return {
            "accepted": self._network.accepted_total,
            "phones": len(self._network.phones),
            "mails": self._office.received_total,
        }

    async def phones(self, request: web.Request) -> web.StreamResponse:
        """Every phone, or those whose number, name or texts contain the search term."""
        sought = request.query.get("q", "").strip()
        return self._phones_page(sought)

    def _phones_page(
        self, sought: str = "", error: str = "", typed: str = "", status: int = 200
    ) -> web.Response:
        found = self._search(sought)
        return self._render(
            "phones.html",
            status,
            phones=found[:_MOST_PHONES],
            found=len(found),
            sought=sought,
            error=error,
            typed=typed,
            mailboxes=self._office.newest_first()[:8],
            codes=one_time_codes(self.authenticators),
        )

    def _search(self, sought: str) -> list[Phone]:
        with self._network.condition:
            phones = list(self._network.phones.values())
        if sought:
            digits, words = re.sub(r"[\s+]", "", sought), sought.lower()
            phones = [
                phone
                for phone in phones
                if (digits.isdecimal() and digits in phone.number)
                or words in phone.name.lower()
                or any(words in message.body.lower() for message in phone.messages)
            ]
        # Pinned phones keep their place; the others come by their latest message.
        return sorted(phones, key=lambda p: (not p.pinned, 0.0 if p.pinned else -p.active))

    async def add_phone(self, request: web.Request) -> web.StreamResponse:
        """A new phone, by its number."""
        form = await request.post()
        typed = str(form.get("number", ""))
        number = _phone_number(typed)
        if number is None:
            error = "Skriv et nummer med 8 cifre, eller med landekode: +46701234567."
            return self._phones_page(error=error, typed=typed, status=422)
        with self._network.condition:
            self._network.phone(number, name=str(form.get("name", "")).strip(), pinned=True)
            self._network.changed(number)
        raise web.HTTPSeeOther(f"/phones/{quote(number)}")

    async def phone(self, request: web.Request) -> web.StreamResponse:
        """One phone on a page of its own."""
        return self._render("phone.html", phone=self._phone(request))

    async def card(self, request: web.Request) -> web.StreamResponse:
        """A phone's card, for the page's script."""
        return self._render("_card.html", phone=self._phone(request))

    async def conversation(self, request: web.Request) -> web.StreamResponse:
        """A phone's messages, for the page's script."""
        return self._render("_conversation.html", phone=self._phone(request))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send a text as this phone."""
        phone = self._phone(request)
        text = str((await request.post()).get("text", ""))[:_MOST_TEXT]
        problem = ""
        if text.strip():
            sent = await self._inbox.receive(phone.number, text, to=phone.correspondent)
            problem = sent.problem
        if "application/json" in request.headers.get("Accept", ""):
            return web.json_response({"problem": problem}, headers=_HEADERS)
        raise web.HTTPSeeOther(f"/phones/{quote(phone.number)}")

    def _phone(self, request: web.Request) -> Phone:
        phone = self._network.phones.get(request.match_info["number"])
        if phone is None:
            raise web.HTTPNotFound(text="There is no such phone.")
        return phone

    async def mailboxes(self, request: web.Request) -> web.StreamResponse:
        """Every mailbox, or those whose address contains the search term."""
        return self._mailboxes_page(request, None)

    async def mailbox(self, request: web.Request) -> web.StreamResponse:
        """One mailbox and the mail that is open in it."""
        box = self._office.boxes.get(request.match_info["address"].lower())
        if box is None:
            raise web.HTTPNotFound(text="There is no such mailbox.")
        mails = box.messages[::-1]
        wanted = request.query.get("mail")
        mail = next((mail for mail in mails if mail.id == wanted), mails[0] if mails else None)
        return self._mailboxes_page(request, mail, box=box, mails=mails)

    async def mailbox_list(self, request: web.Request) -> web.StreamResponse:
        """The list of mailboxes, for the page's script."""
        return self._render("_mailboxes.html", box=None, boxes=self._boxes(request))

    def _mailboxes_page(
        self, request: web.Request, mail: Mail | None, box: Any = None, mails: Any = ()
    ) -> web.Response:
        return self._render(
            "mailboxes.html",
            boxes=self._boxes(request),
            sought=request.query.get("q", "").strip(),
            box=box,
            mails=mails,
            mail=mail,
        )

    def _boxes(self, request: web.Request) -> list[Any]:
        sought = request.query.get("q", "").strip().lower()
        boxes = [box for box in self._office.newest_first() if sought in box.address]
        return boxes[:_MOST_MAILBOXES]

    async def mail_html(self, request: web.Request) -> web.StreamResponse:
        """A mail's HTML, locked in a sandbox: no script, no form, nothing from elsewhere."""
        body = _MAIL_START + self._mail(request).html
        headers = {**_HEADERS, "Content-Security-Policy": _MAIL_CSP}
        return web.Response(text=body, content_type="text/html", headers=headers)

    async def mail_source(self, request: web.Request) -> web.StreamResponse:
        """A mail as it was received."""
        return web.Response(
            body=self._mail(request).raw, content_type="text/plain", charset="utf-8",
            headers=_HEADERS,
        )  # fmt: skip

    async def unsubscribe(self, request: web.Request) -> web.StreamResponse:
        """Do what a mail program's unsubscribe button does (RFC 8058)."""
        mail = self._mail(request)
        if mail.unsubscribe_url:
            answer = await self._webhooks.post(
                mail.unsubscribe_url.partition("#")[0], {"List-Unsubscribe": "One-Click"}
            )
            what = f"HTTP {answer.status}" if answer.status else answer.problem
            mail.unsubscribed = f"Afmeldt ({what})" if answer.ok else f"Afmelding fejlede ({what})"
        raise web.HTTPSeeOther(f"/mailboxes/{quote(mail.recipient.lower())}?mail={mail.id}")

    def _mail(self, request: web.Request) -> Mail:
        mail = self._office.find(request.match_info["id"])
        if mail is None:
            raise web.HTTPNotFound(text="There is no such mail.")
        return mail

    async def codes(self, request: web.Request) -> web.StreamResponse:
        """The one-time codes on a page of their own."""
        return self._render("codes.html", codes=one_time_codes(self.authenticators))

    async def codes_json(self, request: web.Request) -> web.StreamResponse:
        """The one-time codes, for the page's script."""
        found = [code.to_json() for code in one_time_codes(self.authenticators)]
        return web.json_response(found, headers=_HEADERS)


def _phone_number(typed: str) -> str | None:
    digits = re.sub(r"[\s().-]", "", typed)
    digits = "+" + digits[2:] if digits.startswith("00") else digits
    if re.fullmatch(r"\d{8}", digits):
        return "+45" + digits
    return digits if re.fullmatch(r"\+[1-9]\d{6,14}", digits) else None


def _from_this_site(request: web.Request) -> bool:
    """Whether a browser sent this from our own page; programs that say nothing may pass."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
