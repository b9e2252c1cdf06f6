"""What every test can use: data and portraits, the default analyser, and a guard on the network."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

import network_guard
from s3_server import s3_server

if TYPE_CHECKING:
    from antigone.faces import FaceAnalyser

REPOSITORY = Path(__file__).resolve().parents[1]
SUPPORT = REPOSITORY / "tests" / "support"

network_guard.install()


@pytest.fixture(scope="session", autouse=True)
def network_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file of refused attempts to leave the machine, by this process and by those it starts."""
    log = tmp_path_factory.mktemp("network") / "attempts.log"
    log.touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(network_guard.LOG, str(log))
        patch.setenv("PYTHONPATH", str(SUPPORT), prepend=os.pathsep)
        yield log


@pytest.fixture(autouse=True)
def _stay_on_this_machine(network_log: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that tried to leave the machine even where a library swallowed the refusal."""
    before = network_log.stat().st_size
    yield
    if request.node.get_closest_marker("tries_network") is None:
        attempts = network_log.read_text(encoding="utf-8")[before:]
        assert not attempts, f"this test tried to reach another machine:\n{attempts}"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real photos that lies beside the repository, never inside it."""
    path = Path(os.environ.get("ANTIGONE_TEST_DATA") or REPOSITORY.parent / "shared" / "data")
    if not path.is_dir():
        pytest.skip(f"no test data at {path}; set ANTIGONE_TEST_DATA")
    return path


@pytest.fixture(scope="session")
def s3_environment() -> Iterator[Mapping[str, str]]:
    """The environment in which S3 is a server on this machine, which stands in for it; started once."""
    with s3_server() as environment:
        yield environment


@pytest.fixture
def s3(s3_environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a bucket that nobody has made yet, of the S3 server that this test reaches."""
    for name, value in s3_environment.items():
        monkeypatch.setenv(name, value)
    return f"bucket-{uuid.uuid4().hex}"


@pytest.fixture(scope="session")
def portraits() -> MappingProxyType[str, Path]:
    """Public-domain portraits of one person each, by name, as they lie inside installed packages."""
    import matplotlib
    import skimage

    found = {
        "hopper": Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg",
        "collins": Path(skimage.__file__).parent / "data" / "astronaut.png",
    }
    missing = [str(path) for path in found.values() if not path.is_file()]
    assert not missing, f"the development requirements should have brought {missing}"
    return MappingProxyType(found)


@pytest.fixture(scope="session")
def analyser() -> FaceAnalyser:
    """The default analyser, loaded once for the whole run."""
    from antigone.faces import FaceAnalyser

    return FaceAnalyser()
