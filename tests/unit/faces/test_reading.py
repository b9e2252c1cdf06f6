"""Whatever lies at a path is read within bounds or refused with a reason; nothing blocks."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from antigone.errors import PhotoError
from antigone.faces.images import ImageLimits, read_bounded
from antigone.types import FailureCode

LIMITS = ImageLimits(max_file_bytes=1000, max_pixels=1000, max_side=1000)
BLOCKED = 5  # seconds after which a call counts as hanging


def refusal(path: Path) -> tuple[FailureCode, str]:
    """Return code and sentence of the refusal, in a thread so that blocking shows as a failure."""
    caught: list[PhotoError] = []

    def read() -> None:
        try:
            read_bounded(path, LIMITS)
        except PhotoError as error:
            caught.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(BLOCKED)
    assert not thread.is_alive(), "reading blocked"
    assert caught, "reading was not refused"
    return caught[0].failure.code, caught[0].failure.message


@pytest.mark.parametrize("size", [1, 999, 1000])
def test_a_file_within_the_limit_is_read_whole(tmp_path: Path, size: int) -> None:
    path = tmp_path / "photo.jpg"
    data = os.urandom(size)
    path.write_bytes(data)
    assert read_bounded(path, LIMITS) == data
    link = tmp_path / "link.jpg"
    link.symlink_to(path)
    assert read_bounded(link, LIMITS) == data


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(bytes(1001))
    code, message = refusal(path)
    assert code is FailureCode.FILE_TOO_LARGE
    assert "1,001 bytes" in message
    assert "1,000 bytes" in message


def test_a_huge_sparse_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert refusal(path)[0] is FailureCode.FILE_TOO_LARGE


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.touch()
    assert refusal(path)[0] is FailureCode.EMPTY


def test_a_file_whose_size_lies_is_still_bounded() -> None:
    """Files of /proc say they hold nothing and hold something."""
    path = Path("/proc/self/status")
    if not path.is_file():
        pytest.skip("no /proc here")
    code, _ = refusal(path)
    assert code is FailureCode.FILE_TOO_LARGE
    assert read_bounded(Path("/proc/self/comm"), LIMITS)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"x")
    path.chmod(0)
    code, message = refusal(path)
    assert code is FailureCode.UNREADABLE
    assert "permission" in message


def test_permission_denied_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"x")

    def deny(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", deny)  # root reads everything, so the refusal is made here
    code, message = refusal(path)
    assert code is FailureCode.UNREADABLE
    assert "permission" in message


def test_a_failing_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"x")

    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", fail)
    code, message = refusal(path)
    assert code is FailureCode.UNREADABLE
    assert "disk" in message


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.jpg")[0] is FailureCode.UNREADABLE
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "gone.jpg")
    assert refusal(tmp_path / "dangling.jpg")[0] is FailureCode.UNREADABLE
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file" / "photo.jpg")[0] is FailureCode.UNREADABLE


def test_names_that_no_file_can_have_are_unreadable(tmp_path: Path) -> None:
    assert refusal(tmp_path / ("x" * 5000))[0] is FailureCode.UNREADABLE
    assert refusal(tmp_path / "nul\0.jpg")[0] is FailureCode.UNREADABLE


def test_link_loops_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to(tmp_path / "b.jpg")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "a.jpg")
    assert refusal(tmp_path / "a.jpg")[0] is FailureCode.LINK_LOOP
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert refusal(tmp_path / "self" / "photo.jpg")[0] is FailureCode.LINK_LOOP


def test_folders_pipes_devices_and_sockets_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert refusal(tmp_path)[1].startswith("The path is a folder")
    assert refusal(tmp_path / "pipe.jpg")[1].startswith("The path is a named pipe")
    assert refusal(Path("/dev/zero"))[1].startswith("The path is a device")
    assert refusal(Path("/dev/null"))[1].startswith("The path is a device")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        code, message = refusal(tmp_path / "s")
    assert code is FailureCode.UNREADABLE
    assert message.startswith("The path is a socket")


def test_a_pipe_that_takes_the_place_of_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"x")
    really_open = os.open

    def swap_then_open(name: Path, flags: int) -> int:
        path.unlink()
        os.mkfifo(path)
        return really_open(name, flags)

    monkeypatch.setattr(os, "open", swap_then_open)
    assert refusal(path)[0] is FailureCode.UNREADABLE


def test_a_file_that_grows_while_it_is_read_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"x" * 10)
    really_read = os.read

    def grow_then_read(descriptor: int, size: int) -> bytes:
        with path.open("ab") as file:
            file.write(b"y" * 600)
        return really_read(descriptor, size)

    monkeypatch.setattr(os, "read", grow_then_read)
    assert refusal(path)[0] is FailureCode.FILE_TOO_LARGE


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("no /proc here")
    (tmp_path / "large.jpg").write_bytes(bytes(2000))
    (tmp_path / "good.jpg").write_bytes(b"x")
    before = len(list(folder.iterdir()))
    for _ in range(20):
        refusal(tmp_path / "large.jpg")
        read_bounded(tmp_path / "good.jpg", LIMITS)
    assert len(list(folder.iterdir())) == before
