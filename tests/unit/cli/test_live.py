"""Who may reach the page is decided before a model is read."""

import pytest

from partsight.cli.live import _access
from partsight.errors import SourceError

TOKEN = "a-secret-of-this-test"  # noqa: S105 - of this test


def test_a_page_for_others_gets_a_token_of_its_own_and_one_for_this_machine_needs_none():
    assert _access("127.0.0.1", 8420, None, None).token is None
    made = [_access("0.0.0.0", 8420, None, None).token for _ in range(2)]  # noqa: S104 - guarded
    assert all(token is not None and len(token) >= 32 for token in made)
    assert made[0] != made[1]
    assert _access("0.0.0.0", 8420, TOKEN, ["hall"]).token == TOKEN  # noqa: S104 - guarded


def test_a_token_that_can_be_guessed_is_still_refused():
    with pytest.raises(SourceError, match="at least 16"):
        _access("0.0.0.0", 8420, "short", None)  # noqa: S104 - refused
