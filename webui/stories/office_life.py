"""What happened in the office in 2022 beside the tasks: a change of the working calendar, an absence."""

from collections.abc import Callable
from typing import Any

from webui.demo import Office

CODE = ""
STORY: tuple[tuple[str, Callable[[Office], Any]], ...] = ()
