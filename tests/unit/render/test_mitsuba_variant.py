"""The fastest variant that works is found, remembered, and never brings the process down."""

import json

import pytest

from partsight.errors import RenderError
from partsight.render.backends import mitsuba_variant
from partsight.render.backends.mitsuba_variant import VARIANTS, choose_variant, does_draw, find_llvm_libraries


@pytest.fixture(autouse=True)
def forgetful(monkeypatch, tmp_path):
    """No answer of an earlier test, and a cache folder of its own."""
    mitsuba_variant._working_settings.cache_clear()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", "")
    yield
    mitsuba_variant._working_settings.cache_clear()


@pytest.fixture
def false_library(tmp_path, monkeypatch):
    library = tmp_path / "libLLVM-99.so"
    library.write_bytes(b"not a library")
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", str(library))
    return library


def test_a_wanted_variant_that_works_is_taken():
    assert choose_variant("scalar_rgb") == "scalar_rgb"


def test_auto_takes_a_variant_that_draws():
    assert choose_variant("auto") in VARIANTS


def test_an_unknown_variant_is_refused_with_the_known_ones():
    with pytest.raises(RenderError, match="found 'vulkan', expected auto, cuda_ad_rgb, llvm_ad_rgb, scalar_rgb"):
        choose_variant("vulkan")


def test_a_variant_that_does_not_work_is_refused_with_what_it_needs(false_library):
    with pytest.raises(RenderError, match="libLLVM 17 or newer"):
        choose_variant("llvm_ad_rgb")


def test_a_library_that_does_not_fit_is_survived(false_library):
    assert not does_draw("llvm_ad_rgb", {"DRJIT_LIBLLVM_PATH": str(false_library)})


def test_the_answer_is_remembered_for_these_library_files(false_library, tmp_path):
    with pytest.raises(RenderError):
        choose_variant("llvm_ad_rgb")
    memory = json.loads((tmp_path / "cache" / "partsight" / "mitsuba_variants.json").read_text())
    assert list(memory.values()) == [None]
    assert "llvm_ad_rgb" in next(iter(memory))


def test_a_remembered_answer_is_believed(false_library, tmp_path):
    with pytest.raises(RenderError):
        choose_variant("llvm_ad_rgb")
    memory = tmp_path / "cache" / "partsight" / "mitsuba_variants.json"
    answers = {key: {"DRJIT_LIBLLVM_PATH": str(false_library)} for key in json.loads(memory.read_text())}
    memory.write_text(json.dumps(answers))
    mitsuba_variant._working_settings.cache_clear()
    assert choose_variant("llvm_ad_rgb") == "llvm_ad_rgb"


def test_a_broken_memory_is_asked_anew(false_library, tmp_path):
    memory = tmp_path / "cache" / "partsight" / "mitsuba_variants.json"
    memory.parent.mkdir(parents=True)
    memory.write_text("{")
    with pytest.raises(RenderError, match="libLLVM 17 or newer"):
        choose_variant("llvm_ad_rgb")


def test_a_memory_that_cannot_be_kept_does_no_harm(false_library, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(RenderError, match="libLLVM 17 or newer"):
        choose_variant("llvm_ad_rgb")


def test_libraries_are_found_newest_first_and_once(tmp_path):
    folder = tmp_path / "usr" / "lib" / "x86_64-linux-gnu"
    folder.mkdir(parents=True)
    for name in ("libLLVM-9.so.1", "libLLVM-14.so.1", "libLLVM.so.19.1"):
        (folder / name).write_bytes(b"")
    (folder / "libLLVM-19.so").symlink_to("libLLVM.so.19.1")
    found = [path.name for path in find_llvm_libraries(tmp_path)]
    assert found == ["libLLVM.so.19.1", "libLLVM-14.so.1", "libLLVM-9.so.1"]
