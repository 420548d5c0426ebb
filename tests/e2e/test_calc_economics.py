"""`hashhedge calc` gives the numbers of the feature list on network, hashprice, cost and production."""

from __future__ import annotations

import pytest

from tests.command import hashhedge

FLEET = ("efficiency_j_th=20", "power_price_usd_kwh=0.06")
RIOT_LAYERS = (
    "power_cost_usd_btc=64635",
    "other_cash_cost_usd_btc=9809",
    "non_cash_cost_usd_btc=39687",
    "btc_usd=67200",
)
CREDIT = ("curtailment_credit_usd=9.5e6", "curtailed_mwh=8468")


@pytest.mark.parametrize(
    ("metric", "value", "within", "given"),
    [
        # A13: block 1,000 of 2,016 at 9.5 minutes; the halving at 1,050,000
        ("retarget_change_ratio", 0.053, 0.0005, ("height=904168", "block_pace_s=570")),
        ("epoch_progress_ratio", 0.496, 0.0005, ("height=904168",)),
        ("halving_left_blocks", 145_832, 0, ("height=904168",)),
        # A14: 233,828,005 sat of fees over 144 subsidies of 3.125 BTC
        (
            "fees_to_subsidy_ratio",
            0.0052,
            0.00005,
            ("height=931995", "fees_btc_per_block=0.0162380559"),
        ),
        # B02
        ("reported_power_cost_usd_btc", 64_635, 0, RIOT_LAYERS),
        ("reported_cash_cost_usd_btc", 74_444, 0, RIOT_LAYERS),
        ("reported_all_in_cost_usd_btc", 114_131, 0, RIOT_LAYERS),
        ("reported_power_margin_usd_btc", 2_565, 0, RIOT_LAYERS),
        ("reported_cash_margin_usd_btc", -7_244, 0, RIOT_LAYERS),
        # B04
        (
            "break_even_distance_ratio",
            -0.040,
            0.0005,
            ("break_even_btc_usd=57597", "btc_usd=60000"),
        ),
        (
            "break_even_distance_volatilities",
            1.6,
            0.05,
            ("break_even_btc_usd=57597", "btc_usd=60000", "btc_volatility_day_ratio=0.025"),
        ),
        # B05: 1,530 BTC in 90 days; above 1 where the stated hashrate is too small
        (
            "realisation_ratio",
            1.008,
            0.0005,
            (
                "btc_produced=1530",
                "period_days=90",
                "hashrate_average_operating_eh_s=29.4",
                "mean_hashprice_btc_ph_day=0.00057366",
            ),
        ),
        (
            "produced_btc_eh_day",
            0.578,
            0.0005,
            ("btc_produced=1530", "period_days=90", "hashrate_average_operating_eh_s=29.4"),
        ),
        # B07
        (
            "next_epoch_hashprice_usd_ph_day",
            49.86,
            0.005,
            ("hashprice_usd_ph_day=52.50", "retarget_change_ratio=0.053"),
        ),
        (
            "next_epoch_margin_ratio",
            0.422,
            0.0005,
            ("hashprice_usd_ph_day=52.50", "retarget_change_ratio=0.053", *FLEET),
        ),
        # B08
        ("subsidy_btc", 1.5625, 0, ("height=1050000",)),
        # B10: 1,121.87 against about 140 USD/MWh mining
        ("curtailment_credit_usd_mwh", 1_121.87, 0.005, CREDIT),
        ("curtailment_gain_usd_mwh", 981.87, 0.005, (*CREDIT, "curtailment_price_usd_mwh=140")),
        # B11
        (
            "nameplate_hashprice_usd_ph_day",
            48.88,
            0.005,
            ("hashprice_usd_ph_day=52.50", "pool_fee_ratio=0.02", "uptime_ratio=0.95"),
        ),
        # B14
        (
            "blended_hashprice_usd_ph_day",
            42.67,
            0.005,
            (
                "hashprice_usd_ph_day=37.70",
                "forward_sold_ratio=0.4",
                "forward_hashprice_usd_ph_day=50.13",
            ),
        ),
    ],
)
def test_worked_numbers(metric: str, value: float, within: float, given: tuple[str, ...]) -> None:
    """Each number that a feature row asks for comes out of the command."""
    found = hashhedge("calc", metric, *given, "--output", "json").json
    assert found["reason"] is None
    assert found["value"] == pytest.approx(value, abs=within)


def test_too_early_is_said() -> None:
    """Before 144 blocks of an epoch there is no projection, and nothing that rests on one."""
    early = ("height=903300", "block_pace_s=570", "hashprice_usd_ph_day=52.5", *FLEET)
    for metric in ("retarget_change_ratio", "next_epoch_margin_ratio"):
        found = hashhedge("calc", metric, *early, "-o", "json").json
        assert (found["value"], found["reason"]) == (None, "too_early")
