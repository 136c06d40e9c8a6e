"""Who has written: address, contact and subscriber, and the language to answer in."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from areas.models import Area
from dispatch.addresses import AddressError, parse_sender
from dispatch.contacts import ensure_contact, find_contact
from dispatch.hooks import Inbound
from dispatch.models import Channel, Contact
from subscribers.consent import language_of_consent, last_given
from subscribers.models import Asked, Subscriber
from subscribers.sms import name_lists, questions, replies
from subscribers.subscribing import find_subscriber, followed_areas
from subscribers.written_places import Unclear
from web.texts.language import evident_language, plain_language


class Sender:
    """The sender of a message: address, contact and subscriber, as far as they exist."""

    def __init__(self, session: Session, inbound: Inbound) -> None:
        self._session = session
        self.channel = inbound.channel
        self.wrote_at = inbound.received_at
        self._text = inbound.text
        self.address: str | None = None
        self.contact: Contact | None = None
        self.subscriber: Subscriber | None = None
        try:
            self.address = parse_sender(inbound.channel, inbound.sender)
        except AddressError:
            return  # Not a number we send to: it gets no replies, and cannot subscribe.
        self.contact = find_contact(session, inbound.channel, self.address)
        if self.contact is not None:
            self.subscriber = find_subscriber(session, self.contact)

    @property
    def language(self) -> str | None:
        """The subscriber's language; a stranger's: of what they write, or were asked last."""
        if self.subscriber is not None:
            return self.subscriber.language
        return _language_of_stranger(self._session, self.address, self.contact, self._text)

    @property
    def is_stopped(self) -> bool:
        """Whether this number has opted out."""
        return self.contact is not None and self.contact.is_suppressed

    @property
    def has_stopped_since(self) -> bool:
        """Whether they stopped after they wrote this, which comes late."""
        stopped = self.contact.suppressed_at if self.contact else None
        return stopped is not None and stopped > self.wrote_at

    @property
    def has_signed_up_since(self) -> bool:
        """Whether they signed up after they wrote this, which comes late."""
        given = last_given(self._session, self.contact) if self.contact else None
        return given is not None and given > self.wrote_at

    @property
    def may_mean_one_area(self) -> bool:
        """Whether AFMELD alone may mean an area; by e-mail it stops, as all that is accepted."""
        return self.channel is Channel.SMS and not self.is_stopped and bool(self.followed())

    def followed(self) -> list[Area]:
        """The areas that the sender follows, also while stopped."""
        return followed_areas(self._session, self.subscriber) if self.subscriber else []

    def ensure_contact(self) -> Contact:
        """The contact, made if there is none yet."""
        assert self.address is not None  # noqa: S101 - callers have checked
        if self.contact is None or self.contact.address is None:
            self.contact = ensure_contact(self._session, self.channel, self.address)
        return self.contact

    def ask(
        self,
        language: str,
        areas: Sequence[Area] = (),
        waiting: Sequence[str] = (),
        about: Asked = Asked.FOLLOW,
    ) -> None:
        """Remember what is asked in the reply."""
        if self.address is not None:
            questions.ask(self._session, self.address, areas, language, waiting, about)

    def ask_about(
        self,
        language: str,
        places: Sequence[Unclear],
        longest: int = name_lists.LONGEST_LIST,
        about: Asked = Asked.FOLLOW,
    ) -> None:
        """Remember the areas that are offered for the first place, and the other places."""
        waiting = [place.text for place in places[1:]]
        self.ask(language, replies.offered(places[0], longest), waiting, about)

    def forget_question(self) -> None:
        """Nothing is being asked any more."""
        if self.address is not None:
            questions.forget_question(self._session, self.address)


def language_of_address(
    session: Session, channel: Channel, address: str, text: str = ""
) -> str | None:
    """The language in which somebody with this address, who wrote this, is to be answered.

    One message in another language does not change a subscriber's.
    """
    contact = find_contact(session, channel, address)
    subscriber = find_subscriber(session, contact) if contact else None
    if subscriber is not None:
        return subscriber.language
    return _language_of_stranger(session, address, contact, text)


def _language_of_stranger(
    session: Session, address: str | None, contact: Contact | None, text: str
) -> str | None:
    """What they plainly write in, else were asked or have consented in, else a single word's."""
    asked = questions.language_of_question(session, address) if address else None
    known = asked or (language_of_consent(session, contact) if contact else None)
    return plain_language(text) or known or evident_language(text)
