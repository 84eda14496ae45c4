"""The demo's year 2022: the stories of all focus tasks and of the supporting processes, merged by time into one run.

Each story (`webui.demo` for T1, `webui.stories` for the others) is a list of acts of role accounts through the public
commands. The year begins on the first working day, 04/01/2022, and can be stopped on any day; timers on the way fire
at their own time. Not here: the demo's organisation, plan and workflows (`workflows/demo`).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from engine import Engine, FixedClock
from webui import demo
from webui.stories import office_life, s1, s2, t1, t2, t3, t4, t5, t6

# The first working day of 2022 at the office.
STARTS = datetime(2022, 1, 4, 0, 30, tzinfo=UTC)
ENDS = "2022-12-30"
# When the first focus task is opened: a store that stands later has missed the beginning, and plays nothing.
OPENED = datetime(2022, 1, 28, 1, 30, tzinfo=UTC)
STORIES: Sequence[Any] = (office_life, t1, t2, t3, t4, t5, t6, s1, s2)
OFFICE = timedelta(hours=7)


class Act(NamedTuple):
    """Something that somebody does: when (office time), in which story, and what."""

    when: datetime
    story: str
    act: Callable[[demo.Office], Any]


def acts() -> list[Act]:
    """All acts of the year in order; at the same minute in the order of the stories."""
    found = [
        Act(datetime.fromisoformat(when if " " in when else f"{when} 08:00"), story.CODE, act)
        for story in STORIES
        for when, act in story.STORY
    ]
    return sorted(found, key=lambda each: each.when)


def monthly() -> Mapping[str, Mapping[str, str]]:
    """What the plan says that each focus task's status is on the last day of each month: code → month → slug."""
    return {story.CODE: story.MONTHLY for story in STORIES if hasattr(story, "MONTHLY")}


def play(engine: Engine, until: str = ENDS, told: Callable[[int, int, datetime], Any] | None = None) -> int:
    """Play the year on a fresh demo store up to a day ("2022-09-15", until 17:00) and return how many acts were done.

    On a store in which cases run already, only time passes; one that was made for 28/01, as tests do, leaves out what
    came before. `told` hears (done, of how many, when) after each act.
    Raises Invalid("until") when the store's clock is past the day.
    """
    end = datetime.fromisoformat(until if " " in until else f"{until} 17:00")
    stands = engine.queries.chrome("qtht").now
    now = (stands + OFFICE).replace(tzinfo=None)
    todo = [each for each in acts() if now <= each.when <= end]
    if stands > OPENED or engine.queries.cases("cv.tonghop.1").rows:
        todo = []
    offices: dict[str, demo.Office] = {}
    # The machine's clock stands still meanwhile: acts of one minute are of one minute however long they take.
    machine, engine.clock = engine.clock, FixedClock(engine.clock.system_now())
    try:
        for number, (when, story, act) in enumerate(todo, 1):
            office = offices.setdefault(story, demo.Office(engine))
            office.at(f"{when:%Y-%m-%d %H:%M}")
            act(office)
            if told is not None:
                told(number, len(todo), when)
        engine.operations.advance((end - OFFICE).replace(tzinfo=UTC))
    finally:
        engine.clock = machine
    return len(todo)
