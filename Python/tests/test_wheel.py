"""The wheel that Tools/wheel makes of the tool that is tested."""

import base64
import csv
import hashlib
import importlib.util
import io
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

import volley
from conftest import ROOT

sys.path.insert(0, str(ROOT / "Tools"))


@pytest.fixture(scope="module")
def script():
    loader = SourceFileLoader("wheel_script", str(ROOT / "Tools" / "wheel"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """What the script makes, twice."""
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    for folder in folders:
        outcome = subprocess.run(
            [sys.executable, ROOT / "Tools" / "wheel", "--tool", volley.tool(), "--output", folder], capture_output=True, text=True)
        if "not every Linux has" in outcome.stderr:
            pytest.skip("the tool under test is linked with libraries of Swift: build it with --static-swift-stdlib")
        assert outcome.returncode == 0, outcome.stderr
    return folders


def test_the_same_tool_makes_the_same_bytes(built):
    names = [sorted(os.listdir(folder)) for folder in built]
    assert names[0] == names[1] and len(names[0]) == 2
    for name in names[0]:
        assert (built[0] / name).read_bytes() == (built[1] / name).read_bytes()


def test_it_holds_what_it_records(built):
    (path,) = built[0].glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        assert wheel.testzip() is None
        info = f"volley_snn-{volley.version()}.dist-info"
        rows = list(csv.reader(io.StringIO(wheel.read(f"{info}/RECORD").decode())))
        assert sorted(row[0] for row in rows) == sorted(wheel.namelist())
        for name, digest, size in rows:
            data = wheel.read(name)
            if not name.endswith("RECORD"):
                found = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                assert (digest, int(size)) == ("sha256=" + found, len(data)), name
        modules = {each.name for each in (ROOT / "Python" / "volley").iterdir() if each.suffix == ".py"} | {"py.typed"}
        assert {name[len("volley/"):] for name in wheel.namelist() if name.startswith("volley/")} == modules | {"bin/volley"}
        assert wheel.getinfo("volley/bin/volley").external_attr >> 16 & 0o777 == 0o755
        metadata = wheel.read(f"{info}/METADATA").decode()
        assert f"\nVersion: {volley.version()}\n" in metadata and (ROOT / "Python" / "README.md").read_text() in metadata
        assert wheel.read(f"{info}/LICENSE") == (ROOT / "LICENSE").read_bytes() and b"UNICODE LICENSE V3" in wheel.read(f"{info}/NOTICE")
        tag = re.search(r"Tag: (.*)", wheel.read(f"{info}/WHEEL").decode())[1]
        assert path.name == f"volley_snn-{volley.version()}-{tag}.whl"


def test_the_tarball_holds_the_tool(built, tmp_path):
    (path,) = built[0].glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    assert sorted(os.listdir(folder)) == ["LICENSE", "NOTICE", "README.md", "volley"]
    assert subprocess.run([folder / "volley", "--version"], capture_output=True, text=True).stdout.strip() == volley.version()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of Linux programs")
def test_needs_are_those_that_the_linker_shows():
    from elf_needs import needs_of

    for program in {os.path.realpath(sys.executable), "/bin/ls"}:
        try:
            shown = subprocess.run(["objdump", "-p", program], capture_output=True, text=True, check=True).stdout
        except FileNotFoundError:
            pytest.skip("objdump is not installed")
        libraries, versions = needs_of(Path(program).read_bytes())
        assert libraries == re.findall(r"NEEDED +(\S+)", shown)
        references = shown.partition("Version References:")[2]
        assert {name for names in versions.values() for name in names} == set(re.findall(r"0x\w+ 0x\w+ \d+ (\S+)", references))


def test_the_tag_follows_from_what_is_needed(script, monkeypatch):
    monkeypatch.setattr(script.sys, "platform", "linux")
    monkeypatch.setattr(script.platform, "machine", lambda: "x86_64")
    cases = [
        (["GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.9"], "2_34"), (["GLIBC_2.17", "GLIBCXX_3.4.30"], "2_35"), (["GLIBC_2.38", "GLIBCXX_3.4.21"], "2_38"),
        (["GLIBC_2.4"], "2_17")]
    for symbols, expected in cases:
        monkeypatch.setattr(script, "needs_of", lambda data: (["libc.so.6", "libstdc++.so.6"], {"libc.so.6": symbols}))
        assert script.platform_tag(b"") == f"manylinux_{expected}_x86_64"
    for libraries, symbols in [(["libswiftCore.so"], ["GLIBC_2.4"]), (["libc.so.6"], ["GLIBC_2.4", "GLIBCXX_3.4.99"])]:
        monkeypatch.setattr(script, "needs_of", lambda data: (libraries, {"libc.so.6": symbols}))
        with pytest.raises(SystemExit):
            script.platform_tag(b"")


def test_the_command_is_the_tool():
    outcome = subprocess.run(
        [sys.executable, "-m", "volley", "--version"], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
    assert outcome.stdout.strip() == volley.version() and volley.__version__ == volley.version()
