"""What decoding a photo costs, against the decoders that were looked at.

Run with ``python -m benchmarks.decoding``; see ``docs/decisions/0002-image-decoding.md``. Times are of one
processor core (time spent, not waited), the best of several rounds, so they hold on a busy machine too.
``pdqhash`` and ``ImageHash`` take part where they are installed.
"""

from __future__ import annotations

import importlib
import io
import random
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
import simplejpeg
from PIL import Image

from antigone.faces import codecs, containers, images
from antigone.faces.phash import perceptual_hash
from antigone.settings import Settings
from antigone.types import Uint8Array
from benchmarks.lfw import data_folder

SEED = 20_260_101
PHOTOS = 1_500
ROUNDS = 7
LIMITS = images.ImageLimits.of(Settings())


def main() -> None:
    """Print one table a question."""
    cv2.setNumThreads(1)
    files = sorted((data_folder() / "lfw").glob("*/*.jpg"))
    random.Random(SEED).shuffle(files)
    photos = [path.read_bytes() for path in files[:PHOTOS]]
    pixels = [simplejpeg.decode_jpeg(photo) for photo in photos]
    headers = [containers.read_header(photo, "JPEG") for photo in photos]
    print(f"{len(photos)} LFW photos of 250 x 250, JPEG\n")
    _row("Pillow", _pillow, photos)
    _row("OpenCV imdecode, to RGB", _opencv, photos)
    _row("simplejpeg (libjpeg-turbo)", simplejpeg.decode_jpeg, photos)
    print()
    _row("antigone: header and EXIF", lambda photo: containers.read_header(photo, "JPEG"), photos)
    _row("antigone: pixels", codecs.decode_pixels, headers)
    _row("antigone: perceptual hash", perceptual_hash, pixels)
    _row("antigone: decode, all of it", lambda photo: images.decode(photo, LIMITS), photos)
    _row("antigone: the same from files", lambda path: images.decode(path, LIMITS), files[:PHOTOS])
    print()
    _other_hashes(pixels)
    _large()


def _pillow(photo: bytes) -> Uint8Array:
    return np.asarray(Image.open(io.BytesIO(photo)))


def _opencv(photo: bytes) -> Uint8Array:
    return np.asarray(cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR_RGB))


def _other_hashes(pixels: Sequence[Uint8Array]) -> None:
    pillow = [Image.fromarray(photo) for photo in pixels[:300]]
    for module, name, photos in (("pdqhash", "compute", pixels[:300]), ("imagehash", "phash", pillow)):
        try:
            _row(module, getattr(importlib.import_module(module), name), photos)
        except ImportError:
            print(f"{module:34} not installed")


def _large() -> None:
    source = Image.open(Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg").convert("RGB")
    large = source.resize((3000, 4000), Image.Resampling.BICUBIC)
    coded = {}
    for kind, options in (("JPEG", {"quality": 92}), ("PNG", {"compress_level": 1}), ("WEBP", {"method": 0})):
        buffer = io.BytesIO()
        large.save(buffer, kind, **options)
        coded[kind] = buffer.getvalue()
    print("\n12 megapixels; the stall is the longest time that another Python thread had to wait\n")
    candidates: list[tuple[str, str, Callable[[bytes], object]]] = [
        ("JPEG", "Pillow", _pillow),
        ("JPEG", "OpenCV", _opencv),
        ("JPEG", "simplejpeg", simplejpeg.decode_jpeg),
        ("PNG", "Pillow", _pillow),
        ("PNG", "OpenCV", _opencv),
        ("WEBP", "Pillow", _pillow),
        ("WEBP", "OpenCV", _opencv),
    ]
    for kind, name, decode in candidates:
        cost, stall = _cost(decode, [coded[kind]]), _stall(decode, coded[kind])
        print(f"{kind:5} {name:12} {cost:7.1f} ms  stall {stall:5.0f} ms")
    for kind, photo in coded.items():
        print(f"{kind:5} {'antigone':12} {_cost(lambda data: images.decode(data, LIMITS), [photo]):7.1f} ms")


def _row(name: str, work: Callable[[Any], object], items: Sequence[Any]) -> None:
    print(f"{name:34} {_cost(work, items):6.3f} ms")


def _cost(work: Callable[[Any], object], items: Sequence[Any]) -> float:
    """Return the processor time of one call in milliseconds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for item in items:
            work(item)
        best = min(best, (time.process_time() - start) / len(items))
    return best * 1e3


def _stall(decode: Callable[[bytes], object], photo: bytes) -> float:
    """Return the longest pause, in milliseconds, of a thread that wants to tick while another decodes."""
    done = threading.Event()
    pauses = []

    def tick() -> None:
        last = time.perf_counter()
        while not done.is_set():
            time.sleep(0.0005)
            now = time.perf_counter()
            pauses.append(now - last)
            last = now

    ticker = threading.Thread(target=tick)
    ticker.start()
    decode(photo)
    done.set()
    ticker.join()
    return max(pauses) * 1e3


if __name__ == "__main__":
    main()
