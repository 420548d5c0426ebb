"""Binance: the 24 h ticker of one spot pair."""

from __future__ import annotations

from tests.simulator.binance import spot_provider

PROVIDER = spot_provider("binance")
