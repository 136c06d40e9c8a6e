"""A country and an officer, as alerts' tests have them: whether a case is whose needs areas."""

from __future__ import annotations

from tests.alerts.conftest import country, officer, session

__all__ = ["country", "officer", "session"]
