"""Strikes at random moments, by a seed: the same seed strikes in the same order."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.host import Host, Place
from tests.servers import RedisServer
from tests.worker_processes import kill

HORSE_PATIENCE_SECONDS = 2.0
REDIS_AWAY_SECONDS = (0.2, 4.0)


@dataclass
class Killer:
    """`struck` counts what was done: horse, worker, worker with its horse, scheduler, redis, flush."""

    host: Host
    redis: RedisServer
    chance: random.Random
    mean_seconds: float
    struck: Counter[str] = field(default_factory=Counter)

    def strike_until(self, end: threading.Event) -> None:
        strikes: list[tuple[str, int, Callable[[], bool]]] = [
            ("horse", 6, self._horse),
            ("worker", 2, self._worker),
            ("worker and horse", 2, self._worker_and_horse),
            ("scheduler", 4, self._scheduler),
            ("redis", 2, self._redis),
            ("flush", 3, self._flush),
        ]
        weights = [weight for _, weight, _ in strikes]
        while not end.wait(self.chance.expovariate(1 / self.mean_seconds)):
            [(name, _, strike)] = self.chance.choices(strikes, weights)
            if strike():
                self.struck[name] += 1

    @property
    def kills(self) -> int:
        return sum(times for name, times in self.struck.items() if name not in ("redis", "flush"))

    def _horse(self) -> bool:
        """One that is at work; waits a little for there to be one."""
        deadline = time.monotonic() + HORSE_PATIENCE_SECONDS
        while time.monotonic() < deadline:
            horses = [horse for place in self.host.of("worker") for horse in place.horses()]
            if horses:
                time.sleep(self.chance.uniform(0, 0.5))
                kill(self.chance.choice(horses).pid)
                return True
            time.sleep(0.01)
        return False

    def _worker(self) -> bool:
        return self._kill(self.chance.choice(self.host.of("worker")))

    def _worker_and_horse(self) -> bool:
        place = self.chance.choice(self.host.of("worker"))
        horses = place.horses()
        if not self._kill(place):
            return False
        for horse in horses:
            kill(horse.pid)
        return True

    def _scheduler(self) -> bool:
        return self._kill(self.chance.choice(self.host.of("scheduler")))

    def _kill(self, place: Place) -> bool:
        if not place.running:
            return False
        self.host.kill(place)
        return True

    def _redis(self) -> bool:
        self.redis.kill()
        time.sleep(self.chance.uniform(*REDIS_AWAY_SECONDS))
        self.redis.start()
        return True

    def _flush(self) -> bool:
        self.redis.flush()
        return True
