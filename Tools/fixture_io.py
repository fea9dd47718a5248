"""Shared helpers of the fixture scripts: folders, JSON, manifests.

Makes nothing by itself.
"""

import hashlib
import json
import platform
import shutil
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "Tests" / "Fixtures"


def fresh_folder(path: Path) -> Path:
    """Empties or makes a folder that belongs wholly to one script."""
    if path.exists():
        shutil.rmtree(path)
    path.mkdir(parents=True)
    return path


def write_json(path: Path, value, indent=2):
    path.write_text(json.dumps(value, indent=indent) + "\n", encoding="utf-8")


def versions(*packages):
    found = {"python": platform.python_version()}
    for name in packages:
        found[name] = version(name)
    return found


def write_manifest(folder: Path, script: str, seed: int, packages, to: Path = None, **extra):
    """Lists every file below `folder` with its sha256."""
    to = to or folder / "MANIFEST.json"
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != to:
            path.chmod(0o644)
            name = path.relative_to(folder).as_posix()
            files[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest = {"script": "Tools/" + script, "seed": seed, "versions": versions(*packages)}
    manifest.update(extra)
    manifest["sha256"] = files
    write_json(to, manifest)
