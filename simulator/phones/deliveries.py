"""What becomes of accepted messages: their states one by one, and what is reported of them."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from simulator.behaviour import CallbackPlan, Outcome, Status
from simulator.phones.network import Message, Network
from simulator.phones.providers import Faces
from simulator.settings import SimulatorConfig


@dataclass(slots=True)
class _Journey:
    """A message on its way: the states it takes, and those that are reported."""

    message: Message
    plan: CallbackPlan
    outcome: Outcome
    states: list[Status]
    reports: list[Status]
    step: int = 0


class Deliveries:
    """Takes messages through their states. Belongs to the simulator's event loop."""

    def __init__(self, config: SimulatorConfig, network: Network, faces: Faces) -> None:
        self.pending = 0
        self._config = config
        self._network = network
        self._faces = faces
        self._random = random.Random(config.seed)  # noqa: S311 (repeatable, not secret)
        self._ready: asyncio.Queue[_Journey] = asyncio.Queue()
        self._workers = [
            asyncio.create_task(self._work()) for _ in range(max(config.callback_workers, 1))
        ]

    async def close(self) -> None:
        """Stop; what is still under way stays as it is."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def begin(self, message: Message, outcome: Outcome, plan: CallbackPlan | None = None) -> None:
        """Let a message go its way to its outcome."""
        plan = plan or self._config.callbacks
        if plan.delay <= 0 and not (plan.enabled and message.status_callback):
            # Nothing to wait for and nobody to tell: the common case under load.
            self._network.set_status(message, outcome.status, outcome.error_code)
            return
        steps = [s for s in plan.steps if outcome.status is not Status.FAILED or s != Status.SENT]
        states = [*steps, outcome.status]
        reports = list(states)
        if plan.shuffle and self._random.random() < plan.shuffle:
            while reports == states and len(states) > 1:
                self._random.shuffle(reports)
        self.pending += 1
        self._schedule(_Journey(message, plan, outcome, states, reports))

    def _schedule(self, journey: _Journey) -> None:
        if journey.plan.delay > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(journey.plan.delay, self._ready.put_nowait, journey)
        else:
            self._ready.put_nowait(journey)

    async def _work(self) -> None:
        while True:
            journey = await self._ready.get()
            await self._step(journey)
            journey.step += 1
            if journey.step < len(journey.states) and journey.message.status != Status.CANCELED:
                self._schedule(journey)
            else:
                with self._network.condition:
                    self.pending -= 1
                    self._network.changed(journey.message.phone)

    async def _step(self, journey: _Journey) -> None:
        message, plan = journey.message, journey.plan
        if message.status == Status.CANCELED:
            return
        error_code = journey.outcome.error_code
        self._network.set_status(message, journey.states[journey.step], error_code)
        if not (plan.enabled and message.status_callback):
            return
        if plan.drop and self._random.random() < plan.drop:
            return
        reported = journey.reports[journey.step]
        face = self._faces[message.provider]
        twice = plan.duplicate and self._random.random() < plan.duplicate
        for _ in range(2 if twice else 1):
            await face.report(message, reported, error_code)
