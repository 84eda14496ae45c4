"""The bell: one APScheduler job that ticks the engine's timer and job rows every second, in one process.

What waits is rows; this only says "look". A second one running elsewhere does no harm: every row is claimed. After a
command that queued a job the bell is rung at once, so that nobody waits a second for a number.
"""

import logging
import threading
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from engine import Engine

SECONDS = 1
RENDER_SECONDS = 30
log = logging.getLogger("trinhky.scheduler")


class Scheduler:
    """Ticks an engine until stopped. `ring` asks for a tick now and returns at once."""

    def __init__(self, engine: Engine, seconds: float = SECONDS) -> None:
        self._engine = engine
        self._ticking = threading.Lock()
        self._apscheduler = BackgroundScheduler(timezone="UTC")
        self._options: dict[str, Any] = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        self._apscheduler.add_job(self.tick, "interval", seconds=seconds, id="tick", **self._options)
        # Apart from ticking: LibreOffice takes seconds, and a deadline must not wait for it.
        self._apscheduler.add_job(self.render, "interval", seconds=RENDER_SECONDS, id="render", **self._options)

    def start(self) -> None:
        """Begin ticking, and let the engine ring when it has queued work."""
        self._apscheduler.start()
        self._engine.bell = self.ring

    def stop(self) -> None:
        """Stop after the tick that is running."""
        self._engine.bell = None
        self._apscheduler.shutdown(wait=True)

    def ring(self) -> None:
        """Tick soon, not in this thread: a command does not wait for the work it queued."""
        self._apscheduler.add_job(self.tick, id="ring", replace_existing=True, **self._options)

    def render(self) -> int:
        """Make PDF/As of what was issued, where this machine can; returns how many."""
        try:
            return int(self._engine.papers.render_issued())
        except Exception:
            log.exception("issued documents could not be turned into PDF; the next round tries again")
            return 0

    def tick(self) -> int:
        """Do what is due; returns how many timers and jobs. A failure is logged and tried again by the next tick."""
        if not self._ticking.acquire(blocking=False):
            return 0
        try:
            return int(self._engine.operations.settle())
        except Exception:
            log.exception("the tick failed; the next one tries again")
            return 0
        finally:
            self._ticking.release()
