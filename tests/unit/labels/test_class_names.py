"""Rules of class names."""

import pytest

from partsight.errors import DatasetError
from partsight.labels.class_names import check_names, check_same_names


@pytest.mark.parametrize("found", [("QF", "QD"), ("QD",), ("QD", "QF", "SX"), ("qd", "QF"), ()])
def test_any_difference_in_names_or_order_is_an_error_that_shows_both(found: tuple[str, ...]) -> None:
    with pytest.raises(DatasetError, match="here: class names") as caught:
        check_same_names(("QD", "QF"), found, "here")
    assert "0=QD, 1=QF" in str(caught.value)


def test_equal_names_pass() -> None:
    check_same_names(["QD", "QF"], ("QD", "QF"), "here")


def test_names_are_unique() -> None:
    with pytest.raises(DatasetError, match="unique"):
        check_names(("QD", "QD"), "here")


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " QD",
        "QD ",
        "Q  D",
        "Q\nD",
        "Q\tD",
        "Q\x1b[31mD",
        "Q\u2028D",
        "Q\u202eD",
        "Q\x85D",
        "<b>QD</b>",
        "Q" * 201,
    ],
)
def test_a_name_is_one_line_of_plain_text(name: str) -> None:
    with pytest.raises(DatasetError, match=r"the name .* (holds|is|begins)"):
        check_names(("A", name), "here")


@pytest.mark.parametrize("name", ["QD", "M6 <20", "[rev2]", "{{x}}", "50 %", "部品", 'O\'Brien "x"', "a/b", ":car:"])
def test_a_name_may_hold_any_printed_sign(name: str) -> None:
    check_names((name,), "here")
