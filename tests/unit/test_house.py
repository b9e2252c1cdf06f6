"""What is true of the repository as a whole: nothing private in it, all of it documented and pinned."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import antigone
import licences

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 450  # lines; a longer file has two subjects
SOURCES = sorted((ROOT / "src").rglob("*.py"))


def _tracked() -> list[Path]:
    """Files that belong to the project."""
    try:
        done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return [path for name in done.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""  # a picture


# Broken up here so that this file does not find itself.
MACHINE = re.compile("/(?:" + r"root/|work/|home/\w|opt/py)|C:\\" + "Users")
REGISTRIES = re.compile("(?:pypi|registry.npmjs|deb.debian).(?:" + "org)|python" + "hosted")


@pytest.mark.parametrize("forbidden", [MACHINE, REGISTRIES], ids=["path of a machine", "registry host"])
def test_tracked_files_name_no(forbidden: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in _tracked()
        if (match := forbidden.search(_text(path))) is not None
    ]
    assert not found


def test_no_photo_of_a_person_and_no_large_file_is_tracked() -> None:
    assert not [path for path in _tracked() if path.stat().st_size > 2**20]
    assert not [
        path for path in _tracked() if path.suffix.lower() in {".jpg", ".jpeg", ".onnx", ".npy", ".db"}
    ]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(ROOT / "src").as_posix())
def test_every_module_says_what_it_is_and_stays_short(source: Path) -> None:
    text = _text(source)
    assert ast.get_docstring(ast.parse(text)), "a module begins with a sentence that says what it is for"
    assert len(text.splitlines()) <= LONGEST_FILE


def test_the_package_is_typed_and_tells_its_version_and_licence() -> None:
    about = importlib.metadata.metadata("antigone")
    assert about["License-Expression"] == "Apache-2.0"
    assert about["Version"] == tomllib.loads(_text(ROOT / "pyproject.toml"))["project"]["version"]
    assert (Path(antigone.__file__).parent / "py.typed").is_file()
    assert [point.value for point in importlib.metadata.entry_points(name="antigone")] == [
        "antigone.cli:main"
    ]


def test_every_public_name_exists() -> None:
    assert antigone.__all__
    assert not [name for name in antigone.__all__ if not hasattr(antigone, name)]


# ---- documentation ------------------------------------------------------------


@pytest.mark.parametrize("tool", ["reference", "figures"])
def test_derived_pages_say_what_the_code_says(tool: str) -> None:
    done = subprocess.run(
        [sys.executable, f"tools/{tool}.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}run `make {tool}`"


def test_readme_names_only_commands_and_targets_that_exist() -> None:
    readme, makefile = _text(ROOT / "README.md"), _text(ROOT / "Makefile")
    commands = set(re.findall(r"^## antigone ([a-z ]+)$", _text(ROOT / "docs" / "commands.md"), re.MULTILINE))
    named = {match.strip() for match in re.findall(r"^antigone ((?:[a-z]+ ?)+)", readme, re.MULTILINE)}
    assert named
    assert not {name for name in named if name not in commands and name.split()[0] not in commands}
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    lines = re.findall(r"(?:^|`)make ((?:[a-z-]+ ?)+)", readme, re.MULTILINE)
    wanted = {target for line in lines for target in line.split()}
    assert {"demo", "setup", "bench", "lint", "test"} <= wanted <= targets


def test_every_benchmark_that_make_names_can_be_run() -> None:
    makefile = _text(ROOT / "Makefile").replace("\\\n", " ")
    (names,) = re.findall(r"^BENCHMARKS := (.*)$", makefile, re.MULTILINE)
    for name in names.split():
        script = ROOT / "benchmarks" / f"{name.replace('-', '_')}.py"
        assert 'if __name__ == "__main__":' in _text(script)


def test_links_from_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", _text(ROOT / "README.md"))
    assert links
    assert not [link for link in links if "://" not in link and not (ROOT / link).is_file()]


def test_the_changelog_keeps_its_form() -> None:
    text = _text(ROOT / "CHANGELOG.md")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", heading) for heading in headings[1:])
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= kinds


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = _text(folder / "index.md")
    notes = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert notes
    assert [int(name[:4]) for name in notes] == sorted({int(name[:4]) for name in notes}), (
        "a number is taken once"
    )
    assert not [name for name in notes if f"({name})" not in index]


# ---- requirements -------------------------------------------------------------


def _pinned(name: str) -> dict[str, list[str]]:
    """The versions of each pinned package; several where platforms differ."""
    found: dict[str, list[str]] = {}
    for package, version in re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", _text(ROOT / name), re.MULTILINE):
        found.setdefault(package, []).append(version)
    return found


def _wanted(groups: tuple[str, ...]) -> list[Requirement]:
    project = tomllib.loads(_text(ROOT / "pyproject.toml"))
    lines = [*project["project"]["dependencies"]]
    for group in groups:
        lines += project["dependency-groups"][group]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("requirements.txt", ()),
        ("requirements-dev.txt", ("build", "dev", "docs")),
        ("requirements-bench.txt", ("build", "dev", "docs", "bench")),
    ],
)
def test_requirements_pin_what_the_project_asks_for(name: str, groups: tuple[str, ...]) -> None:
    pinned = _pinned(name)
    missing = [
        str(wanted)
        for wanted in _wanted(groups)
        if not any(
            wanted.specifier.contains(version, prereleases=True)
            for version in pinned.get(re.sub("[-_.]+", "-", wanted.name).lower(), ())
        )
    ]
    assert not missing, "run `make lock`"
    text = _text(ROOT / name)
    assert "://" not in text
    assert len(re.findall("--hash=sha256:[0-9a-f]{64}", text)) > len(pinned)
    for entry in re.split(r"\n(?=[a-z0-9])", text)[1:]:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_the_telemetry_of_openvino_is_not_installed() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-bench.txt"):
        assert "openvino-telemetry" not in _pinned(name)


def test_every_licence_is_known_listed_and_free_for_any_use() -> None:
    assert licences.note_with_table() == licences.NOTE.read_text(encoding="utf-8"), "run `make reference`"
    rows = re.findall(r"^\| (\S+) \| (.+) \|$", licences.table(), re.MULTILINE)
    assert not [row for row in rows[1:] if row[0] != "---" and not licences.is_allowed(row[1])]
    assert not licences.is_allowed("MIT AND GPL-3.0-only")
    assert licences.is_allowed("GPL-3.0-only OR MIT")
