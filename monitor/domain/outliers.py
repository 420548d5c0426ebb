"""Which venues are out: rule 4 of docs/formulas.md 7, with hysteresis. Hop 5, pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from statistics import median

from monitor.domain.venues import VenuePrice

QUORUM = 3
REENTRY_MS = 10_000
MIN_OUTLIER_RATIO = 0.01
MAD_FACTOR = 6 * 1.4826  # 1.4826 MAD is one standard deviation of a normal sample


def outliers_of(
    sane: Sequence[VenuePrice],
    followers: Collection[str],
    marks: Mapping[str, int | None],
    now: int,
) -> tuple[dict[str, int | None], bool]:
    """Return the venues that are out, and whether the rest is split into camps.

    Judged until nothing changes, so that asking twice gives the same answer.

    Args:
        sane: what can be used, in rising order of price.
        followers: the venues that are judged and judge nobody (see `venues.leaning`).
        marks: who was out, each with the moment since which it has been calm, None while it is not.
        now: the moment, ms UTC.

    """
    here = {price.venue for price in sane}
    known = {venue: calm for venue, calm in marks.items() if venue in here}
    split = False
    for _ in sane:
        if not known and sane[-1].price - sane[0].price <= MIN_OUTLIER_RATIO * sane[0].price:
            return known, False  # inside everybody's bound, whatever the others say
        judged, split = _judge(sane, followers, known, now)
        if judged == known:
            break
        known = judged
    return known, split


def _judge(
    sane: Sequence[VenuePrice],
    followers: Collection[str],
    marks: Mapping[str, int | None],
    now: int,
) -> tuple[dict[str, int | None], bool]:
    """Measure each venue once against the voices that are not out already.

    Known outliers do not count among them: two bad venues must not push a good one out.
    """
    voices = [price for price in sane if price.venue not in followers]
    trusted = [price for price in voices if price.venue not in marks]
    if not trusted:  # only outliers are left: judge them as if new
        trusted, marks = voices, {}
    out: dict[str, int | None] = {}
    far = []
    for price in sane:
        others = [other.price for other in trusted if other is not price]
        if not others:
            continue
        centre = median(others)
        scatter = median([abs(other - centre) for other in others])
        bound = max(MIN_OUTLIER_RATIO * centre, MAD_FACTOR * scatter)
        distance = abs(price.price - centre)
        if price.venue not in marks:
            if len(sane) >= QUORUM and len(others) > 1 and distance > bound:
                far.append(price.venue)
            continue
        calm = marks[price.venue]
        since = (now if calm is None else calm) if distance < bound / 2 else None
        if since is None or now - since < REENTRY_MS:
            out[price.venue] = since
    left = [price for price in trusted if price.venue not in far]
    if far and len(left) < QUORUM - 1:
        return out, True
    return out | dict.fromkeys(far), False
