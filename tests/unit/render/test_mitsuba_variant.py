"""The fastest variant that works is found, remembered, and never brings the process down."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from partsight.errors import MachineWarning, RenderError
from partsight.pipeline.doctor import examine_machine
from partsight.render.backends import mitsuba_variant
from partsight.render.backends.mitsuba_variant import OLDEST, VARIANTS, choose_variant, does_draw, explain_speed


@pytest.fixture(autouse=True)
def forgetful(monkeypatch, tmp_path):
    """No answer of an earlier test, none of its libraries either, and a cache folder of its own."""
    mitsuba_variant._draws.cache_clear()
    monkeypatch.setattr(mitsuba_variant, "_is_too_late", lambda _wanted: False)  # asked for in processes of their own
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", "")
    yield
    mitsuba_variant._draws.cache_clear()


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
    with pytest.raises(RenderError, match=f"{false_library}: no libLLVM that fits.*libLLVM 17 or newer"):
        choose_variant("llvm_ad_rgb")


def test_a_library_that_does_not_fit_is_survived(false_library):
    assert not does_draw("llvm_ad_rgb", false_library)


def test_the_answer_is_remembered_for_these_library_files(false_library, tmp_path):
    with pytest.raises(RenderError):
        choose_variant("llvm_ad_rgb")
    memory = json.loads((tmp_path / "cache" / "partsight" / "mitsuba_variants.json").read_text())
    assert list(memory.values()) == [False]
    assert "llvm_ad_rgb" in next(iter(memory))


def test_a_remembered_answer_is_believed(false_library, tmp_path):
    with pytest.raises(RenderError):
        choose_variant("llvm_ad_rgb")
    memory = tmp_path / "cache" / "partsight" / "mitsuba_variants.json"
    memory.write_text(json.dumps(dict.fromkeys(json.loads(memory.read_text()), True)))
    mitsuba_variant._draws.cache_clear()
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


@pytest.fixture
def two_libraries(tmp_path, monkeypatch):
    """The first does not draw, the second does, without a library being opened."""
    unfit, fit = tmp_path / "libLLVM-14.so", tmp_path / "libLLVM-19.so"
    for library in (unfit, fit):
        library.write_bytes(b"")
    monkeypatch.setattr(mitsuba_variant, "find_llvm_libraries", lambda: [unfit, fit])
    monkeypatch.setattr(mitsuba_variant, "_has_nvidia_driver", lambda: False)
    tried = []

    def does_draw(variant, library):
        tried.append(library)
        return library == fit

    monkeypatch.setattr(mitsuba_variant, "does_draw", does_draw)
    return unfit, fit, tried


def test_the_next_library_is_taken_where_the_first_does_not_draw(two_libraries):
    unfit, fit, tried = two_libraries
    assert choose_variant("auto") == "llvm_ad_rgb"
    assert (os.environ["DRJIT_LIBLLVM_PATH"], tried) == (str(fit), [unfit, fit])


def test_no_library_is_tried_twice_on_one_machine(two_libraries):
    choose_variant("auto")
    mitsuba_variant._draws.cache_clear()
    choose_variant("auto")
    assert len(two_libraries[2]) == 2


def test_a_library_that_changed_is_tried_anew(two_libraries):
    _, fit, tried = two_libraries
    choose_variant("auto")
    mitsuba_variant._draws.cache_clear()
    os.utime(fit, (1, 1))
    os.environ["DRJIT_LIBLLVM_PATH"] = ""
    choose_variant("auto")
    assert tried.count(fit) == 2


@pytest.mark.parametrize(
    ("name", "problem"), [("libLLVM-14.so", "no libLLVM that fits"), ("missing.so", "no such file")]
)
def test_a_named_library_that_does_not_draw_is_told_and_the_next_is_used(
    two_libraries, tmp_path, monkeypatch, name, problem
):
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", str(tmp_path / name))
    with pytest.warns(
        MachineWarning, match=f"DRJIT_LIBLLVM_PATH: .*{name}: {problem}.*or unset.*Meanwhile .*libLLVM-19"
    ):
        assert choose_variant("auto") == "llvm_ad_rgb"
    with warnings.catch_warnings(action="error"):
        assert choose_variant("auto") == "llvm_ad_rgb", "worker processes are not told again"


def test_a_named_library_that_does_not_draw_is_told_where_nothing_else_does(false_library, monkeypatch):
    monkeypatch.setattr(mitsuba_variant, "find_llvm_libraries", list)
    monkeypatch.setattr(mitsuba_variant, "_has_nvidia_driver", lambda: False)
    with pytest.warns(MachineWarning, match="slow variant scalar_rgb"):
        assert choose_variant("auto") == "scalar_rgb"


def test_a_named_library_that_draws_is_taken_first(two_libraries, tmp_path, monkeypatch):
    own = tmp_path / "libLLVM-21.so"
    own.write_bytes(b"")
    monkeypatch.setattr(mitsuba_variant, "does_draw", lambda _, library: library == own)
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", str(own))
    assert choose_variant("auto") == "llvm_ad_rgb"
    assert os.environ["DRJIT_LIBLLVM_PATH"] == str(own)


def test_what_keeps_the_renderer_slow_is_said_with_the_libraries_that_do_not_fit(two_libraries, monkeypatch):
    assert explain_speed() == ""
    mitsuba_variant._draws.cache_clear()
    monkeypatch.setenv("XDG_CACHE_HOME", str(two_libraries[0].parent / "other"))
    monkeypatch.setattr(mitsuba_variant, "does_draw", lambda *_: False)
    assert explain_speed().startswith(f"{two_libraries[0]}, {two_libraries[1]}: 17 or newer is needed. ")


def test_the_doctor_names_a_wrong_library_and_what_works_instead(two_libraries, monkeypatch):
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", "/nowhere/libLLVM.so")
    monkeypatch.setattr(mitsuba_variant, "VARIANTS", ("scalar_rgb",))
    renderer = next(one for one in examine_machine(Path()) if one.topic == "renderer")
    assert "scalar_rgb" in renderer.found
    assert "DRJIT_LIBLLVM_PATH: /nowhere/libLLVM.so: no such file" in renderer.advice


def in_a_fresh_process(code: str, **environment: str) -> str:
    """Return what Python code prints in a process that has not imported Dr.Jit, which loads its libLLVM once."""
    child = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return child.stdout


DRAW_SLOWLY_THEN_FAST = """
from partsight.config.sections.render import RenderSection
from partsight.render.renderer import open_renderer
for variant in ("scalar_rgb", "auto"):
    with open_renderer(RenderSection(variant=variant), 1) as renderer:
        print(renderer.variant)
import drjit
print(drjit.detail.llvm_version()[0])
"""


def test_a_process_that_drew_slowly_first_has_loaded_a_library_that_draws():
    """Dr.Jit takes the system's libLLVM by itself when nobody names one, whether it fits or not."""
    slow, fast, loaded = in_a_fresh_process(DRAW_SLOWLY_THEN_FAST).split()
    assert slow.endswith("scalar_rgb")
    assert not fast.endswith("llvm_ad_rgb") or int(loaded) >= OLDEST


DRAW_AFTER_DRJIT = """
import os, warnings
import drjit
os.environ.pop("DRJIT_LIBLLVM_PATH")
from partsight.errors import MachineWarning, RenderError
from partsight.render.backends import mitsuba_variant
mitsuba_variant._draws = lambda variant, library: variant != "cuda_ad_rgb"
mitsuba_variant.find_llvm_libraries = lambda: [mitsuba_variant.NO_LIBRARY]
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    print(mitsuba_variant.choose_variant("auto"))
print(told[0].category.__name__, told[0].message)
try:
    mitsuba_variant.choose_variant("llvm_ad_rgb")
except RenderError as error:
    print(error)
"""


def test_a_library_that_another_program_loaded_before_is_not_drawn_with_when_it_aborts():
    variant, told, refused = in_a_fresh_process(DRAW_AFTER_DRJIT, DRJIT_LIBLLVM_PATH="/no/library").splitlines()
    assert variant == "scalar_rgb"
    assert told.startswith(
        "MachineWarning Dr.Jit was imported before Partsight and has loaded no libLLVM; the fast variant needs"
    )
    assert refused.startswith("render.variant: Dr.Jit was imported before")
