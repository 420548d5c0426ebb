"""The users' file: what it may say, what is refused and how that is told, and reading it anew."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from structlog.testing import capture_logs

from alerts.model import Severity
from alerts.users_file import UsersFile, load_users, users_schema
from monitor.core.errors import ConfigError, ConfigErrors
from monitor.core.yamltext import read_document
from tests.people import moment, user

KINDS = {"inbox", "ntfy"}
GOOD = """\
teams:
  - name: desk
    follows: {companies: [RIOT]}
users:
  - name: ana
    teams: [desk]
    language: zh-CN
    zone: Asia/Shanghai
    severity: warning
    quiet:
      - {from: "22:00", to: "07:00"}
      - {days: [sat, sun], from: "00:00", to: "24:00"}
    cap_per_hour: 20
    channels:
      - {kind: ntfy, topic: ana, token: NTFY_TOKEN}
      - {kind: inbox}
  - name: ben
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "users.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_says_all_of_it(tmp_path: Path) -> None:
    """What is left out has its default: everything, at any hour, to the inbox."""
    found = load_users(_file(tmp_path, GOOD), KINDS)
    ana, ben = found.users
    assert (ana.red_up, ana.severity, ana.channel_names()) == (
        True,
        Severity.WARNING,
        ("ntfy", "inbox"),
    )
    assert (ben.red_up, ben.follows, ben.quiet, ben.channel_names()) == (
        False,
        None,
        (),
        ("inbox",),
    )
    assert ben.wakes == (Severity.CRITICAL,)


@pytest.mark.parametrize(
    ("before", "after", "line", "problem", "mend"),
    [
        ("language: zh-CN", "language: zh", 7, "enum value", "zh-CN"),
        ("zone: Asia/Shanghai", "zone: Asia/Shanghay", 8, "no time zone", ""),
        ("severity: warning", "severity: loud", 9, "enum value", "warning"),
        ('to: "07:00"', 'to: "7:00"', 11, "`7:00` may not stand here", "write it as 07:00"),
        ("days: [sat, sun], ", "", 10, "no minute of the week", "leave some out"),
        ("cap_per_hour: 20", "cap: 20", 13, "unknown field `cap`", "cap_per_hour"),
        ("kind: ntfy", "kind: ntfi", 15, "no channel `ntfi`", "ntfy"),
        ("kind: ntfy, ", "", 14, "has no `kind`", ""),
        ("teams: [desk]", "teams: [dsk]", 6, "team `dsk`", "desk"),
        ("name: ben", "name: ana", 17, "used twice", "another"),
        ("name: ben", "name: desk", 17, "used twice", "another"),
        ("name: ben", "name: Ben", 17, "`Ben` may not stand here", "1 to 32 of a-z, 0-9, _ and -"),
        ("{companies: [RIOT]}", "{}", 3, "names nothing", ""),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, before: str, after: str, line: int, problem: str, mend: str
) -> None:
    """Each mistake names file, line and, where it can be known, the word that would have done."""
    path = _file(tmp_path, GOOD.replace(before, after))
    with pytest.raises(ConfigError) as refused:
        load_users(path, KINDS)
    assert refused.value.where == f"{path}:{line}"
    assert problem in refused.value.message
    assert mend in refused.value.hint


def test_all_mistakes_are_told_together(tmp_path: Path) -> None:
    """One reading names what is wrong with every user."""
    text = GOOD.replace("language: zh-CN", "language: fr").replace("name: ben", "name: BEN")
    with pytest.raises(ConfigErrors) as refused:
        load_users(_file(tmp_path, text), KINDS)
    assert len(refused.value.problems) == 2


def test_a_changed_file_counts_at_once_and_a_wrong_one_not(tmp_path: Path) -> None:
    """The last good users stay, and the log says once why."""
    path = _file(tmp_path, GOOD)
    live = UsersFile(path, KINDS)
    first = live.book()
    assert live.book() is first
    _replace(path, GOOD.replace("name: ben", "name: BEN"))
    with capture_logs() as lines:
        assert live.book() is first
        assert live.book() is first
    assert [line["event"] for line in lines] == ["users.refused"]
    _replace(path, GOOD.replace("name: ben", "name: bea"))
    assert [it.name for it in live.book().users] == ["ana", "bea"]


def _replace(path: Path, text: str) -> None:
    other = path.with_suffix(".new")
    other.write_text(text, encoding="utf-8")
    other.replace(path)


def test_the_schema_for_editors_takes_what_the_reader_takes(tmp_path: Path) -> None:
    """The good file is valid under it, an unknown key is not."""
    document = read_document(_file(tmp_path, GOOD)).data
    validator = jsonschema.Draft202012Validator(json.loads(json.dumps(users_schema())))
    assert list(validator.iter_errors(document)) == []
    document["users"][0]["colour"] = "red-up"
    assert list(validator.iter_errors(document)) != []


NIGHT = [{"from": "22:00", "to": "07:00"}]
WEEKEND = {"days": ["sat", "sun"], "from": "00:00", "to": "24:00"}


@pytest.mark.parametrize(
    ("zone", "quiet", "at", "until"),
    [
        ("Asia/Shanghai", NIGHT, "2026-03-07T03:00+08:00", "2026-03-07T07:00+08:00"),
        ("Asia/Shanghai", NIGHT, "2026-03-07T07:00+08:00", None),
        ("Asia/Shanghai", NIGHT, "2026-03-07T12:00+08:00", None),
        # Friday night, the weekend and Sunday night are one
        (
            "Asia/Shanghai",
            [*NIGHT, WEEKEND],
            "2026-03-06T23:00+08:00",
            "2026-03-09T07:00+08:00",
        ),
        # the night in which the clocks of New York are put forward, and the one back
        ("America/New_York", NIGHT, "2026-03-08T01:30-05:00", "2026-03-08T07:00-04:00"),
        ("America/New_York", NIGHT, "2026-11-01T01:30-04:00", "2026-11-01T07:00-05:00"),
    ],
)
def test_quiet_hours_go_by_the_wall_of_the_user(
    zone: str, quiet: list[dict[str, object]], at: str, until: str | None
) -> None:
    """They end when the clock on the wall says so, also as it is put forward or back."""
    ana = user(zone=zone, quiet=quiet)
    assert ana.quiet_until(moment(at)) == (None if until is None else moment(until))


def test_a_user_who_is_never_awake_is_no_endless_search() -> None:
    """All hours of all days are quiet: an end far away is as good as none, and comes soon."""
    always = user(quiet=[{"from": "00:00", "to": "24:00"}])
    end = always.quiet_until(moment("2026-03-07T03:00+00:00"))
    assert end is None or end > moment("2026-03-20T03:00+00:00")


def test_who_has_a_minute_of_the_week_is_awake_some_time() -> None:
    """Halves of a day that meet leave none; days that do not meet do."""
    halves = [{"from": "00:00", "to": "12:00"}, {"from": "12:00", "to": "00:00"}]
    assert user(quiet=halves, zone="Asia/Shanghai").never_awake
    assert not user(quiet=[halves[0], {"from": "12:01", "to": "00:00"}]).never_awake
    assert not user().never_awake
