"""Libraries are found where wheels, environments and systems lay them."""

import pytest

from partsight.render import llvm_library
from partsight.render.llvm_library import companions_of, find_llvm_libraries, how_to_install_llvm


@pytest.fixture
def no_wheel(monkeypatch):
    monkeypatch.setattr(llvm_library, "LLVM_PACKAGE", "a-package-that-nobody-has")


def lay(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")


def test_libraries_are_found_newest_first_and_once(tmp_path, no_wheel):
    folder = tmp_path / "usr" / "lib" / "x86_64-linux-gnu"
    lay(folder, "libLLVM-9.so.1", "libLLVM-14.so.1", "libLLVM.so.19.1")
    (folder / "libLLVM-19.so").symlink_to("libLLVM.so.19.1")
    found = [path.name for path in find_llvm_libraries(tmp_path, tmp_path / "none")]
    assert found == ["libLLVM.so.19.1", "libLLVM-14.so.1", "libLLVM-9.so.1"]


def test_an_environment_goes_before_the_system(tmp_path, no_wheel):
    lay(tmp_path / "usr" / "lib", "libLLVM.so.22.1")
    lay(tmp_path / "venv" / "lib", "libLLVM.so.19.1")
    found = [path.name for path in find_llvm_libraries(tmp_path, tmp_path / "venv")]
    assert found == ["libLLVM.so.19.1", "libLLVM.so.22.1"]


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("opt/homebrew/opt/llvm/lib", "libLLVM.dylib"),
        ("usr/local/opt/llvm@21/lib", "libLLVM-21.dylib"),
        ("Program Files/LLVM/bin", "LLVM-C.dll"),
        ("usr/lib64/llvm21/lib64", "libLLVM.so.21.1"),
    ],
)
def test_libraries_of_other_systems_are_found(tmp_path, no_wheel, place, name):
    lay(tmp_path / place, name)
    assert find_llvm_libraries(tmp_path, tmp_path / "none") == [tmp_path / place / name]


def test_libraries_that_only_begin_like_it_are_left_out(tmp_path, no_wheel):
    lay(tmp_path / "lib", "libLLVMSPIRVLib.so.19", "libLLVM-C.a", "libLLVMCore.so", "libLLVM.so.txt")
    assert find_llvm_libraries(tmp_path / "none", tmp_path) == []


def test_what_a_wheel_lays_beside_its_library_is_loaded_before_it(tmp_path):
    lay(tmp_path, "libLLVM.so.22.1")
    lay(tmp_path / "x86_64-unknown-linux-gnu", "libc++.so.1.0", "libc++abi.so.1.0", "libunwind.so.1.0", "libc++.so")
    names = [path.name for path in companions_of(tmp_path / "libLLVM.so.22.1")]
    assert names == ["libunwind.so.1.0", "libc++abi.so.1.0", "libc++.so.1.0"]
    assert companions_of(tmp_path / "elsewhere" / "libLLVM.so.19.1") == []


@pytest.mark.parametrize(
    ("system", "machine", "command"),
    [
        ("Linux", "x86_64", "apt install libllvm19"),
        ("Linux", "aarch64", "apt install libllvm19"),
        ("Darwin", "arm64", "brew install llvm"),
        ("Windows", "AMD64", "LLVM.LLVM"),
        ("FreeBSD", "amd64", "name its library in DRJIT_LIBLLVM_PATH"),
    ],
)
def test_every_system_is_told_how_to_get_a_library(system, machine, command):
    assert command in how_to_install_llvm(system, machine)
