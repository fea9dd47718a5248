#!/usr/bin/env python3
"""Lists the public top-level types of the modules that users import beside Volley: Tests/Fixtures/foreign-names/names.txt

A type of Volley with one of these names could not be written without its module's name in a file that imports both. PackageTests
compares the list with the public declarations of the sources. Names come from the toolchain's own symbol graphs, so the script runs
wherever `swift` does; those that only Apple's systems add are written down below.
"""
import json
import pathlib
import platform
import re
import subprocess
import tempfile

MODULES = [
    "Swift", "_Concurrency", "_StringProcessing", "Synchronization", "Observation", "Distributed", "RegexBuilder", "Foundation",
    "FoundationEssentials", "FoundationInternationalization", "FoundationNetworking", "Dispatch", "Testing",
]
TYPES = {"swift.struct", "swift.class", "swift.enum", "swift.protocol", "swift.typealias", "swift.actor"}

# On macOS `import Foundation` brings the C types of MacTypes.h and of the Objective-C runtime along, and classes that
# swift-corelibs-foundation does not have.
APPLE = """
    Boolean Byte ByteCount ByteOffset Category Class ConstStr255Param DistantObject Duration Fixed Float32Point
    Float64 Fract Handle Host IMP ItemCount Ivar Method OptionBits OSStatus OSType Point Port Protocol Ptr Rect ResType
    SEL Selector Size Str255 Style StyleField StyleParameter TimeBase TimeRecord TimeScale TimeValue UnsignedFixed VersRec
""".split()


def names(module: str, target: str, folder: pathlib.Path) -> set[str]:
    subprocess.run(
        ["swift", "symbolgraph-extract", "-module-name", module, "-target", target, "-output-dir", str(folder),
         "-minimum-access-level", "public"], check=True)
    found = set()
    for path in folder.glob(f"{module}*.symbols.json"):
        if re.split("[.@]", path.name)[0] != module:
            continue
        for symbol in json.loads(path.read_text())["symbols"]:
            if symbol["kind"]["identifier"] in TYPES and len(symbol["pathComponents"]) == 1:
                found.add(symbol["pathComponents"][0])
    return found


def main() -> None:
    target = subprocess.run(["swift", "-print-target-info"], check=True, capture_output=True, text=True).stdout
    triple = json.loads(target)["target"]["unversionedTriple" if platform.system() == "Linux" else "triple"]
    lines = [f"Apple {name}" for name in APPLE]
    with tempfile.TemporaryDirectory() as folder:
        for module in MODULES:
            lines += [f"{module} {name}" for name in names(module, triple, pathlib.Path(folder))]
    output = pathlib.Path(__file__).parent.parent / "Tests/Fixtures/foreign-names/names.txt"
    output.parent.mkdir(exist_ok=True)
    output.write_text("\n".join(sorted(lines)) + "\n")
    print(f"{output}: {len(lines)} names of {len(MODULES)} modules")


main()
