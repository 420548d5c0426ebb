"""What another user's own rule says is not for others to quiet, and asking tells them nothing of it."""

from __future__ import annotations

import pytest

from alerts.rules.base import Rule
from monitor.domain.commands import Action, EndSilence, UnackAlert
from tests.desks import MINUTE, Room, ack, book, silence
from tests.worlds import NOON, owned, threshold

CHAIN = book(pace={"escalations": [{"name": "night", "steps": [{"after": "5m", "to": "desk"}]}]})
WHY = "`ana.r` names a rule of ana's own, which ana alone may quiet"
MEND = "leave it to ana; on the command line ana is who says --author ana"


def own_rule(**fields: object) -> Rule:
    """Return a rule of ana's own that fires above 10."""
    return owned(threshold(on="X", above=10.0, recover=5.0, **fields))


@pytest.mark.parametrize(
    "wish", [ack("ana.r"), UnackAlert(rule="ana.r", key="X"), silence(30, rule="ana.r", key="X")]
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_nobody_quiets_another_users_alert_by_its_name(wish: Action, *, dry_run: bool) -> None:
    """It goes on as if nobody had asked; the answer is the same whether it fires, waits or is none."""
    answers = []
    for rules, price in (
        ([own_rule()], 11),
        ([own_rule()], 1),
        ([threshold(on="X", above=10.0)], 1),
    ):
        room = Room(rules, CHAIN)
        room.price(NOON, price)
        answer = room.ask(NOON + MINUTE, wish, by="ben", dry_run=dry_run)
        answers.append((answer.accepted, answer.text, answer.hint, answer.matches, answer.firing))
        assert not [it for it in room.all if it.ack or it.muted_by]
        assert not room.step.telling.desk.ledger.silences
    assert answers == [(False, WHY, MEND, (), 0)] * 3


def test_the_owner_does_as_with_any_other_alert() -> None:
    """Taken on, given back, silenced, and the silence ended."""
    room = Room([own_rule()], CHAIN)
    room.price(NOON, 11)
    for wish in (ack("ana.r"), UnackAlert(rule="ana.r", key="X"), silence(30, rule="ana.r")):
        assert room.ask(NOON + MINUTE, wish, by="ana").accepted
    made = room.replies[-1].made
    answer = room.ask(NOON + MINUTE, EndSilence(silence=made), by="ben")
    assert not answer.accepted
    assert answer.text.startswith(f"silence `{made}` is of a rule of another user's own")
    assert "ana" not in answer.text + answer.hint
    assert room.ask(NOON + MINUTE, EndSilence(silence=made), by="ana").accepted


def test_what_is_for_all_may_be_quieted_by_all() -> None:
    """An alert of the rulebook, and a silence that names no rule, as before."""
    room = Room([threshold(on="X", above=10.0, recover=5.0), own_rule()], CHAIN)
    room.price(NOON, 11)
    assert room.ask(NOON + MINUTE, ack("r"), by="ben").accepted
    answer = room.ask(NOON + MINUTE, silence(30, key="X"), by="ben")
    assert (answer.accepted, answer.matches) == (True, ("r|X",))


def test_whom_an_escalation_has_told_may_take_the_alert_on() -> None:
    """From the step on, and not before, after a restart as well; not once the alert is over."""
    room = Room([own_rule(notify={"escalate": "night"})], CHAIN)
    room.price(NOON, 11)
    early = room.ask(NOON + MINUTE, ack("ana.r"), by="ben")
    room.pass_to(NOON + 6 * MINUTE)
    assert [it.inbox for it in room.told] == ["", "desk"]
    room.reload()
    late = room.ask(NOON + 7 * MINUTE, ack("ana.r"), by="ben")
    back = room.ask(NOON + 8 * MINUTE, UnackAlert(rule="ana.r", key="X"), by="ben")
    assert [it.accepted for it in (early, late, back)] == [False, True, True]
    room.price(NOON + 9 * MINUTE, 1)
    over = room.ask(NOON + 10 * MINUTE, ack("ana.r"), by="ben")
    assert (over.accepted, over.text) == (False, WHY)
