"""Conditions of several values, in CEL: typed when they are read, bounded, and nothing but arithmetic.

The home of the CEL library (Google's, over C++). An expression sees named numbers and `session`;
it can call nothing of ours and reach nothing else, and what repeats (`all`, `map`) is refused, so
its cost is bounded by its length. Numbers may be written as people do: `3` for `3.0`, `20%` for
`0.2`; AND, OR and NOT stand for CEL's signs.

Logic is Kleene's, as CEL has it: `true || unknown` is true, `true && unknown` is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cel_expr_python import cel

from monitor.core.mends import nearest
from monitor.domain.sessions import SessionState

MAX_LENGTH = 1_000
"""Characters; what needs more is two rules."""
MAX_DEPTH = 16
"""Brackets within brackets."""
SESSION = "session"
"""The name of the exchange session: pre, regular, post or closed."""

_REPEATING = re.compile(r"\b(all|exists|exists_one|map|filter|reduce|has|matches)\s*\(")
_QUOTED = re.compile(r"""("[^"\\]*"|'[^'\\]*')""")
_PERCENT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*%")
_WHOLE = re.compile(r"(?<![\w.])(\d+)(?![\w.]|\s*%)")
_WORDS = {"AND": "&&", "OR": "||", "NOT": "!"}
_WORD = re.compile(r"\b(AND|OR|NOT)\b")
_NUMBER = r"-?\s*\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_ATOM = re.compile(
    rf"\b(?P<name>[a-z]\w*)\s*(?P<sign><=|>=|<|>)\s*(?P<level>{_NUMBER})(?=\s*(?:&&|\|\||\)|$))"
)
_STARTS = re.compile(r"(?:^|&&|\|\||\(|!)\s*$")
_DIVISOR = re.compile(r"/\s*(?P<divisor>[A-Za-z_]\w*|\S)")

_BY_ZERO = re.compile(r"/\s*(?:0+(?:\.0*)?|\.0+)(?![\d.])")
_SMALL = re.compile(r"\b(and|or|not)\b")
_COMPARED = re.compile(r"""\bsession\s*[!=]=\s*["'](\w*)["']|["'](\w*)["']\s*[!=]=\s*session\b""")
_MENDS = {
    "!_": "put what NOT denies in brackets: NOT (value > 10)",
    "_&&_": "compare each side of AND with something: value > 10 AND other < 3",
    "_||_": "compare each side of OR with something: value > 10 OR other < 3",
}
"""What a person who mixes conditions and numbers is likely to have meant, by CEL's sign."""
SESSIONS = tuple(it.value for it in SessionState if it is not SessionState.HALTED)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an expression says: true or false, or why it cannot be told.

    Attributes:
        holds: whether the condition does; None where that cannot be told.
        why: what it failed on, in words.
        lacking: it failed for want of a value; `why` is then the library's word.

    """

    holds: bool | None
    why: str = ""
    lacking: bool = False


@dataclass(frozen=True)
class Expression:
    """A compiled condition.

    Attributes:
        text: in CEL, as it is evaluated.
        levels: for each name, the numbers that it is compared with, if all of its uses are such
            comparisons; between two of them the name cannot change the answer. A name that is
            used otherwise is not in it.
        divisors: the names that something is divided by.

    """

    text: str
    levels: Mapping[str, tuple[float, ...]]
    divisors: frozenset[str]
    _compiled: cel.Expression

    def evaluate(self, values: Mapping[str, float | str]) -> Answer:
        """Evaluate with the known values; a name that is not among them is unknown."""
        for name in sorted(self.divisors):
            if values.get(name) == 0:
                return Answer(None, f"divided by `{name}`, which is 0")
        found = self._compiled.eval(data=values)
        if found.type() == cel.Type.BOOL:
            return Answer(bool(found.value()))
        return Answer(None, str(found.value()), lacking=True)


@lru_cache(maxsize=4_096)
def compiled(text: str, names: frozenset[str]) -> Expression:
    """Return the condition that `text` says of `names`.

    Raises:
        ValueError: too long, not CEL, not a condition, an unknown name, or not allowed; says which.

    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"`when` has {len(text)} characters; {MAX_LENGTH} are allowed")
    depth = _depth(text)
    if depth > MAX_DEPTH:
        raise ValueError(f"`when` is nested {depth} deep; {MAX_DEPTH} are allowed")
    repeated = _REPEATING.search(text)
    if repeated is not None:
        raise ValueError(
            f"`when` calls `{repeated[1]}`; only arithmetic and comparisons are allowed"
        )
    small = _SMALL.search(_QUOTED.sub('""', text))
    if small is not None:
        raise ValueError(f"`when` has `{small[1]}`; write {small[1].upper()}")
    for one, other in _COMPARED.findall(text):
        if (word := one or other) not in SESSIONS:
            raise ValueError(f"`when` compares `session` with `{word}`; {nearest(word, SESSIONS)}")
    plain = _in_cel(text)
    divisors = _divisors(plain, names)
    variables = dict.fromkeys(names, cel.Type.DOUBLE) | {SESSION: cel.Type.STRING}
    try:
        found = cel.NewEnv(variables=variables).compile(plain)
    except RuntimeError as error:
        raise ValueError(f"`when` cannot be read: {_words_of(error, names)}") from error
    if found.return_type() != cel.Type.BOOL:
        raise ValueError(
            f"`when` gives {found.return_type().name()}, not true or false; compare it with something"
        )
    return Expression(plain, _levels(plain, names), divisors, found)


def _depth(text: str) -> int:
    """Return how deep brackets are within brackets; what is quoted does not count."""
    depth = deepest = 0
    for sign in _QUOTED.sub("", text):
        depth += (sign in "([{") - (sign in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _in_cel(text: str) -> str:
    """Return `text` with the spellings of people in CEL's; what is quoted stays."""
    parts = _QUOTED.split(text)
    for place in range(0, len(parts), 2):
        part = _WORD.sub(lambda found: _WORDS[found[1]], parts[place])
        part = _PERCENT.sub(lambda found: repr(float(found[1]) / 100), part)
        parts[place] = _WHOLE.sub(r"\1.0", part)
    return "".join(parts)


def _divisors(text: str, names: frozenset[str]) -> frozenset[str]:
    """Return what is divided by; it must be a name or a number, so that zero can be seen coming."""
    unquoted = _QUOTED.sub('""', text)
    found = [match["divisor"] for match in _DIVISOR.finditer(unquoted)]
    for divisor in found:
        if divisor not in names and not divisor.isdigit():
            raise ValueError(
                f"`when` divides by `{divisor}`; divide by one named value or number, "
                "and compare instead of dividing where you can"
            )
    if _BY_ZERO.search(unquoted):
        raise ValueError("`when` divides by 0; divide by something else")
    return frozenset(found) & names


def _levels(text: str, names: frozenset[str]) -> dict[str, tuple[float, ...]]:
    """Return the levels of the names that are used in plain comparisons alone."""
    levels: dict[str, list[float]] = {name: [] for name in names}
    rest: list[str] = []
    end = 0
    unquoted = _QUOTED.sub('""', text)
    for atom in _ATOM.finditer(unquoted):
        before = unquoted[end : atom.start()]
        if atom["name"] in names and _STARTS.search(unquoted[: atom.start()]):
            levels[atom["name"]].append(float(atom["level"].replace(" ", "")))
            rest.append(before)
            end = atom.end()
    rest.append(unquoted[end:])
    elsewhere = set(re.findall(r"\w+", " ".join(rest)))
    return {
        name: tuple(sorted(set(found))) for name, found in levels.items() if name not in elsewhere
    }


def _words_of(error: RuntimeError, names: frozenset[str]) -> str:
    """Return what the library says in one line, and the names there are."""
    text = str(error).removeprefix("INVALID_ARGUMENT: ").splitlines()[0]
    text = text.removeprefix("ERROR: <input>:").removesuffix(" (in container '')")
    unquoted = next((it for it in SESSIONS if f"reference to '{it}'" in text), None)
    if unquoted is not None:
        return f'{text}; put the session in quotes: session == "{unquoted}"'
    mend = next((it for sign, it in _MENDS.items() if f"overload for '{sign}'" in text), None)
    if mend is not None:
        return f"{text}; {mend}"
    return f"{text}; names are " + ", ".join(f"`{name}`" for name in sorted({*names, SESSION}))
