"""Arguments that errors name become options on the command line."""

import pytest
import typer

from partsight.cli.app import app, run
from partsight.cli.flags import find_command, with_flags

COMMANDS = typer.main.get_command(app)


@pytest.mark.parametrize(
    ("arguments", "text", "shown"),
    [
        (["live", "model"], "`tls_cert` and `tls_key`", "--tls-cert and --tls-key"),
        (["photos", "import", "x.zip"], "`mapping` QF=…", "--map QF=…"),
        (["photos", "import"], "`session_from` '('", "--session-from '('"),
        (["run"], "`token`, `out`, and `if True:`", "`token`, --out, and `if True:`"),
        (["convert"], "`cad_files`", "`cad_files`"),
        (["unknown"], "`out`", "`out`"),
        ([], "`out`", "`out`"),
    ],
)
def test_arguments_of_the_command_are_shown_as_its_options(arguments, text, shown):
    assert with_flags(text, find_command(COMMANDS, arguments)) == shown


def test_a_failing_command_names_the_option_that_mends_it(tmp_path, capsys):
    (tmp_path / "recipe.toml").write_text("mine")
    assert run(["init", "a.step", "--out", str(tmp_path)]) == 1
    assert "Choose another folder (--out)" in capsys.readouterr().err
