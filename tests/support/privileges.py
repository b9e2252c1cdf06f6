"""Tests of permissions mean nothing to the superuser, who may do everything: they run as somebody else."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534


@contextmanager
def without_privileges() -> Iterator[None]:
    """Give up the superuser's rights for a while; changes nothing for ordinary users."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        yield
        return
    os.setegid(_NOBODY)
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@contextmanager
def public_folder() -> Iterator[Path]:
    """Make a folder that belongs to whoever runs the test, on a path that everybody may follow."""
    folder = Path(tempfile.mkdtemp(prefix="antigone-test-"))
    try:
        yield folder
    finally:
        for path in folder.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(folder)
