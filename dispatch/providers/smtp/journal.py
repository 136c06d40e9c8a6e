"""The mail journal: what a process has sent, recorded as it sends, in case it is killed.

An SMTP relay cannot be asked. So each sending process keeps a file, with a line before a mail's
closing dot is written and one for the relay's reply. The file survives the process (not the
machine: nothing is synced to disk), and a lock that ends with the process tells whether it is
alive. A mail that a dead process had claimed, and that is not in its journal, was never sent.

A journal that cannot be written is removed, because a missing line would be taken as proof.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from threading import Lock

import structlog

from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)

Key = tuple[int, int]
"""A delivery and the number of its attempt."""
Note = Callable[[bytes], None]
KEPT = timedelta(hours=24)
"""How long a journal is kept after its last line; nothing asks about it later."""
SEGMENT = 16 * 1024 * 1024
"""Bytes after which a process continues in another file."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def started(key: Key) -> bytes:
    """The line to write before a mail's closing dot is written."""
    return b"%d.%d %b\n" % (*key, _STARTED)


def accepted(key: Key, reference: str) -> bytes:
    """The line for a mail that the relay has accepted."""
    return b"%d.%d %b %b\n" % (*key, _ACCEPTED, reference.encode())


def refused(key: Key) -> bytes:
    """The line for a mail that the relay has not accepted."""
    return b"%d.%d %b\n" % (*key, _REFUSED)


_STARTED, _ACCEPTED, _REFUSED = b"started", b"accepted", b"refused"


def write_nothing(_lines: bytes) -> None:
    """Keep no journal."""


class Journal:
    """The journal of this process: open, and locked, for as long as the process lives."""

    def __init__(self, folder: Path, process: str) -> None:
        """Create the journal. Raises :class:`OSError` if that is not possible."""
        self._folder = folder
        self._process = process
        self._lock = Lock()
        self._segments: dict[int, Path] = {}
        self._is_kept = True
        self._begin_segment()

    def note(self, lines: bytes) -> None:
        """Write whole lines in order; if that fails, stop keeping the journal and remove it."""
        if not self._is_kept:
            return
        try:
            if os.write(self._descriptor, lines) < len(lines):
                raise OSError("the disk is full")
            self._size += len(lines)
            if self._size > SEGMENT:
                with self._lock:
                    if self._size > SEGMENT:
                        self._begin_segment()
        except OSError as error:
            self._remove(error)

    def close(self) -> None:
        """Release the locks, as the end of the process does."""
        self._is_kept = False
        for descriptor in self._segments:
            os.close(descriptor)
        self._segments.clear()

    def _begin_segment(self) -> None:
        for old in [each for each in self._segments if _age(each) > KEPT]:
            self._segments.pop(old)
            os.close(old)
        forget_old(self._folder)
        path = self._folder / f"mail-{self._process}-{time.monotonic_ns():020}.journal"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        descriptor = os.open(path, flags, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self._segments[descriptor] = path
        head = f"{_boot()}\n".encode()
        if os.write(descriptor, head) < len(head):
            raise OSError("the disk is full")
        self._descriptor, self._size = descriptor, len(head)

    def _remove(self, error: OSError) -> None:
        log.error("journal_lost", process=self._process, fault=describe_fault(error))
        with self._lock:
            for path in self._segments.values():
                path.unlink(missing_ok=True)
            self._is_kept = False


# --- Reading -----------------------------------------------------------------------------


class AttemptState(StrEnum):
    """The state of an attempt according to a journal."""

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    UNDECIDED = "undecided"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Record:
    """What the journal of one process says.

    ``is_final``: the process is dead. ``is_complete``: written since the machine started, so
    that no lines are missing.
    """

    is_final: bool
    is_complete: bool
    words: Mapping[Key, bytes] = field(repr=False)

    def state_of(self, key: Key) -> tuple[AttemptState, str | None]:
        """The state of an attempt that this process had claimed, and its reference."""
        word, _space, reference = self.words.get(key, b"").partition(b" ")
        if word == _ACCEPTED:
            return AttemptState.ACCEPTED, reference.decode()
        if not self.is_complete:
            return AttemptState.UNKNOWN, None
        if word == _REFUSED:
            return AttemptState.NOT_SENT, None
        if not self.is_final:
            return AttemptState.UNDECIDED, None
        return (AttemptState.UNKNOWN if word == _STARTED else AttemptState.NOT_SENT), None


def read(folder: Path, process: str, keys: Collection[Key]) -> Record | None:
    """What the journal of a process says about these attempts; None if there is none."""
    segments = sorted(folder.glob(f"mail-{process}-*.journal"), key=lambda path: path.name)
    wanted = {b"%d.%d" % key: key for key in keys}
    words: dict[Key, bytes] = {}
    is_final = is_complete = True
    boot = f"{_boot()}\n".encode()
    for path in segments:
        with path.open("rb") as file:
            # Checked before reading: if the process has ended, nothing is added meanwhile.
            is_final = is_final and _is_free(file.fileno())
            is_complete = is_complete and file.readline() == boot != b"\n"
            for line in file:
                name, _space, word = line.partition(b" ")
                # A line without an end was still being written.
                if name in wanted and word.endswith(b"\n"):
                    words[wanted[name]] = word[:-1]
    return Record(is_final, is_complete, words) if segments else None


def processes(folder: Path) -> set[str]:
    """The processes whose journals are in a folder."""
    return {path.name.split("-")[1] for path in folder.glob("mail-*-*.journal")}


def forget_old(folder: Path) -> None:
    """Remove journals of dead processes that are too old to be asked about."""
    for path in folder.glob("mail-*-*.journal"):
        try:
            with path.open("rb") as file:
                if _age(file.fileno()) > KEPT and _is_free(file.fileno()):
                    path.unlink(missing_ok=True)
        except FileNotFoundError:
            continue


def _age(descriptor: int) -> timedelta:
    """The time since the last line was written."""
    return timedelta(seconds=time.time() - os.fstat(descriptor).st_mtime)


def _is_free(descriptor: int) -> bool:
    """Whether the process that wrote it has ended."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _boot() -> str:
    """The id of the machine's current boot; empty if that is not known."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
