"""Local SMS providers (Twilio's API, GatewayAPI's) and mail server, phones and mailboxes on a page.

Used by the demo, for training, and by tests and benchmarks in place of the real providers. All
it knows about the service is the addresses in its `SimulatorConfig`.
"""

from __future__ import annotations

from simulator.behaviour import (
    Answer,
    Behaviour,
    CallbackPlan,
    DeliveryResult,
    MailBehaviour,
    Status,
)
from simulator.behaviour_script import ANYONE, Match
from simulator.controls import Simulator, SimulatorError
from simulator.http.signatures import Signature
from simulator.mail import Mail, Mailbox
from simulator.phones.inbound import InboundResult
from simulator.phones.network import Direction, Phone, ProviderName, SmsMessage
from simulator.settings import DemoPhone, SimulatorConfig
from simulator.twilio.webhooks import SignedRequest

__all__ = [
    "ANYONE",
    "Answer",
    "Behaviour",
    "CallbackPlan",
    "DeliveryResult",
    "DemoPhone",
    "Direction",
    "InboundResult",
    "Mail",
    "MailBehaviour",
    "Mailbox",
    "Match",
    "Phone",
    "ProviderName",
    "Signature",
    "SignedRequest",
    "Simulator",
    "SimulatorConfig",
    "SimulatorError",
    "SmsMessage",
    "Status",
]
