"""How much bitcoin the venues of the reference price trade, against what is usual for them."""

from __future__ import annotations

from monitor.metrics.base import Example, Floats, Guard, Metric, Scope, above, not_negative

_OWN = "own arithmetic"


def _change(volume: Floats, usual: Floats) -> Floats:
    return volume / usual - 1


METRICS: tuple[Metric, ...] = (
    Metric(
        name="venue_volume_change_ratio",
        unit="ratio",
        scope=Scope.NETWORK,
        inputs=("venue_volume_btc", "usual_venue_volume_btc"),
        description="How much less or more the venues of the price trade than usual; at -80 % the"
        " market is thin.",
        formula="venue_volume_btc / usual_venue_volume_btc - 1",
        source="docs/formulas.md 7",
        compute=_change,
        guards=(
            not_negative("venue_volume_btc"),
            Guard("usual_venue_volume_btc", above(0.0), "no_volume"),
        ),
        examples=(
            Example({"venue_volume_btc": 2_000, "usual_venue_volume_btc": 10_000}, -0.8, 2, _OWN),
            Example(
                {"venue_volume_btc": 2_000, "usual_venue_volume_btc": 0}, None, reason="no_volume"
            ),
        ),
        label="Venue volume",
    ),
)
