"""Files as somebody with bad intentions would make them; each would write a marker where it is trusted, or never end."""

import io
import pickle
import struct
import zipfile
from pathlib import Path

import torch

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


class Call:
    """Pickled as a call."""

    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


def evaluated(marker: Path) -> str:
    """Text that writes the marker when it is evaluated where the library evaluates activations."""
    return f"__import__('pathlib').Path({str(marker)!r}).touch() or nn.SiLU()"


def described(marker: Path) -> dict:
    """A description of a network whose activation is evaluated."""
    backbone = [[-1, 1, "Conv", [16, 3, 2]]]
    return {"nc": 1, "activation": evaluated(marker), "backbone": backbone, "head": [[[0], 1, "Detect", ["nc"]]]}


def touch(marker: Path) -> Call:
    return Call(Path.touch, marker)


def zipped(path: Path, content: bytes, folder: str = "x", more: dict[str, bytes] | None = None, **how) -> None:
    with zipfile.ZipFile(path, "w", **how) as archive:
        archive.writestr(f"{folder}/data.pkl", content)
        for name, written in (more or {}).items():
            archive.writestr(name, written)


def a_call_of_python(path, marker):
    torch.save({"model": touch(marker)}, path)


def a_call_beside_good_weights(path, marker):
    torch.save({"model": {"w": torch.zeros(2)}, "date": touch(marker)}, path)


def a_call_of_a_library_function(path, marker):
    from ultralytics.nn.tasks import parse_model

    torch.save({"model": Call(parse_model, described(marker), [3], False)}, path)


def a_library_class_built_with_a_dict(path, marker):
    from ultralytics.nn.tasks import DetectionModel

    torch.save({"model": Call(DetectionModel, described(marker), 3, 1, False)}, path)


def a_chain_of_two_files(path, marker):
    from ultralytics.utils.patches import torch_load

    second = path.with_name("second.bin")
    torch.save({"model": touch(marker)}, second)
    torch.save({"model": Call(torch_load, str(second))}, path)


def a_pickle_in_a_pickle(path, marker):
    torch.save({"model": Call(torch.storage._load_from_bytes, pickle.dumps(touch(marker)))}, path)


def an_archive_in_a_pickle(path, marker):
    inner = io.BytesIO()
    torch.save(touch(marker), inner)
    torch.save({"model": Call(torch.storage._load_from_bytes, inner.getvalue())}, path)


def the_format_before_archives(path, marker):
    torch.save({"model": touch(marker)}, path, _use_new_zipfile_serialization=False)


def a_second_pickle_of_the_format_before_archives(path, marker):
    parts = [LEGACY_MAGIC, touch(marker), {}, {"model": {}}, []]
    path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in parts))


def a_plain_pickle(path, marker):
    path.write_bytes(pickle.dumps(touch(marker)))


RUNNING = (
    a_call_of_python, a_call_beside_good_weights, a_call_of_a_library_function, a_library_class_built_with_a_dict,
    a_chain_of_two_files, a_pickle_in_a_pickle, an_archive_in_a_pickle, the_format_before_archives,
    a_second_pickle_of_the_format_before_archives,
)  # fmt: skip
"""Those that write the marker when torch reads them trustingly."""


def an_instance_by_old_instructions(path, marker):
    zipped(path, f"(S'touch {marker}'\nios\nsystem\n.".encode())


def an_object_by_old_instructions(path, marker):
    zipped(path, f"(cos\nsystem\nS'touch {marker}'\no.".encode())


def a_registered_extension(path, marker):
    zipped(path, b"\x82\x01.")


def attributes_for_a_class(path, marker):
    state = pickle.dumps((None, {"__setstate__": 1}), protocol=2)[2:-1]
    zipped(path, b"\x80\x02cultralytics.nn.tasks\nDetectionModel\n" + state + b"b.")


def a_name_inside_a_class(path, marker):
    content = b"\x80\x04\x8c\x1atorch.nn.modules.container\x8c\x1eSequential.__init__.__globals__\x93."
    zipped(path, content)


def a_name_of_the_machine(path, marker):
    zipped(path, b"\x80\x02cos\nsystem\n.")


def a_new_object_of_a_program(path, marker):
    zipped(path, f"\x80\x02csubprocess\nPopen\n(S'touch {marker}'\nt\x81.".encode("latin1"))


def a_library_function_as_an_object(path, marker):
    zipped(path, b"\x80\x02cultralytics.nn.tasks\nparse_model\n)\x81.")


def a_torchscript_program(path, marker):
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), path)


def a_persistent_id_of_another_kind(path, marker):
    zipped(path, "\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x06\x00\x00\x00modulecos\nsystem\n"
                 "X\x01\x00\x00\x000tQK\x00(K\x01t(K\x01tI00\n}tRs.".encode("latin1"))  # fmt: skip


def two_descriptions(path, marker):
    good = io.BytesIO()
    torch.save({"w": torch.zeros(2)}, good)
    content = zipfile.ZipFile(good).read("archive/data.pkl")
    zipped(path, content, more={"y/data.pkl": pickle.dumps(touch(marker)), "x/data/0": bytes(8)})


def one_name_twice(path, marker):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", pickle.dumps({}, protocol=2))
        archive.fp.flush()
        archive.NameToInfo.clear()
        archive.writestr("x/data.pkl", pickle.dumps(touch(marker), protocol=2))


def a_storage_that_grows(path, marker):
    zipped(path, b"\x80\x02}.", more={"x/data/0": bytes(50_000_000)}, compression=zipfile.ZIP_DEFLATED)


def a_tensor_beyond_its_numbers(path, marker):
    _tensor(path, size=1_000_000, stride=1)


def a_tensor_of_impossible_size(path, marker):
    _tensor(path, size=2**60, stride=2**60)


def a_tensor_of_negative_size(path, marker):
    _tensor(path, size=-5, stride=1)


def _tensor(path: Path, size: int, stride: int) -> None:
    shape = b"(\x8a\x08" + struct.pack("<q", size) + b"t(\x8a\x08" + struct.pack("<q", stride) + b"t"
    stored = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x02tQ"
    made = b"ctorch._utils\n_rebuild_tensor_v2\n(" + stored + b"K\x00" + shape + b"\x89}tR"
    zipped(path, b"\x80\x02}X\x01\x00\x00\x00w" + made + b"s.", more={"x/data/0": bytes(8)})


def keys_that_take_forever(path, marker):
    """A tuple of two of the tuple before, sixty times over, as a key."""
    zipped(path, b"\x80\x02})" + b"2\x86" * 60 + b"K\x01s.")


def a_network_that_is_in_itself(path, marker):
    start = b"\x80\x02ctorch.nn.modules.container\nSequential\n)\x81q\x01"
    zipped(path, start + b"}X\x08\x00\x00\x00_modules}X\x01\x00\x00\x00ah\x01X\x01\x00\x00\x00bh\x01ssb.")


def a_string_longer_than_the_file(path, marker):
    path.write_bytes(b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b"x")


def millions_of_instructions(path, marker):
    zipped(path, b"\x80\x02" + b"N0" * 6_000_000 + b"}.")


def a_cut_archive(path, marker):
    torch.save({"w": torch.zeros(1000)}, path)
    path.write_bytes(path.read_bytes()[:-100])


ODD = (
    a_plain_pickle, an_instance_by_old_instructions, an_object_by_old_instructions, a_registered_extension,
    attributes_for_a_class, a_name_inside_a_class, a_name_of_the_machine, a_new_object_of_a_program,
    a_library_function_as_an_object, a_torchscript_program, a_persistent_id_of_another_kind, two_descriptions,
    one_name_twice, a_storage_that_grows, a_tensor_beyond_its_numbers, a_tensor_of_impossible_size,
    a_tensor_of_negative_size, keys_that_take_forever, a_network_that_is_in_itself, a_string_longer_than_the_file,
    millions_of_instructions, a_cut_archive,
)  # fmt: skip
"""Those that torch refuses, that take memory or time, or that lead a reader astray."""
