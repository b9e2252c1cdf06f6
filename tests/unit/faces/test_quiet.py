"""OpenVINO must not report its use, wherever Antigone is what loads it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Stands in for the real package, which would report: says so when anybody imports it.
FAKE_TELEMETRY = """
import os, pathlib
pathlib.Path(os.environ["REPORTED"]).write_text("openvino_telemetry was imported")
class Telemetry:
    def __init__(self, *args, **kwargs): pass
    def send_event(self, *args, **kwargs): pass
"""


QUIETLY = "from antigone.faces.quiet import keep_openvino_quiet; keep_openvino_quiet();"


def _run(code: str, folder: Path) -> Path:
    """Run ``code`` as a fresh process of a new user outside any CI, with telemetry installed."""
    package = folder / "packages" / "openvino_telemetry"
    (package / "backend").mkdir(parents=True)
    (package / "__init__.py").write_text(FAKE_TELEMETRY)
    (package / "backend" / "__init__.py").write_text("backend_ga4 = None")
    home = folder / "home"
    home.mkdir()
    reported = folder / "reported"
    environment = {
        name: value for name, value in os.environ.items() if name not in {"CI", "TF_BUILD", "JENKINS_URL"}
    }
    environment |= {
        "HOME": str(home),
        "REPORTED": str(reported),
        "PYTHONPATH": os.pathsep.join([str(package.parent), os.environ["PYTHONPATH"]]),
    }
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=120)
    assert not list(home.iterdir()), "something was left in the home folder"
    return reported


def test_this_test_can_see_a_report(tmp_path: Path) -> None:
    assert _run("import openvino", tmp_path).exists()


@pytest.mark.parametrize(
    "code",
    [
        QUIETLY + "import openvino; openvino.Core()",
        QUIETLY + "import openvino.tools.ovc",
        "from antigone.faces.runtime import open_runtime; from antigone.settings import Settings;"
        "open_runtime(Settings()); import openvino",
    ],
    ids=["imported", "converter imported later", "runtime opened"],
)
def test_openvino_does_not_report(code: str, tmp_path: Path) -> None:
    assert not _run(code, tmp_path).exists()
