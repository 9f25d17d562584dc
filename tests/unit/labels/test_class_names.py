"""Rules of class names."""

import pytest

from partsight.errors import DatasetError
from partsight.labels.class_names import check_same_names, check_unique_names


@pytest.mark.parametrize("found", [("QF", "QD"), ("QD",), ("QD", "QF", "SX"), ("qd", "QF"), ()])
def test_any_difference_in_names_or_order_is_an_error_that_shows_both(found: tuple[str, ...]) -> None:
    with pytest.raises(DatasetError, match="here: class names") as caught:
        check_same_names(("QD", "QF"), found, "here")
    assert "0=QD, 1=QF" in str(caught.value)


def test_equal_names_pass() -> None:
    check_same_names(["QD", "QF"], ("QD", "QF"), "here")


@pytest.mark.parametrize("names", [("QD", "QD"), ("QD", " ")])
def test_names_are_unique_and_not_empty(names: tuple[str, ...]) -> None:
    with pytest.raises(DatasetError, match="unique"):
        check_unique_names(names, "here")
