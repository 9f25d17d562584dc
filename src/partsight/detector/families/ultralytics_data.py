"""What the Ultralytics library may read of a dataset: names and lists, nothing that it would run."""

from pathlib import Path

from partsight.errors import DetectorError

_KEYS = {"train", "val", "test", "names"}


def check_data(data_yaml: Path) -> None:
    """Raise DetectorError for a dataset that Partsight did not write: the library runs what stands under `download`."""
    import yaml

    try:
        content = yaml.safe_load(data_yaml.read_text())
        foreign = set(content) - _KEYS
        lists = [content[split] for split in ("train", "val")]
        lost = [name for name in lists if not (data_yaml.parent / name).is_file()]
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise DetectorError(f"{data_yaml}: not a dataset as Partsight writes it ({error!r}). Make it again.") from error
    if foreign or lost or data_yaml.suffix != ".yaml":
        found = ", ".join([*(f"unknown key {key!r}" for key in foreign), *(f"missing list {name}" for name in lost)])
        raise DetectorError(f"{data_yaml}: not a dataset as Partsight writes it ({found or 'no YAML'}). Make it again.")
