"""What may befall the file of a training's state: each way takes the file, and a file that must never come to be."""

import hashlib
import io
import pickle
from pathlib import Path

import torch

from partsight.detector.families import training_state


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return (open, (str(self.marker), "w"))


def empty(path: Path, marker: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path, marker: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def cut_of_its_last_byte(path: Path, marker: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path, marker: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def be_a_pickle_bomb(path: Path, marker: Path) -> None:
    path.write_bytes(pickle.dumps(Bomb(marker)))


def be_a_foreign_checkpoint(path: Path, marker: Path) -> None:
    torch.save({"model": Bomb(marker), "epoch": 0}, path)


def be_a_bomb_with_the_right_hash(path: Path, marker: Path) -> None:
    buffer = io.BytesIO()
    torch.save({"model": Bomb(marker), "epoch": 0}, buffer)
    seal(path, buffer.getvalue())


def be_a_plain_bomb_with_the_right_hash(path: Path, marker: Path) -> None:
    seal(path, pickle.dumps(Bomb(marker)))


def be_a_list_with_the_right_hash(path: Path, marker: Path) -> None:
    buffer = io.BytesIO()
    torch.save([1, 2], buffer)
    seal(path, buffer.getvalue())


def be_of_another_training(path: Path, marker: Path) -> None:
    content = {**training_state.read_state(path), "settings": "others"}
    path.unlink()
    training_state.write_state(path, content)


def hold_other_weights(path: Path, marker: Path) -> None:
    content = {**training_state.read_state(path), "best_weights": {"a": torch.zeros(1)}}
    path.unlink()
    training_state.write_state(path, content)


def lack_figures(path: Path, marker: Path) -> None:
    content = {name: value for name, value in training_state.read_state(path).items() if name != "epoch"}
    path.unlink()
    training_state.write_state(path, content)


def seal(path: Path, body: bytes) -> None:
    path.write_bytes(body + training_state._MARK + hashlib.sha256(body).digest())


DAMAGES = (
    empty, cut, cut_of_its_last_byte, flip, be_a_pickle_bomb, be_a_foreign_checkpoint, be_a_bomb_with_the_right_hash,
    be_a_plain_bomb_with_the_right_hash, be_a_list_with_the_right_hash,
)  # fmt: skip
MISFITS = (be_of_another_training, hold_other_weights, lack_figures)
