"""mempool.space: the network's figures, each at its own path and none with a time of its own."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.core.clock import SECOND
from monitor.core.errors import BadQuote
from monitor.domain.events import BLOCK_PACE, DIFFICULTY, FEES, HEIGHT
from tests.simulator.market import Market
from tests.simulator.provider import VALUE, Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape

FEE_BLOCKS = 144
EPOCH_BLOCKS = 2_016
SATS_PER_BTC = 100_000_000


def difficulty(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return three days of hashrate, with the present difficulty."""
    now_s, difficulty = market.clock.now() // SECOND, int(market.value(DIFFICULTY))
    hashrate = difficulty * 2**32 // 600
    return {
        "hashrates": [{"timestamp": now_s - now_s % 86_400, "avgHashrate": hashrate}],
        "difficulty": [{"time": now_s - 500_000, "height": 929_376, "difficulty": difficulty}],
        "currentHashrate": hashrate,
        "currentDifficulty": difficulty,
    }


def past(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return two retargets of the last month; a row says its time by one of two names."""
    now_s, difficulty = market.clock.now() // SECOND, int(market.value(DIFFICULTY))
    rows = [
        {"timestamp": now_s - 30 * 86_400, "height": 927_360, "difficulty": difficulty},
        {"time": now_s - 16 * 86_400, "height": 929_376, "difficulty": difficulty},
    ]
    return {
        "hashrates": [],
        "difficulty": rows,
        "currentHashrate": difficulty * 2**32 // 600,
        "currentDifficulty": difficulty,
    }


def height(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return the height, a bare number."""
    return int(market.value(HEIGHT))


def reward_stats(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return what the last 144 blocks paid."""
    last = int(market.value(HEIGHT))
    fees = int(market.value(FEES) * SATS_PER_BTC) * FEE_BLOCKS
    return {
        "startBlock": last - FEE_BLOCKS + 1,
        "endBlock": last,
        "totalReward": str(fees + FEE_BLOCKS * 312_500_000),
        "totalFee": str(fees),
        "totalTx": "450000",
    }


def difficulty_adjustment(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return the epoch's progress and pace."""
    blocks = int(market.value(HEIGHT)) % EPOCH_BLOCKS
    pace_ms = int(market.value(BLOCK_PACE) * SECOND)
    left_ms = (EPOCH_BLOCKS - blocks) * pace_ms
    return {
        "progressPercent": blocks / EPOCH_BLOCKS * 100,
        "difficultyChange": (600_000 / pace_ms - 1) * 100,
        "estimatedRetargetDate": market.clock.now() + left_ms,
        "remainingBlocks": EPOCH_BLOCKS - blocks,
        "remainingTime": left_ms,
        "previousRetarget": -1.2,
        "previousTime": (market.clock.now() - blocks * pace_ms) // SECOND,
        "nextRetargetHeight": int(market.value(HEIGHT)) + EPOCH_BLOCKS - blocks,
        "timeAvg": pace_ms,
        "adjustedTimeAvg": pace_ms,
        "timeOffset": 0,
        "expectedBlocks": blocks * pace_ms / 600_000,
    }


PROVIDER = Provider(
    shapes=(
        Shape(
            "api/v1/mining/hashrate/3d",
            difficulty,
            ("currentDifficulty",),
            rename=("currentDifficulty",),
        ),
        Shape("api/v1/mining/hashrate/2y", past, ("difficulty", 1, "difficulty")),
        Shape("api/blocks/tip/height", height, ()),
        Shape("api/v1/mining/reward-stats/144", reward_stats, ("totalFee",), rename=("totalFee",)),
        Shape(
            "api/v1/difficulty-adjustment", difficulty_adjustment, ("timeAvg",), rename=("timeAvg",)
        ),
    ),
    outcomes={
        # a bare number has no key
        (Scenario.RENAMED_KEY, HEIGHT): VALUE,
        (Scenario.NULL, HEIGHT): (BadQuote, "wrong_type"),
        # zero is how the backend says that its node is away; a block may well pay no fees
        (Scenario.ZEROS, DIFFICULTY): (BadQuote, "missing_field"),
        (Scenario.ZEROS, BLOCK_PACE): (BadQuote, "missing_field"),
        (Scenario.ZEROS, HEIGHT): VALUE,
        (Scenario.ZEROS, FEES): VALUE,
    },
)
