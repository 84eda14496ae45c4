"""What a call of the kernel can answer instead of an outcome, and the two signals that never leave it."""

from collections.abc import Sequence

from engine import errors


class Stale(errors.Conflict):
    """The task, timer, message or token is no longer there: done, withdrawn or interrupted meanwhile."""

    def __init__(self, thing: str, message: str = "") -> None:
        super().__init__(
            "stale", message or f"Expected {thing!r} to be waiting, but it is not there any more.", thing=thing
        )


class NeedShards(Exception):
    """The call touches shards that were not given: load those named (None: all of the host) and call again."""

    def __init__(self, host: str, ids: Sequence[str] | None) -> None:
        super().__init__(host, ids)
        self.host = host
        self.ids = None if ids is None else list(ids)

    def __str__(self) -> str:
        return f"Expected {'all shards' if self.ids is None else ', '.join(self.ids)} of host {self.host}."


class Fault(Exception):
    """Something in the model cannot be done with these data; becomes an incident."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


class AgendaLimit(Exception):
    """A stimulus set off more items than allowed; the call is undone and becomes an incident."""
