"""Who does a role's work: a lease with a fencing token.

A lease keeps two processes from doing the same work at the same time *as a rule*; the token makes
sure that it does no harm when the rule breaks (a paused process that wakes up late). Each new
holder draws a higher token, and the commit refuses every older one, so taking a lease over is
always safe and needs only to be rare.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from monitor.core.errors import LeaseLost
from monitor.store.client import translated
from monitor.store.keys import Keys

TTL_MS = 5_000

_ACQUIRE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= ARGV[3] then return {0, holder} end
local token = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {token, ARGV[1]}
"""
_RENEW = """
if redis.call('GET', KEYS[2]) ~= ARGV[3] then return 0 end
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """A held role: `token` goes with every write."""

    role: str
    owner: str
    token: int


def _start_time(pid: int) -> str | None:
    """Return the kernel's start time of a process, None if there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]


def _host() -> str:
    """Return what two processes share exactly when one can see the other's pid."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
    return f"{boot}/{re.sub(r'[^0-9]', '', namespace)}"


def own_name() -> str:
    """Return this process's name as a lease holder: host, pid and start time."""
    pid = os.getpid()
    return f"{_host()}/{pid}/{_start_time(pid)}"


def surely_dead(owner: str) -> bool:
    """Tell whether a holder ran on this very machine and is gone.

    Only then a lease is taken over before it runs out: after a crash the next start need not wait.
    Anything that cannot be known counts as alive.
    """
    host, _, rest = owner.rpartition("/")[0].rpartition("/")
    pid, started = rest, owner.rpartition("/")[2]
    if not host or host != _host() or not pid.isdigit():
        return False
    return _start_time(int(pid)) != started


class Leases:
    """Acquire, renew and give back the leases of one shard."""

    def __init__(self, client: Redis, keys: Keys, *, ttl_ms: int = TTL_MS) -> None:
        self._keys = keys
        self._ttl_ms = ttl_ms
        self._acquire = client.register_script(_ACQUIRE)
        self._renew = client.register_script(_RENEW)
        self._release = client.register_script(_RELEASE)

    @property
    def renew_every_s(self) -> float:
        """Return how often a holder should renew: a third of the lifetime."""
        return self._ttl_ms / 3_000

    async def acquire(self, role: str, owner: str) -> Lease | None:
        """Return the lease, or None while somebody else holds it.

        A holder that asks again gets a new lease, which fences whatever it was doing before.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        keys = [self._keys.lease(role), self._keys.token(role)]
        with translated(f"acquire the {role} lease"):
            token, holder = await self._acquire(keys, [owner, self._ttl_ms, ""])
            if not token and surely_dead(holder.decode()):
                token, _ = await self._acquire(keys, [owner, self._ttl_ms, holder])
        return Lease(role, owner, int(token)) if token else None

    async def renew(self, lease: Lease) -> None:
        """Hold on to a lease, also one that ran out but that nobody took.

        Raises:
            LeaseLost: somebody else has it.
            StoreUnavailable: Redis did not answer.

        """
        keys = [self._keys.lease(lease.role), self._keys.token(lease.role)]
        with translated(f"renew the {lease.role} lease"):
            held = await self._renew(keys, [lease.owner, self._ttl_ms, lease.token])
        if not held:
            raise LeaseLost(f"the {lease.role} lease with token {lease.token} was taken over")

    async def release(self, lease: Lease) -> None:
        """Give a lease back so that the next holder need not wait.

        Raises:
            StoreUnavailable: Redis did not answer.

        """
        with translated(f"release the {lease.role} lease"):
            await self._release([self._keys.lease(lease.role)], [lease.owner])
