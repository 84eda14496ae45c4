"""After every scenario the store must be whole: rows, kernel states and journals tell one story."""

from collections.abc import Callable, Iterator

import pytest

import consistency
import offices


@pytest.fixture
def office_at(office_at: Callable[..., offices.Office]) -> Iterator[Callable[..., offices.Office]]:
    yield from consistency.whole_after(office_at)
