"""Names are read as they were meant, whatever the encoding of the file; a guess is told."""

import itertools

import pytest

from partsight.cad.readers.encodings import as_utf8, without_escapes
from tests.unit.cad.assemblies import Assembly
from tests.unit.cad.conftest import read_here

NAMES = {
    "cp1252": ("Träger links", "Stütze", "Écrou à oreilles", "señal"),
    "gb18030": ("支架", "螺钉M3", "左侧板组件", "电机"),
    "cp932": ("ボルト", "表ソケット", "ｽﾃﾝﾚｽ鋼のボルト", "六角穴付きボルト(M3x8)", "軸受"),
    "cp1251": ("Корпус", "Вал ведущий", "Ёмкость"),
}
CASES = [
    (encoding, names)
    for encoding, known in NAMES.items()
    for size in (1, 2)
    for names in itertools.combinations(known, size)
]


@pytest.mark.parametrize(("encoding", "names"), CASES)
def test_the_encoding_is_guessed_from_one_or_two_names(encoding, names):
    written = "".join(f"#1=PRODUCT('{name}','{name}');\n" for name in names)
    assert as_utf8(written.encode(encoding)) == (written.encode(), encoding)


@pytest.mark.parametrize("text", ["plain", "Träger", "支架"])
def test_utf8_is_no_guess(text):
    assert as_utf8(text.encode()) == (text.encode(), None)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"Tr\X\E4ger", "Träger"),
        (r"\X2\652F67B6\X0\ 1", "支架 1"),
        (r"\X4\0001F529\X0\ ", "🔩 "),
        (r"W\S\|rfel", "Würfel"),
        (r"a\\b", r"a\b"),
        ("plain", "plain"),
    ],
)
def test_escapes_are_resolved(written, meant):
    assert without_escapes(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"), [(r"Tr\X\E4ger", "Träger"), (r"\X2\652F67B6\X0\ 1", "支架 1"), (r"W\S\|rfel", "Würfel")]
)
def test_nodes_are_found_by_names_that_the_file_writes_in_escapes(box, tmp_path, written, meant):
    path = one_part(box, tmp_path / "a.step", "PLAIN")
    path.write_text(path.read_text().replace("PLAIN", written))
    ((part, facts),) = read_here(path, node=(meant,))
    assert (part.node_names, facts.warnings) == ((meant,), ())


@pytest.mark.parametrize(
    ("encoding", "name", "told"),
    [
        ("cp1252", "Träger", "Latin-1"),
        ("gb18030", "支架", "Chinese (GBK)"),
        ("cp932", "表ソケット", "Japanese (Shift-JIS)"),
    ],
)
def test_nodes_are_found_by_names_in_the_encodings_of_old_programs_and_the_guess_is_told(
    box, tmp_path, encoding, name, told
):
    """The second byte of 表 and ソ is a backslash."""
    path = one_part(box, tmp_path / "a.step", "PLAIN")
    path.write_bytes(path.read_bytes().replace(b"PLAIN", name.encode(encoding)))
    ((part, facts),) = read_here(path, node=(name,))
    assert part.node_names == (name,)
    assert facts.warnings == (f"names are not in UTF-8: read as {told}, which is a guess",)


def one_part(shape, path, name):
    made = Assembly()
    root = made.product("root")
    made.put(root, made.product("part", shape), name)
    return made.write(path)
