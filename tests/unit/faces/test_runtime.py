"""Engines: what they report, what they refuse, and that they can be shared by threads from the start."""

import threading

import numpy as np
import pytest

from antigone.errors import DeviceError, ModelPackError
from antigone.faces import FaceAnalyser
from antigone.faces.packs import ModelPack, default_pack
from antigone.faces.runtime import Runtime, open_runtime
from antigone.settings import Settings


@pytest.fixture(params=["cpu", "onnxruntime-cpu"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    return open_runtime(Settings(device=request.param, threads=2, precision="f32"))


def test_a_device_that_is_not_there_is_an_error_and_no_silent_change() -> None:
    with pytest.raises(DeviceError, match="not available"):
        open_runtime(Settings(device="cuda"))
    with pytest.raises(DeviceError, match="no device called"):
        open_runtime(Settings(device="abacus"))


def test_the_report_names_engine_device_precision_and_threads(runtime: Runtime) -> None:
    report = runtime.report
    assert report.engine.split()[-1][0].isdigit()
    assert report.device.startswith("CPU")
    assert (report.precision, report.threads) == ("f32", 2)


def test_batches_and_single_faces_give_the_same(runtime: Runtime) -> None:
    pack = default_pack()
    network = runtime.load(pack, pack.manifest.embedder, free_size=False)
    faces = np.random.default_rng(2).integers(0, 255, (5, 112, 112, 3), dtype=np.uint8)
    (name,) = network(faces)
    together = network(faces)[name]
    alone = np.concatenate([network(face[None])[name] for face in faces])
    assert together.shape == (5, 128)
    np.testing.assert_allclose(together, alone, atol=1e-3)


def test_results_belong_to_the_caller(runtime: Runtime) -> None:
    pack = default_pack()
    network = runtime.load(pack, pack.manifest.embedder, free_size=False)
    first = next(iter(network(np.zeros((1, 112, 112, 3), np.uint8)).values()))
    before = first.copy()
    network(np.full((1, 112, 112, 3), 255, np.uint8))
    np.testing.assert_array_equal(first, before)


def test_many_threads_share_one_network(runtime: Runtime) -> None:
    pack = default_pack()
    network = runtime.load(pack, pack.manifest.detector, free_size=True)
    rng = np.random.default_rng(4)
    pictures = [rng.integers(0, 255, (1, 64 * n, 96, 3), dtype=np.uint8) for n in (1, 2, 3, 4)]
    expected = [network(picture)["cls_8"] for picture in pictures]
    wrong: list[int] = []

    def work(i: int) -> None:
        for _ in range(10):
            if not np.allclose(network(pictures[i])["cls_8"], expected[i], atol=1e-4):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("model", ["detector", "embedder"])
def test_one_flipped_byte_in_a_model_file_is_refused(
    tmp_path_factory: pytest.TempPathFactory, model: str
) -> None:
    source = default_pack()
    folder = tmp_path_factory.mktemp("models")
    for spec in (source.manifest.detector, source.manifest.embedder):
        (folder / spec.file).write_bytes((source.folder / spec.file).read_bytes())
    spec = getattr(source.manifest, model)
    damaged = bytearray((folder / spec.file).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (folder / spec.file).write_bytes(damaged)
    pack = ModelPack(manifest=source.manifest, folder=folder)
    with pytest.raises(ModelPackError, match="not the file it should be"):
        open_runtime(Settings()).load(pack, spec, free_size=True)


def test_an_analyser_without_its_files_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> object:
        import importlib.metadata

        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", gone)
    with pytest.raises(ModelPackError, match="not installed"):
        FaceAnalyser(Settings())
