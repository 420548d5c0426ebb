"""Keys that an object of a JSON rulebook has twice are refused, wherever they stand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.json_keys import TOGETHER, refuse_twice

PLAIN = '{"id":"a","on":"X","above":1}'
texts = st.sampled_from(['"a"', '"a:b"', '"\\u0061"', '"a\\"b"', '"{:"', '"rules"', '"id"', '""'])
values = st.recursive(
    st.one_of(texts, st.sampled_from(["1", "null", "1.5", "true"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]"),
        st.lists(st.tuples(texts, inner), max_size=3).map(
            lambda pairs: "{" + ",".join(f"{key} : {value}" for key, value in pairs) + "}"
        ),
    ),
    max_leaves=8,
)


def twice(text: str) -> bool:
    """Tell whether some object of a JSON text has a key twice, looking at each by itself."""
    found: list[bool] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        found.append(len({key for key, _ in pairs}) < len(pairs))

    json.loads(text, object_pairs_hook=look)
    return any(found)


@given(st.lists(values, max_size=4), st.lists(st.tuples(texts, values), max_size=3))
def test_what_is_refused_has_a_key_twice(rules: list[str], beside: list[tuple[str, str]]) -> None:
    """However keys, texts and objects lie within each other, the answer is that of a plain look."""
    rest = "".join(f", {key}: {value}" for key, value in beside)
    text = f'{{"rules": [{", ".join(rules)}]{rest}}}'
    try:
        refuse_twice(text.encode())
    except ValueError:
        assert twice(text)
    else:
        assert not twice(text)


@pytest.mark.parametrize("wrong", [0, TOGETHER - 1, TOGETHER, 2 * TOGETHER])
def test_one_of_many_is_found(wrong: int) -> None:
    """Of two thousand rules one has a key twice: at the ends of those looked at together, too."""
    rules = [PLAIN] * (2 * TOGETHER + 1)
    refuse_twice(('{"rules":[' + ",".join(rules) + "]}").encode())
    rules[wrong] = '{"id":"a","on":"X","on":"Y"}'
    with pytest.raises(ValueError, match="`on` is given twice"):
        refuse_twice(('{"rules":[' + ",".join(rules) + "]}").encode())
