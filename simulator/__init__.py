"""Local SMS providers (Twilio's API, GatewayAPI's) and mail server, phones and mailboxes on a page.

It is how a newcomer sees the service work, how training runs, and what tests and benchmarks
send to. It knows nothing of the service but the addresses in its `SimulatorConfig`.
"""

from __future__ import annotations

from simulator.behaviour import (
    ANYONE,
    Answer,
    Behaviour,
    CallbackPlan,
    MailBehaviour,
    Match,
    Outcome,
    Status,
)
from simulator.http.signatures import Signature
from simulator.mail import Mail, Mailbox
from simulator.phones.inbound import InboundResult
from simulator.phones.network import Direction, Message, Phone, Provider
from simulator.settings import DemoPhone, SimulatorConfig
from simulator.simulator import Simulator, SimulatorError
from simulator.twilio.webhooks import SignedRequest

__all__ = [
    "ANYONE",
    "Answer",
    "Behaviour",
    "CallbackPlan",
    "DemoPhone",
    "Direction",
    "InboundResult",
    "Mail",
    "MailBehaviour",
    "Mailbox",
    "Match",
    "Message",
    "Outcome",
    "Phone",
    "Provider",
    "Signature",
    "SignedRequest",
    "Simulator",
    "SimulatorConfig",
    "SimulatorError",
    "Status",
]
