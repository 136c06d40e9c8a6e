"""Runs the simulator on its own: `python -m simulator`."""

from __future__ import annotations

from simulator.cli import simulator

simulator()
