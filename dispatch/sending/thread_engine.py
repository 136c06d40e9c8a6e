"""How batches reach workers. The ledger decides; an engine only passes on batch ids."""

from __future__ import annotations

import threading
from typing import Protocol

import structlog
from flask import Flask

from config import current_config
from database import current_database
from dispatch.hooks import hooks_of
from dispatch.models import Channel
from dispatch.sending.send_batch import send_next
from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
"""How often an idle worker checks for batches without being woken."""


class Engine(Protocol):
    """What the dispatcher needs of an engine."""

    def start(self) -> None:
        """Start sending batches."""

    def wake(self) -> None:
        """There may be batches waiting."""

    def offer(self) -> int:
        """Offer waiting batches to workers in other processes; returns how many."""

    def stop(self) -> None:
        """Finish the slices in flight, claim nothing more, and return when that is done."""


class EmbeddedEngine:
    """Threads in this process. Each serves one channel, so that no channel waits for another."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._stop = threading.Event()
        self._woken = threading.Condition()
        self._generation = 0
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the threads: half for SMS, half for e-mail, at least one each."""
        with self._app.app_context():
            number = current_config().engine_threads
            if current_database().is_sqlite:
                # A single writer: two batches of a channel would wait for each other.
                number = min(number, len(Channel))
        for channel, threads in (
            (Channel.SMS, max(1, (number + 1) // 2)),
            (Channel.EMAIL, max(1, number // 2)),
        ):
            for index in range(threads):
                thread = threading.Thread(
                    target=self._work, args=(channel, index), name=f"{channel}-{index}", daemon=True
                )
                self._threads.append(thread)
                thread.start()

    def offer(self) -> int:
        """Nothing to do: the threads find waiting batches themselves."""
        return 0

    def wake(self) -> None:
        """Let idle threads check for batches at once."""
        with self._woken:
            self._generation += 1
            self._woken.notify_all()

    def stop(self) -> None:
        """Let each thread finish its slice and end."""
        self._stop.set()
        self.wake()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _work(self, channel: Channel, index: int) -> None:
        owner = f"{hooks_of(self._app).identity}:{channel}:{index}"
        with self._app.app_context():
            while not self._stop.is_set():
                seen = self._generation
                try:
                    found = send_next(channel, owner, self._stop)
                except Exception as error:
                    # A worker survives any error in a batch, whose lease then expires.
                    log.error("worker_failed", channel=channel.value, fault=describe_fault(error))
                    found = False
                if not found:
                    self._wait_until_woken(seen)

    def _wait_until_woken(self, seen: int) -> None:
        with self._woken:
            if self._generation == seen and not self._stop.is_set():
                self._woken.wait(LOOK_SECONDS)
