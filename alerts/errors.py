"""What can be wrong with an alert, worded so that an officer knows what to do."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from web.problems.errors import Invalid, NotFound, Problem


class AlertNotFound(NotFound):
    """There is no such alert, or none that the public may see."""

    slug = "alert-not-found"
    title = _l("Varslet findes ikke")


class IllegalMove(Problem):
    """The alert is in a state that does not allow this step."""

    status = 409
    slug = "illegal-move"
    title = _l("Det kan ikke gøres nu")


class NotBeingSent(Problem):
    """Nothing is being sent that could be paused."""

    status = 409
    slug = "not-being-sent"
    title = _l("Udsendelsen kan ikke sættes på pause")


class NotPaused(Problem):
    """Nothing of the alert is paused."""

    status = 409
    slug = "not-paused"
    title = _l("Udsendelsen kan ikke genoptages")


class DraftChanged(Problem):
    """Somebody changed the draft after the officer saw it."""

    status = 409
    slug = "draft-changed"
    title = _l("Udkastet er blevet ændret")


class SentMeanwhile(Problem):
    """A colleague has sent something about the alert while this was written."""

    status = 409
    slug = "sent-meanwhile"
    title = _l("Der er sendt noget om varslet imens")


class ApprovalMissing(Problem):
    """A second person must approve it, and has not approved it as it is; ``reasons`` says why."""

    status = 409
    slug = "approval-missing"
    title = _l("Varslet er ikke godkendt")


class WordingReasonMissing(Problem):
    """A text says what the rules of wording call grave, and nobody has written why it must."""

    status = 422
    slug = "wording-reason-missing"
    title = _l("Skriv, hvorfor teksten skal sendes sådan")


class SizeNotConfirmed(Problem):
    """It reaches many times as many as is usual, and nobody has said that it shall."""

    status = 422
    slug = "size-not-confirmed"
    title = _l("Bekræft, hvor mange der skal have det")


class NobodyToCall(Problem):
    """Nobody who can approve it can be called, or they have just been."""

    status = 409
    slug = "nobody-to-call"
    title = _l("Ingen er tilkaldt")


class OwnWork(Problem):
    """Nobody decides about what they have written themselves."""

    status = 403
    slug = "own-work"
    title = _l("Det er dit eget varsel")


class KeyReused(Problem):
    """The idempotency key was used for something else."""

    status = 409
    slug = "idempotency-key-reused"
    title = _l("Nøglen er brugt til et andet varsel")


class InvalidAlert(Invalid):
    """The alert cannot be saved or sent as it is; ``fields`` says why."""

    slug = "invalid-alert"
    title = _l("Varslet kan ikke sendes, som det er")


class NoRecipients(InvalidAlert):
    """Nobody subscribes to anything that the target touches."""

    slug = "no-recipients"
    title = _l("Ingen modtagere")


class PresetNotFound(NotFound):
    """There is no such template or saved area in the officer's districts."""

    slug = "preset-not-found"
    title = _l("Skabelonen findes ikke")


class InvalidPreset(InvalidAlert):
    """The template or area cannot be kept as it is; ``fields`` says why."""

    slug = "invalid-preset"
    title = _l("Skabelonen kan ikke gemmes, som den er")


class PresetChanged(Problem):
    """Somebody changed the template or area after the officer saw it."""

    status = 409
    slug = "preset-changed"
    title = _l("Skabelonen er blevet ændret")
