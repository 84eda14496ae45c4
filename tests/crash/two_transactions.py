"""A server that is broken on purpose: completing a task commits twice, with a moment in between. The control of the
crash test, which must find what a kill in that moment leaves behind.

Run as a program: two_transactions.py HOST PORT, with the settings of `trinhky serve`.
"""

import logging
import sys
import time
from typing import Any

from werkzeug.serving import run_simple

import webui
from engine import Engine, Settings
from engine.commands import cases
from engine.commands.advance import advance, locked_task
from webui.scheduler import Scheduler

MOMENT = 0.2


def breaks(core: Engine) -> None:
    """Make `engine.cases.complete` write the task down in one transaction and move the process in another."""

    def first(tx: Any, task_id: str, person: str, answers: Any, seen: int) -> tuple[dict[str, Any], dict[str, Any]]:
        task, who = cases._seen_task(tx, person, task_id)
        cases.tasks.permit("complete", task, who)
        cases.tasks.unchanged(task, seen)
        element = cases._element(tx, task)
        values = cases._values(tx, task, element, answers)
        cases.tasks.complete(tx.conn, tx.tenant, task, person, tx.now, values)
        return values, {k: v for k, v in values.items() if k != "reason"} if element.has_output_mappings else {}

    def second(tx: Any, task_id: str, person: str, values: Any, passed: Any) -> Any:
        task = locked_task(tx, task_id, person)
        given = {"do": "complete", "task": task.token, "shard": task.shard, "vars": passed}
        facts = {"task": task_id, "element": task.element, "answers": values}
        moved = advance(tx, task, given, actor=person, kind="task.completed", facts=facts)
        return cases.Completed(task.case_id, None, moved.status)

    def complete(task_id: str, person: str, answers: Any, seen: int, seen_documents: Any = None) -> Any:
        del seen_documents
        values, passed = core.write(first, task_id, person, answers, seen)
        time.sleep(MOMENT)
        return core.write(second, task_id, person, values, passed)

    core.cases.complete = complete


def main() -> None:
    core = Engine(Settings.from_env())
    breaks(core)
    app = webui.create_app(engine=core)
    Scheduler(core).start()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    run_simple(sys.argv[1], int(sys.argv[2]), app, threaded=True)


if __name__ == "__main__":
    main()
