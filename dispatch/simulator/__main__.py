"""Runs the simulator on its own: `python -m dispatch.simulator`."""

from __future__ import annotations

from dispatch.simulator.cli import simulator

simulator()
