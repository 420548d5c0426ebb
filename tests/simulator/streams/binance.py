"""The spot stream under the name `binance`."""

from __future__ import annotations

from tests.simulator.binance_stream import spot_stream

STREAM = spot_stream("binance")
