"""`partsight compare` trains nothing unasked."""

import shutil

from partsight.cli.app import run


def test_an_untrained_recipe_is_refused_where_nobody_can_be_asked_and_nothing_is_made(tmp_path, samples, capsys):
    shutil.copy(samples / "QF.step", tmp_path / "QF.step")
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text('[parts.QF]\nfiles = ["QF.step"]\n[verify]\nenabled = false\n')
    code = run(["compare", str(tmp_path / "one.toml"), str(tmp_path / "two.toml"), "--out", str(tmp_path / "runs")])
    told = " ".join(capsys.readouterr().err.split())
    assert code == 1
    assert "one.toml: is not trained yet" in told
    assert "partsight run --recipe" in told
    assert not (tmp_path / "runs" / "render").exists()
