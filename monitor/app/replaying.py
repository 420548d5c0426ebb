"""A replay as a service: a player in place of the feeds, everything behind it as it runs live."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import structlog

from alerts.codec import decode_transition
from alerts.model import AlertState, Severity, Transition
from alerts.relay import RelayOptions
from alerts.sinks.mqtt import other_publisher
from monitor.app.relaying import broker_settings
from monitor.app.service import COMPUTE, RELAY, Job, Service
from monitor.compute.step import Step
from monitor.core.clock import ManualClock, Millis, iso
from monitor.core.errors import ConfigError, DeliveryError, StoreUnavailable
from monitor.replay.player import Played, Speed, play
from monitor.settings import Settings
from monitor.store.commit import Committer
from monitor.store.keys import REPLAY_TAG, Keys
from monitor.store.playback import Moment, Playback
from monitor.store.ticks import TickReader
from monitor.store.transitions import committed_transitions

FOR_EVER_MS = 10**14
IDLE_S = 0.01
AWAY_S = 0.2

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Story:
    """What is played.

    Attributes:
        moments: a fresh iterator of all of it.
        fingerprint: names the content, so that another cannot go on where this one stood.
        end: the moment up to which timers run after the last one, None for the last one's own.

    """

    moments: Iterator[Moment]
    fingerprint: str
    end: Millis | None = None


@dataclass(slots=True)
class Outcome:
    """What became of a replay.

    Attributes:
        played: how far the history has been fed; None if it was interrupted.
        step: the step as it stood when the last timer had run.
        seconds: how long it took, without the delivery.

    """

    played: Played | None = None
    step: Step | None = None
    seconds: float = 0.0


def replay_job(settings: Settings, *, hindsight: bool, replica: str, tag: str = REPLAY_TAG) -> Job:
    """Return the job of a replay: its own keys, its own clock, news that never expires.

    `replica` ends its client id: the same where a replay goes on, another for another one.
    """
    return Job(
        settings=settings,
        roles=frozenset({COMPUTE, RELAY}),
        keys=Keys(tag),
        clock=ManualClock(),
        hindsight=hindsight,
        replay=True,
        replica=replica,
        relay=RelayOptions(lifetime=dict.fromkeys(Severity, FOR_EVER_MS)),
    )


class Replaying:
    """The player's task beside compute and relay."""

    def __init__(self, story: Story, speed: Speed, *, fresh: bool = False) -> None:
        self._story = story
        self._speed = speed
        self._fresh = fresh
        self.outcome = Outcome()

    async def prepare(self, service: Service) -> None:
        """Look where the replay stands, or forget it if it is to start over.

        Raises:
            ConfigError: this Redis holds another replay, or its topics have a publisher already.
            StoreUnavailable: Redis did not answer.

        """
        await _refuse_taken_topics(service)
        playback = self._playback(service)
        if self._fresh:
            await playback.clear()
        await playback.position()
        # without the group nobody could tell how far the step is behind the player
        await Committer(service.client, service.job.keys).prepare()

    def _playback(self, service: Service) -> Playback:
        return Playback(service.client, service.job.keys, self._story.fingerprint)

    async def run(self, service: Service) -> None:
        """Play to the end, run the last timers, and wait until all is delivered."""
        clock = service.job.clock
        assert isinstance(clock, ManualClock)  # noqa: S101  # replay_job made it
        reader = TickReader(service.client, service.job.keys)
        began = time.perf_counter()
        self.outcome.played = await play(
            self._story.moments,
            self._playback(service),
            clock,
            speed=self._speed,
            lag=reader.lag,
        )
        if self._story.end is not None:
            clock.advance_to(self._story.end)
        self.outcome.step = await self._settled(service, clock.now())
        self.outcome.seconds = time.perf_counter() - began
        await self._delivered(service)

    @staticmethod
    async def _delivered(service: Service) -> None:
        """Wait until the outbox is empty, however long Redis is away."""
        while True:
            with contextlib.suppress(StoreUnavailable):
                return await service.drained()
            await asyncio.sleep(AWAY_S)

    @staticmethod
    async def _settled(service: Service, moment: Millis) -> Step:
        """Return the step when the engine's time has come to `moment`."""
        while True:
            step = service.worker.step
            if step is not None and step.now is not None and step.now >= moment:
                return step
            await asyncio.sleep(IDLE_S)


async def _refuse_taken_topics(service: Service) -> None:
    """Let no recorded news among those of a live service, or of another replay."""
    job = service.job
    if job.settings.mqtt_url is None:  # a private broker has no other publisher
        return
    # A broker that is away may come back while the replay waits: nothing is lost by beginning, and
    # the instance of a replay is its own unless somebody names another.
    try:
        other = await other_publisher(broker_settings(job.settings, service.servers, job.replica))
    except DeliveryError as error:
        log.warning("replay.publishers_unknown", why=str(error))
        return
    if other is not None:
        raise ConfigError(
            f"instance `{job.settings.instance}` is online on this broker ({other}): recorded "
            "news would replace the states that it keeps there",
            where=job.settings.place_of("instance"),
            hint="name another one for this replay, for example --instance "
            f"{job.settings.instance}-2; one that has just ended is offline within 10 s",
        )


def line(transition: Transition) -> dict[str, Any]:
    """Return a transition as one line of the transitions file."""
    return {
        "id": transition.id,
        "rule": transition.rule,
        "labels": dict(transition.labels),
        "from": transition.from_state.value,
        "to": transition.to_state.value,
        "reason": transition.reason.value,
        "notice": None if transition.notice is None else transition.notice.value,
        "muted_by": transition.muted_by,
        "value": transition.value,
        "bound": transition.bound,
        "at": iso(transition.at),
    }


async def write_transitions(service: Service, path: Path) -> int:
    """Write all committed transitions to `path`, one JSON object a line; return how many.

    The file is written whole each time, so it is complete also after an interruption.

    Raises:
        StoreUnavailable: Redis did not answer.

    """
    lines = [msgspec.json.encode(line(transition)) + b"\n" async for transition in told(service)]
    await asyncio.to_thread(path.write_bytes, b"".join(lines))
    return len(lines)


@dataclass(slots=True)
class Tally:
    """What one rule did for one subject.

    Attributes:
        rule: the rule's id.
        key: the subject, for instance `RIOT`.
        fired: how often it fired.
        resolved: how often it resolved.
        first_at: when it fired first, ms UTC.
        last_at: when it fired last, ms UTC.
        firing: it fires still.

    """

    rule: str
    key: str
    fired: int = 0
    resolved: int = 0
    first_at: Millis | None = None
    last_at: Millis | None = None
    firing: bool = False

    def count(self, transition: Transition) -> None:
        """Take the alert's next transition; a fire goes on while its input is away.

        A fire that is told again, or louder, is the same one, and so is an end that was owed.
        """
        if transition.to_state is AlertState.FIRING and transition.notifies and not self.firing:
            self.fired += 1
            self.first_at = transition.at if self.first_at is None else self.first_at
            self.last_at = transition.at
            self.firing = True
        elif transition.to_state is AlertState.RESOLVED and self.firing:
            self.resolved += 1
            self.firing = False


async def tallied(transitions: AsyncIterator[Transition]) -> list[Tally]:
    """Return what each rule did for each subject that it fired for, by rule and subject."""
    tallies: dict[tuple[str, str], Tally] = {}
    async for transition in transitions:
        name = (transition.rule, transition.key)
        tallies.setdefault(name, Tally(*name)).count(transition)
    return [tallies[name] for name in sorted(tallies) if tallies[name].fired]


async def told(service: Service) -> AsyncIterator[Transition]:
    """Yield all committed transitions in order.

    Raises:
        StoreUnavailable: Redis did not answer.

    """
    async for body in committed_transitions(service.client, service.job.keys):
        yield decode_transition(body)
