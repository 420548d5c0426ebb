"""A stranger's adapter, offline: the sample of the docs passes, and each bad one is told why."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from monitor.core.errors import ConfigError
from monitor.feeds.adapter import Finding, load_adapter, run_adapter_test

DOCS = Path(__file__).resolve().parents[4] / "docs"
SAMPLE = DOCS / "samples" / "gemini"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the sample to spoil."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "sample"))


def spoil(folder: Path, old: str, new: str, file: str = "adapter.py") -> list[Finding]:
    """Replace text in the sample and return the failed checks."""
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return [finding for finding in run_adapter_test(folder) if not finding.ok]


def test_the_sample_passes_offline() -> None:
    """Thirty lines at most, and every check holds, by folder or by file."""
    assert len((SAMPLE / "adapter.py").read_text().splitlines()) <= 30
    for path in (SAMPLE, SAMPLE / "adapter.py"):
        findings = run_adapter_test(path)
        assert len(findings) > 10
        assert [finding for finding in findings if not finding.ok] == []


def test_the_docs_print_the_sample_as_it_is() -> None:
    """What a reader copies from the page is what was tested."""
    page = (DOCS / "adapters.md").read_text()
    assert (SAMPLE / "adapter.py").read_text() in page
    assert (SAMPLE / "fixture.json").read_text() in page


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name="gemini"', 'name="Gemini!"', "metric label"),
        ('.at("last").price()', '.at("bid").price()', "got 97249.50"),
        ('.at("last")', '.at("late")', "late is missing"),
        (
            "from collections.abc import Sequence\n",
            "from collections.abc import Sequence\nimport socket\n",
            "socket",
        ),
        ('ticker.at("last").price()', 'float(ticker.at("last").price())', "Decimal"),
        ("instrument, price", '"ETH-USD", price', "ETH-USD"),
        ("quoted(spec, ", "quoted(FeedSpec(**{**_as(spec), 'name': 'x'}), ", "source is 'x'"),
        ("return quotes\n", "return []\n", "got nothing"),
        (
            "decode(spec.name, answer)\n",
            '__import__("json").loads(answer.body)\n',
            "AttributeError",
        ),
    ],
)
def test_a_bad_adapter_is_told_why(copy: Path, old: str, new: str, words: str) -> None:
    """Each fault fails a check whose text names it."""
    if "_as(" in new:
        path = copy / "adapter.py"
        helper = "\n\ndef _as(spec):\n    return {n: getattr(spec, n) for n in spec.__slots__}\n"
        path.write_text(path.read_text() + helper)
    faults = spoil(copy, old, new)
    assert any(words in finding.fault for finding in faults), faults


def test_swallowed_errors_are_found(copy: Path) -> None:
    """An adapter that answers with nothing when the provider fails hides the failure."""
    faults = spoil(
        copy,
        '        answer = await http.get(f"{spec.base_url}/v1/pubticker/{pair}")\n',
        "        try:\n"
        '            answer = await http.get(f"{spec.base_url}/v1/pubticker/{pair}")\n'
        "        except Exception:\n"
        "            return []\n",
    )
    assert [finding.check for finding in faults] == [
        "HTTP 403 gives FeedRejected",
        "HTTP 429 gives FeedUnavailable",
        "HTTP 503 gives FeedUnavailable",
    ]


def test_another_request_than_the_recorded_one_is_told(copy: Path) -> None:
    """The fixture answers what was recorded, nothing else."""
    faults = spoil(copy, "/v1/pubticker/", "/v2/ticker/")
    assert any("no answer to GET /v2/ticker/btcusd" in finding.fault for finding in faults)


def test_an_implausible_recording_is_told(copy: Path) -> None:
    """A quote that the poller would refuse fails here already."""
    faults = spoil(copy, '"last":"97250.10"', '"last":"0.05"', "ticker.json")
    assert any("out_of_bounds" in finding.fault for finding in faults)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("FEED = 3\n", "binds no FEED"),
        ("import no_such_module_at_all\n", "ModuleNotFoundError"),
        ("def broken(:\n", "SyntaxError"),
    ],
)
def test_what_is_no_adapter_is_told(tmp_path: Path, content: str, words: str) -> None:
    """A file that cannot be loaded names itself and the cause."""
    (tmp_path / "adapter.py").write_text(content)
    with pytest.raises(ConfigError, match=words) as caught:
        load_adapter(tmp_path)
    assert "adapter.py" in caught.value.where


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A wrong path is a matter for a person."""
    with pytest.raises(ConfigError, match="no such file"):
        load_adapter(tmp_path / "nothing.py")


@pytest.mark.parametrize(
    ("fixture", "words"),
    [
        (None, "No such file"),
        ("{", "fixture.json"),
        ("[]", "fixture.json"),
        ("{}", "received_at"),
        (json.dumps({"received_at": "soon", "answers": [], "quotes": []}), "soon"),
        (
            json.dumps(
                {
                    "received_at": "2026-01-12T14:56:00Z",
                    "answers": [{"path": "/", "body_file": "gone.json"}],
                    "quotes": [],
                }
            ),
            "gone.json",
        ),
        (
            json.dumps(
                {
                    "received_at": "2026-01-12T14:56:00Z",
                    "answers": [],
                    "quotes": [{"instrument": "BTC-USD", "value": "many"}],
                }
            ),
            "fixture.json",
        ),
    ],
)
def test_a_broken_fixture_is_told(copy: Path, fixture: str | None, words: str) -> None:
    """The error names the file and what is wrong in it."""
    path = copy / "fixture.json"
    path.unlink()
    if fixture is not None:
        path.write_text(fixture)
    with pytest.raises(ConfigError, match=words):
        run_adapter_test(copy)
