"""Display names of the states of tips."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from tips.models import Placement, TipChannel, TipEventKind, TipStatus

STATUS_NAMES: dict[TipStatus, Any] = {
    TipStatus.NEW: _l("Ny"),
    TipStatus.READ: _l("Åbnet, ikke vurderet"),
    TipStatus.FOLLOW_UP: _l("Følg op"),
    TipStatus.USEFUL: _l("Brugbart"),
    TipStatus.NOT_USEFUL: _l("Ikke brugbart"),
}
STATUS_KINDS: dict[TipStatus, str] = {
    TipStatus.NEW: "info",
    TipStatus.READ: "neutral",
    TipStatus.FOLLOW_UP: "warning",
    TipStatus.USEFUL: "success",
    TipStatus.NOT_USEFUL: "neutral",
}
"""The style of tag that shows a status."""
CHANNEL_NAMES: dict[TipChannel, Any] = {
    TipChannel.SMS: _l("Sms"),
    TipChannel.EMAIL: _l("E-mail"),
    TipChannel.WEB: _l("Formular"),
}
EVENT_NAMES: dict[TipEventKind, Any] = {
    TipEventKind.RECEIVED: _l("Modtaget"),
    TipEventKind.FILED: _l("Lagt på sag"),
    TipEventKind.MARKED: _l("Markeret"),
    TipEventKind.NOTED: _l("Note"),
    TipEventKind.TAKEN: _l("Taget"),
    TipEventKind.RELEASED: _l("Givet fri"),
    TipEventKind.CALLED_URGENT: _l("Haster"),
    TipEventKind.CALLED_CALM: _l("Haster ikke"),
}
PLACEMENT_NAMES: dict[Placement, Any] = {
    Placement.REFERENCE: _l("Sagsnummeret stod i beskeden"),
    Placement.CODE: _l("Varslets kode stod i beskeden"),
    Placement.FOLLOW_UP: _l("Skrevet lige efter afsenderens forrige tip"),
    Placement.APPEAL: _l("Svar på det varsel, afsenderen fik"),
    Placement.CHOICE: _l("Afsenderen valgte varslet"),
    Placement.FORM: _l("Skrevet i formularen ved varslet"),
    Placement.STAFF: _l("Lagt her af en efterforsker"),
    Placement.UNKNOWN_REFERENCE: _l("Nævner et sagsnummer, vi ikke kan placere"),
    Placement.ASKED: _l("Afsenderen er spurgt, hvilket varsel det er"),
    Placement.NONE: _l("Intet varsel passer"),
}
