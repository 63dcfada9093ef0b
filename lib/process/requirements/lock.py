"""Renews the hashes of this folder's requirement files: those of the wheels that may be installed.

    python3 lib/process/requirements/lock.py            renew the hashes
    python3 lib/process/requirements/lock.py --check    say what is wrong, change nothing

To pin another version change it in the file (`name==version`, with a marker where only some
Pythons need it) and run this. Wheels are those of pip's index, or of `PIP_INDEX_URL`, that CPython
3.11 to 3.14 can install on Linux, x86-64 and ARM64. It is an error when a pinned package needs one
that is not pinned, or another version of it, on any of those.
"""

import io
import json
import os
import re
import sys
import urllib.request
import zipfile
from pathlib import Path
from typing import NamedTuple

from pip._internal.models.index import PyPI
from pip._vendor.packaging.markers import Marker
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name, parse_wheel_filename

FOLDER = Path(__file__).parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
MACHINES = ("x86_64", "aarch64")
LINUX = re.compile(r"^(any|(many|musl)linux.*_(x86_64|aarch64))$")

# Torch comes beforehand, from an index of its own (python_environment.ts).
INSTALLED_BEFORE = {"models": frozenset({"torch"})}
BEFORE_NEEDS = {
    "models": (
        "filelock",
        "typing-extensions>=4.10.0",
        "setuptools>=77.0.3",
        "sympy>=1.13.3",
        "networkx>=2.5.1",
        "jinja2",
        "fsspec>=0.8.5",
    )
}


class Wheel(NamedTuple):
    """A wheel of the index."""

    name: str
    sha256: str
    url: str
    has_metadata: bool


class Pin(NamedTuple):
    """A pinned version, with the extras that it is installed with."""

    name: str
    version: str
    extras: frozenset[str]
    marker: str
    wheels: list[Wheel]


def read_url(url: str, accept: str = "*/*") -> bytes:
    """Fetches a resource of the index."""
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=120) as reply:
        body: bytes = reply.read()
        return body


def is_wanted(filename: str) -> bool:
    """Whether one of our Pythons can install a wheel on one of our machines."""
    for tag in parse_wheel_filename(filename)[3]:
        if not LINUX.match(tag.platform):
            continue
        if re.fullmatch(r"py3|py2\.py3|py31[1-4]", tag.interpreter):
            return True
        found = re.fullmatch(r"cp3(\d+)", tag.interpreter)
        if found is None:
            continue
        minor = int(found.group(1))
        if tag.abi == "abi3" and minor <= 14:
            return True
        if 11 <= minor <= 14 and tag.abi in (tag.interpreter, "none"):
            return True
    return False


def wheels_of(name: str, version: str) -> list[Wheel]:
    """Finds the wheels of a version that we may install, oldest name first."""
    index = os.environ.get("PIP_INDEX_URL", PyPI.simple_url).rstrip("/")
    page = json.loads(read_url(f"{index}/{name}/", "application/vnd.pypi.simple.v1+json"))
    found = []
    for file in page["files"]:
        filename = file["filename"]
        if not filename.endswith(".whl"):
            continue
        if str(parse_wheel_filename(filename)[1]) != version or not is_wanted(filename):
            continue
        has_metadata = bool(file.get("core-metadata") or file.get("data-dist-info-metadata"))
        found.append(
            Wheel(filename, file["hashes"]["sha256"], file["url"].split("#")[0], has_metadata)
        )
    return sorted(found)


def read_pins(text: str) -> list[tuple[str, str, frozenset[str], str]]:
    """Reads name, version, extras and marker of every line that pins one."""
    pins = []
    bare = re.sub(r"\s--hash=\S+", "", re.sub(r"\\\n", " ", text))
    for line in (one.strip() for one in bare.splitlines()):
        if line == "" or line.startswith("#"):
            continue
        requirement = Requirement(line)
        version = str(requirement.specifier).removeprefix("==")
        marker = "" if requirement.marker is None else str(requirement.marker)
        pins.append((requirement.name, version, frozenset(requirement.extras), marker))
    return pins


def render(comments: list[str], pins: list[Pin]) -> str:
    """Writes a requirement file."""
    lines = list(comments)
    for pin in pins:
        extras = f"[{','.join(sorted(pin.extras))}]" if pin.extras else ""
        marker = f" ; {pin.marker}" if pin.marker else ""
        hashes = sorted({wheel.sha256 for wheel in pin.wheels})
        parts = [f"{pin.name}{extras}=={pin.version}{marker}"]
        parts += [f"    --hash=sha256:{value}" for value in hashes]
        lines.append(" \\\n".join(parts))
    return "\n".join(lines) + "\n"


def metadata_inside(wheel: Wheel) -> str:
    """Reads the metadata out of a wheel: of old uploads the index does not serve them alone."""
    with zipfile.ZipFile(io.BytesIO(read_url(wheel.url))) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return archive.read(name).decode()


def needs_of(pin: Pin) -> list[Requirement]:
    """Reads what a pinned version needs, out of the metadata of one of its wheels."""
    if not pin.wheels:
        return []
    wheel = next((one for one in pin.wheels if one.has_metadata), None)
    text = read_url(f"{wheel.url}.metadata").decode() if wheel else metadata_inside(pin.wheels[0])
    found = re.findall(r"^Requires-Dist: (.+?)\r?$", text.split("\n\n")[0], re.MULTILINE)
    return [Requirement(line) for line in found]


def applies(marker: Marker | None, environment: dict[str, str], extras: frozenset[str]) -> bool:
    """Whether a marker holds, for any of the extras or without one."""
    if marker is None:
        return True
    return any(marker.evaluate({**environment, "extra": extra}) for extra in extras | {""})


def environments() -> list[dict[str, str]]:
    """Describes the machines that the files are for, as markers name them."""
    return [
        {
            "python_version": python,
            "python_full_version": f"{python}.0",
            "platform_machine": machine,
            "platform_system": "Linux",
            "sys_platform": "linux",
            "os_name": "posix",
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
        }
        for python in PYTHONS
        for machine in MACHINES
    ]


def missing(file: str, pins: list[Pin]) -> set[str]:
    """Finds what some machine of ours needs and is not pinned for it, and what has no wheel."""
    before = INSTALLED_BEFORE.get(file, frozenset())
    needs: list[tuple[str, Pin | None, Requirement]] = [
        (pin.name, pin, need) for pin in pins for need in needs_of(pin)
    ]
    needs += [("torch", None, Requirement(need)) for need in BEFORE_NEEDS.get(file, ())]
    found = {f"{pin.name}=={pin.version} has no wheel" for pin in pins if not pin.wheels}
    for environment in environments():
        here = {
            canonicalize_name(pin.name): pin.version
            for pin in pins
            if not pin.marker or Marker(pin.marker).evaluate({**environment, "extra": ""})
        }
        for owner, pin, need in needs:
            if canonicalize_name(owner) not in here and owner not in before:
                continue
            if not applies(need.marker, environment, pin.extras if pin else frozenset()):
                continue
            name = canonicalize_name(need.name)
            if name in before:
                continue
            version = here.get(name)
            if version is None or not need.specifier.contains(version, prereleases=True):
                python = environment["python_version"]
                found.add(
                    f"Python {python}: {owner} needs {need.name}{need.specifier}, got {version}"
                )
    return found


def main(arguments: list[str]) -> int:
    """Renews or checks every file; returns the exit code."""
    code = 0
    for path in sorted(FOLDER.glob("*.txt")):
        text = path.read_text()
        comments = [line for line in text.splitlines() if line.startswith("#")]
        pins = [Pin(*pin, wheels_of(pin[0], pin[1])) for pin in read_pins(text)]
        for problem in sorted(missing(path.stem, pins)):
            code = 1
            print(f"{path.name}: {problem}", file=sys.stderr)
        renewed = render(comments, pins)
        if renewed != text and "--check" in arguments:
            code = 1
            print(f"{path.name}: hashes are not those of the index", file=sys.stderr)
        elif renewed != text:
            path.write_text(renewed)
            print(f"{path.name}: {len(pins)} packages, {renewed.count('--hash')} hashes")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
