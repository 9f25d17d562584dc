"""The report says where labels of photos came from."""

from partsight.config.loading import read_recipe
from partsight.labels.balance import Balance, BalanceLine
from partsight.labels.importing import ImportRecord, prepare_record
from partsight.pipeline.stages.report.stage import _imports
from partsight.staging import staged


def test_the_balance_of_an_import_stands_in_the_report(tmp_path, samples):
    (tmp_path / "QF.step").write_bytes((samples / "QF.step").read_bytes())
    (tmp_path / "recipe.toml").write_text('[parts.QF]\nfiles = ["QF.step"]\n[photos]\nfolder = "photos"\n')
    lines = (
        BalanceLine("pictures", "imported", "", 3, ("a",)),
        BalanceLine("pictures", "left out", "no label file", 1, ("d",)),
    )
    with staged(tmp_path / "photos") as changes:
        prepare_record(changes, ImportRecord("walk.zip", "COCO", ("monday",), Balance(4, 0, lines)))
        changes.commit()
    ((name, told),) = _imports(read_recipe(tmp_path / "recipe.toml"))
    assert name == "Imported from walk.zip"
    assert "pictures found 4 = 3 imported + 1 left out" in told
    assert "no label file (d)" in told
