"""Takes accepted messages through their states, and reports each state to the service."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from simulator.behaviour import CallbackPlan, DeliveryResult, Status
from simulator.phones.network import Network, SmsMessage
from simulator.phones.provider_webhooks import WebhooksByProvider
from simulator.settings import SimulatorConfig


@dataclass(slots=True)
class _Delivery:
    """A message on its way: the states it goes through, and those that are reported."""

    message: SmsMessage
    plan: CallbackPlan
    result: DeliveryResult
    states: list[Status]
    reports: list[Status]
    step: int = 0


class Deliveries:
    """Takes messages through their states. Belongs to the simulator's event loop."""

    def __init__(
        self, config: SimulatorConfig, network: Network, webhooks: WebhooksByProvider
    ) -> None:
        self.pending = 0
        self._config = config
        self._network = network
        self._webhooks = webhooks
        self._random = random.Random(config.seed)  # noqa: S311 (repeatable, not secret)
        self._ready: asyncio.Queue[_Delivery] = asyncio.Queue()
        self._workers = [
            asyncio.create_task(self._work()) for _ in range(max(config.callback_workers, 1))
        ]

    async def close(self) -> None:
        """Stop; messages still on their way keep their state."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def begin(
        self, message: SmsMessage, result: DeliveryResult, plan: CallbackPlan | None = None
    ) -> None:
        """Start delivering a message; it ends with the result."""
        plan = plan or self._config.callbacks
        if plan.delay <= 0 and not (plan.enabled and message.status_callback):
            # No delay and no callback: the common case under load.
            self._network.set_status(message, result.status, result.error_code)
            return
        steps = [s for s in plan.steps if result.status is not Status.FAILED or s != Status.SENT]
        states = [*steps, result.status]
        reports = list(states)
        if plan.shuffle and self._random.random() < plan.shuffle:
            while reports == states and len(states) > 1:
                self._random.shuffle(reports)
        self.pending += 1
        self._schedule(_Delivery(message, plan, result, states, reports))

    def _schedule(self, delivery: _Delivery) -> None:
        if delivery.plan.delay > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(delivery.plan.delay, self._ready.put_nowait, delivery)
        else:
            self._ready.put_nowait(delivery)

    async def _work(self) -> None:
        while True:
            delivery = await self._ready.get()
            await self._step(delivery)
            delivery.step += 1
            if delivery.step < len(delivery.states) and delivery.message.status != Status.CANCELED:
                self._schedule(delivery)
            else:
                with self._network.condition:
                    self.pending -= 1
                    self._network.changed(delivery.message.phone)

    async def _step(self, delivery: _Delivery) -> None:
        message, plan = delivery.message, delivery.plan
        if message.status == Status.CANCELED:
            return
        error_code = delivery.result.error_code
        self._network.set_status(message, delivery.states[delivery.step], error_code)
        if not (plan.enabled and message.status_callback):
            return
        if plan.drop and self._random.random() < plan.drop:
            return
        reported = delivery.reports[delivery.step]
        webhooks = self._webhooks[message.provider]
        twice = plan.duplicate and self._random.random() < plan.duplicate
        for _ in range(2 if twice else 1):
            await webhooks.report(message, reported, error_code)
