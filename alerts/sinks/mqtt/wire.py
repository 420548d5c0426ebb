"""The sink's connection to a broker, made of packets alone: a `Link` at a tenth of paho's time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

from paho.mqtt.packettypes import PacketTypes

from alerts.sinks.mqtt import packets
from alerts.sinks.mqtt.flight import Flight
from alerts.sinks.mqtt.link import (
    FAILURE,
    PACKET_TOO_LARGE,
    PROTOCOL_MAX_BYTES,
    UNSUPPORTED_PROTOCOL_VERSION,
    Address,
    Batch,
    LinkLost,
    Message,
    NotAcknowledged,
    ProtocolName,
    Refused,
    VersionRefused,
)
from alerts.sinks.mqtt.packets import Login, MalformedPacketError
from alerts.sinks.mqtt.prompt import confirming
from alerts.sinks.mqtt.reasons import reason_words
from alerts.sinks.mqtt.refusals import (
    HUNG_UP,
    SILENT,
    SUBSCRIPTION_REFUSED,
    UNREACHABLE,
    reason_of,
    reason_of_code,
)

_OLD_VERSION_REFUSED = 1
_GOODBYE_S = 1.0
_MOST_TOGETHER = 16  # packets that wait for one write


class WireLink(asyncio.Protocol):
    """One connection; see `Link`. `heard` is called with each message that arrives."""

    def __init__(
        self,
        address: Address,
        login: Login,
        protocol: ProtocolName,
        heard: Callable[[packets.Heard], None],
        *,
        timeout_s: float,
        ack_timeout_s: float,
    ) -> None:
        """`timeout_s` is for the CONNACK; `ack_timeout_s` for each PUBACK, or the link is cut."""
        self.protocol: ProtocolName = protocol
        self._address, self._login, self._heard = address, login, heard
        self._timeout_s, self._ack_timeout_s = timeout_s, ack_timeout_s
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._confirm = confirming(None)
        self._splitter = packets.Splitter()
        self._welcomed: asyncio.Future[packets.Welcome] = self._loop.create_future()
        self._ended: asyncio.Future[LinkLost] = self._loop.create_future()
        self._why: LinkLost | None = None
        self._max_packet_bytes = PROTOCOL_MAX_BYTES
        self._keepalive_s = float(login.keepalive_s)
        self._flight = Flight()
        self._subscribing: dict[int, asyncio.Future[int]] = {}
        self._out: list[bytes] = []
        self._last_in = self._last_out = self._loop.time()
        self._pulse: asyncio.TimerHandle | None = None

    @property
    def window(self) -> int:
        """Return how many unacknowledged messages the broker takes at once."""
        return self._flight.window

    async def open(self) -> None:
        """Connect and log in; see `Link.open`."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._connect()
                welcome = await self._welcomed
        except TimeoutError as error:
            self.abort()
            raise LinkLost("broker cannot be reached: timed out", reason_of(error)) from error
        except OSError as error:
            raise LinkLost(f"broker cannot be reached: {error}", reason_of(error)) from error
        except BaseException:
            self.abort()
            raise
        self._refuse_unless_welcome(welcome)
        self._flight.window = welcome.window
        self._max_packet_bytes = welcome.max_packet_bytes or PROTOCOL_MAX_BYTES
        if welcome.keepalive_s is not None:
            self._keepalive_s = float(welcome.keepalive_s)
        self._beat()

    async def _connect(self) -> None:
        await self._loop.create_connection(
            lambda: self,
            self._address.host,
            self._address.port,
            ssl=self._address.tls,
            ssl_handshake_timeout=self._timeout_s if self._address.tls else None,
        )

    def _refuse_unless_welcome(self, welcome: packets.Welcome) -> None:
        if not welcome.code:
            return
        self.abort()
        wanted = UNSUPPORTED_PROTOCOL_VERSION if welcome.code >= FAILURE else _OLD_VERSION_REFUSED
        kind = VersionRefused if welcome.code == wanted else LinkLost
        words = reason_words(PacketTypes.CONNACK, welcome.code)
        raise kind(f"broker refused us: {words}", reason_of_code(welcome.code))

    def send(self, messages: Sequence[Message]) -> asyncio.Future[None]:
        """Send `messages` in order; see `Link.send`."""
        batch, alone = Batch(len(messages), self._loop), self._flight.empty
        if self._why is not None:
            batch.fail(LinkLost(f"message not accepted for sending: {self._why}"))
            return batch.acknowledged
        ready = [(message.qos, *self._packed(message, batch)) for message in messages]
        largest = max(len(packet) for _, _, packet in ready)
        if largest > self._max_packet_bytes:  # sent all the same, it would end the connection
            for _, mid, _ in ready:
                self._flight.leave(mid)
            batch.fail(Refused(PACKET_TOO_LARGE, f"{largest} bytes are over the broker's limit"))
            return batch.acknowledged
        for qos, _, packet in ready:
            if not qos:
                self._write(packet)
                batch.confirm()
            elif self._flight.admit(packet):
                self._write(packet)
        if alone:  # nothing to go together with: a turn of the loop is a part of its latency
            self._flush()
        return batch.acknowledged

    def _packed(self, message: Message, batch: Batch) -> tuple[int, bytes]:
        mid = self._flight.enter(batch) if message.qos else 0
        return mid, packets.publish(message, mid, self.protocol)

    def _write(self, packet: bytes) -> None:
        """Send `packet` in the loop's next turn at the latest, in one write with what else is sent."""
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(packet)
        if len(self._out) >= _MOST_TOGETHER:  # of a burst the broker takes the first already
            self._flush()

    def _flush(self) -> None:
        out, self._out = self._out, []
        if out and self._transport is not None and not self._transport.is_closing():
            self._last_out = self._loop.time()
            self._transport.write(b"".join(out) if len(out) > 1 else out[0])

    async def hear(self, topic: str, qos: int = 1) -> None:
        """Subscribe; see `Link.hear`."""
        if self._why is not None:
            raise LinkLost(f"cannot subscribe: {self._why}")
        mid = self._flight.reserve()
        self._subscribing[mid] = granted = self._loop.create_future()
        self._write(packets.subscribe(topic, mid, self.protocol, qos))
        try:
            code = await granted
        finally:
            self._subscribing.pop(mid, None)
            self._flight.release(mid)
        if code >= FAILURE:
            raise LinkLost(f"no subscription to {topic}: code {code}", SUBSCRIPTION_REFUSED)

    async def lost(self) -> LinkLost:
        """Wait until the connection is gone; see `Link.lost`."""
        return await asyncio.shield(self._ended)

    async def close(self) -> None:
        """Say goodbye; see `Link.close`."""
        if self._transport is None or self._why is not None:
            raise LinkLost(f"connection ended while closing: {self._why}")
        self._write(packets.GOODBYE)
        self._flush()
        self._transport.close()
        try:
            async with asyncio.timeout(_GOODBYE_S):
                await asyncio.shield(self._ended)
        except TimeoutError:
            self.abort()

    def abort(self) -> None:
        """Cut the connection; see `Link.abort`."""
        self._out.clear()
        if self._transport is not None:
            self._transport.abort()
        self._end(LinkLost("connection cut"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Log in: called by the event loop."""
        # uvloop's transport is one by what it does, not by its class
        self._transport = cast("asyncio.Transport", transport)
        self._confirm = confirming(transport)
        self._write(packets.connect(self._login, self.protocol))
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """End: called by the event loop."""
        reason = reason_of(exc) if exc else UNREACHABLE
        self._end(LinkLost(str(exc) if exc else "the broker closed the connection", reason))

    def data_received(self, data: bytes) -> None:
        """Take what came: called by the event loop."""
        self._last_in = self._loop.time()
        self._confirm()
        try:
            for first, body in self._splitter.feed(data):
                self._take(first, body)
        except MalformedPacketError as error:
            self._break(LinkLost(f"the broker sent no MQTT: {error}"))

    def _take(self, first: int, body: bytes) -> None:
        kind = first & 0xF0
        if kind == packets.PUBACK:
            self._acknowledged(body)
        elif kind == packets.PUBLISH:
            heard = packets.heard(first, body, self.protocol)
            if heard.mid:
                self._write(packets.acknowledge(heard.mid))
            self._heard(heard)
        elif kind == packets.SUBACK:
            mid, code = packets.subscribed(body)
            if (granted := self._subscribing.get(mid)) and not granted.done():
                granted.set_result(code)
        elif kind == packets.CONNACK and not self._welcomed.done():
            self._welcomed.set_result(packets.welcome(body, self.protocol))
        elif kind == packets.DISCONNECT:
            code = body[0] if body else 0
            words = reason_words(PacketTypes.DISCONNECT, code)
            self._break(LinkLost(f"the broker ended it: {words}", reason_of_code(code)))
        elif kind != packets.PINGRESP:
            self._break(LinkLost(f"the broker sent no MQTT: a packet of type {first >> 4}"))

    def _acknowledged(self, body: bytes) -> None:
        mid, code = packets.acknowledged(body)
        batch, packet = self._flight.acknowledge(mid)
        if packet is not None:
            self._write(packet)
        if batch is None:
            return
        if code >= FAILURE:
            batch.fail(Refused(code, reason_words(PacketTypes.PUBACK, code)))
        else:
            batch.confirm()

    def _beat(self) -> None:
        """Keep the connection alive, or find that it is not."""
        if self._why is not None:
            return
        now = self._loop.time()
        oldest_at = self._flight.oldest_at
        if oldest_at is not None and now - oldest_at >= self._ack_timeout_s:
            self._break(NotAcknowledged("broker did not acknowledge in time"))
            return
        if self._keepalive_s:
            if now - self._last_in > 1.5 * self._keepalive_s:
                self._break(LinkLost("the broker is silent", SILENT))
                return
            # a broker that takes without a word has to be asked as well
            if now - min(self._last_out, self._last_in) >= 0.4 * self._keepalive_s:
                self._write(packets.PING)
        every = min(self._keepalive_s or self._ack_timeout_s, self._ack_timeout_s) / 4
        self._pulse = self._loop.call_later(every, self._beat)

    def _break(self, why: LinkLost) -> None:
        self._end(why)
        if self._transport is not None:
            self._transport.abort()

    def _end(self, why: LinkLost) -> None:
        """Fail whatever waits, once; what was not acknowledged may not count as delivered."""
        if self._why is not None:
            return
        self._why = why
        self._ended.set_result(why)
        if self._pulse is not None:
            self._pulse.cancel()
        if not self._welcomed.done():
            # a 3.1.1 broker often just hangs up on a CONNECT of 5.0
            text = f"the broker hung up before it answered: {why}"
            reason = HUNG_UP if why.reason == UNREACHABLE else why.reason
            self._welcomed.set_exception(VersionRefused(text, reason))
            self._welcomed.exception()  # nobody may be waiting for it
        for granted in self._subscribing.values():
            if not granted.done():
                granted.set_exception(LinkLost(f"cannot subscribe: {why}"))
        late = isinstance(why, NotAcknowledged)
        self._flight.fail(why if late else LinkLost("connection ended before the acknowledgement"))
