"""The DMN Technology Compatibility Kit, level 2: every case of every model must give the published result."""

import pytest

from conformance.tck import KIT, MODELS, KitCase, cases

CASES = list(cases())
needed = pytest.mark.skipif(not CASES, reason=f"The DMN TCK is not here: expected its folders in {KIT}.")


@needed
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_of_the_kit_gives_the_published_result(case: KitCase) -> None:
    case.run()


@needed
def test_the_kit_is_whole() -> None:
    assert len({case.model for case in CASES}) == MODELS
