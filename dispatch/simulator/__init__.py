"""Local SMS providers (Twilio's API, GatewayAPI's) and mail server, phones and mailboxes on a page.

It is how a newcomer sees the service work, how training runs, and what tests and benchmarks
send to. It knows nothing of the service but the addresses in its `SimulatorConfig`.
"""

from __future__ import annotations

from dispatch.simulator.behaviour import (
    ANYONE,
    Answer,
    Behaviour,
    CallbackPlan,
    MailBehaviour,
    Match,
    Outcome,
    Status,
)
from dispatch.simulator.inbound import InboundResult
from dispatch.simulator.mail import Mail, Mailbox
from dispatch.simulator.network import Direction, Message, Phone, Provider
from dispatch.simulator.settings import DemoPhone, SimulatorConfig
from dispatch.simulator.signatures import Signature
from dispatch.simulator.simulator import Simulator, SimulatorError
from dispatch.simulator.twilio_webhooks import SignedRequest

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
