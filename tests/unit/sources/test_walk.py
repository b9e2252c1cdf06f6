"""Which files are visited, in which order, and that none is passed over silently."""

import os
import sys
from pathlib import Path

import pytest

from antigone.errors import NotFoundError, UsageError
from antigone.settings import Settings
from antigone.sources.walk import Found, Walk, make_plan
from antigone.types import FailureCode

SETTINGS = Settings()


def files(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"content")


def walk(*paths: Path, but: Path | None = None) -> tuple[list[Found], int]:
    one = Walk(make_plan(paths, SETTINGS), SETTINGS, but=but)
    return list(one), one.ignored


def names(found: list[Found], root: Path) -> list[str]:
    return [os.path.relpath(item.location, root) for item in found]


def test_the_order_is_that_of_names_whatever_the_file_system_says(tmp_path: Path) -> None:
    files(tmp_path, "b/2.jpg", "b/10.jpg", "a.jpg", "c.png", "b.jpg", "b/1/x.webp", "Z.jpg")
    found, ignored = walk(tmp_path)
    assert names(found, tmp_path) == [
        *("Z.jpg", "a.jpg"),
        *("b/1/x.webp", "b/10.jpg", "b/2.jpg"),
        *("b.jpg", "c.png"),
    ]
    assert ignored == 0
    assert all(item.size == 7 and item.changed_ns > 0 and item.failure is None for item in found)


def test_a_file_url_is_a_path(tmp_path: Path) -> None:
    files(tmp_path, "a b.jpg")
    assert make_plan([f"file://{tmp_path}/a%20b.jpg"], SETTINGS) == make_plan(
        [tmp_path / "a b.jpg"], SETTINGS
    )


def test_what_is_plainly_no_photo_is_ignored_and_counted(tmp_path: Path) -> None:
    files(tmp_path, "notes.txt", "a.json", "A.JSON", "song.mp3", "Thumbs.db", "._a.jpg", ".DS_Store")
    files(tmp_path, "a.jpg", "noextension", "b.heic", "c.jpg_original", "d.", "e.warc.gz", "f.mp4", "g.csv")
    found, ignored = walk(tmp_path)
    assert names(found, tmp_path) == [
        "a.jpg",
        "b.heic",
        "c.jpg_original",
        "d.",
        "e.warc.gz",
        "f.mp4",
        "noextension",
    ]
    assert ignored == 8


def test_a_file_that_was_named_is_always_visited(tmp_path: Path) -> None:
    files(tmp_path, "folder/notes.txt", "folder/more.txt", "folder/a.jpg")
    found, ignored = walk(tmp_path / "folder" / "notes.txt", tmp_path / "folder")
    assert names(found, tmp_path) == ["folder/a.jpg", "folder/notes.txt"]
    assert ignored == 1


def test_paths_within_each_other_are_visited_once(tmp_path: Path) -> None:
    files(tmp_path, "a/b/c.jpg", "a/d.jpg", "ab/e.jpg")
    paths = [tmp_path / "ab", tmp_path / "a" / "b", tmp_path / "a", tmp_path / "a" / "d.jpg", tmp_path / "a"]
    expected = ["a/b/c.jpg", "a/d.jpg", "ab/e.jpg"]
    assert sorted(names(walk(*paths)[0], tmp_path)) == expected
    assert make_plan(paths, SETTINGS) == make_plan(list(reversed(paths)), SETTINGS)
    assert make_plan(paths, SETTINGS).folders == (str(tmp_path / "a"), str(tmp_path / "ab"))


def test_relative_paths_are_the_same_as_absolute_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files(tmp_path, "a/b.jpg")
    monkeypatch.chdir(tmp_path)
    assert make_plan([Path("a"), "./a/../a"], SETTINGS) == make_plan([tmp_path / "a"], SETTINGS)


def test_nothing_named_and_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to import"):
        make_plan([], SETTINGS)
    with pytest.raises(NotFoundError, match=r"0, .*1, .*2 and 2 more") as caught:
        make_plan([tmp_path / str(number) for number in range(5)], SETTINGS)
    assert caught.value.hint


def test_a_link_that_leads_back_is_one_failure(tmp_path: Path) -> None:
    files(tmp_path, "a/b/photo.jpg")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "b" / "self").symlink_to("self")
    found, ignored = walk(tmp_path)
    assert names(found, tmp_path) == ["a/b/photo.jpg", "a/b/self", "a/b/up"]
    codes = [item.failure and item.failure.code for item in found]
    assert codes == [None, FailureCode.LINK_LOOP, FailureCode.LINK_LOOP]
    assert ignored == 0


def test_a_folder_is_entered_once_by_its_name_and_once_by_link(tmp_path: Path) -> None:
    files(tmp_path / "photos", "a.jpg")
    for link in ("link1", "link2", "link3"):
        (tmp_path / link).symlink_to(tmp_path / "photos")
    found, ignored = walk(tmp_path)
    assert names(found, tmp_path) == ["link1/a.jpg", "photos/a.jpg"]
    assert ignored == 2


def test_links_that_multiply_come_to_an_end(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abcdefgh"]
    for folder in folders:
        files(folder, "photo.jpg")
    for folder in folders:
        for other in folders:
            if other != folder:
                (folder / f"to_{other.name}").symlink_to(other)
    found, _ = walk(tmp_path)
    assert len(found) < 1_000
    assert {item.location for item in found} >= {str(folder / "photo.jpg") for folder in folders}


def test_linked_files_and_links_to_nowhere(tmp_path: Path) -> None:
    files(tmp_path / "elsewhere", "photo.jpg")
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.jpg").symlink_to(tmp_path / "elsewhere" / "photo.jpg")
    (root / "gone").symlink_to(tmp_path / "nowhere")
    (root / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    found, ignored = walk(root)
    assert names(found, root) == ["a.jpg", "gone"]
    assert found[1].failure is not None
    assert found[1].failure.code is FailureCode.UNREADABLE
    assert ignored == 1


@pytest.mark.parametrize(
    "name",
    [b"caf\xe9.jpg", b"\xff\xfe", b"line\nbreak.jpg", b" ", b"\xe2\x80\xae.jpg", "Zoë 日本 👁.jpg".encode()],
)
def test_odd_names_come_through_untouched(tmp_path: Path, name: bytes) -> None:
    place = os.fsencode(tmp_path) + b"/" + name
    Path(os.fsdecode(place)).write_bytes(b"x")
    found, _ = walk(tmp_path)
    assert [os.fsencode(item.location) for item in found] == [place]


def test_folders_deeper_than_python_recurses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    depth = sys.getrecursionlimit() + 50
    monkeypatch.chdir(tmp_path)
    for _ in range(depth):
        os.mkdir("d")  # noqa: PTH102 - a Path would join thousands of parts
        os.chdir("d")
    Path("photo.jpg").write_bytes(b"x")
    found, _ = walk(tmp_path)
    Path("photo.jpg").unlink()
    for _ in range(depth):  # what clears up after the tests recurses, too
        os.chdir("..")
        os.rmdir("d")  # noqa: PTH106
    assert len(found) == 1
    assert found[0].location.endswith("/d/photo.jpg")


def test_a_pipe_is_visited_so_that_reading_can_refuse_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert names(walk(tmp_path)[0], tmp_path) == ["pipe.jpg"]


def test_the_workspace_itself_is_never_walked(tmp_path: Path) -> None:
    files(tmp_path, "home/records.wal", "home/index/a.bin2", "photos/a.jpg")
    (tmp_path / "photos" / "way in").symlink_to(tmp_path / "home")
    found, ignored = walk(tmp_path, but=tmp_path / "home")
    assert names(found, tmp_path) == ["photos/a.jpg"]
    assert ignored == 2
    assert walk(tmp_path / "home", but=tmp_path / "home") == ([], 1)


@pytest.mark.usefixtures("without_privileges")
def test_a_folder_that_cannot_be_read_is_a_failure(public_folder: Path) -> None:
    files(public_folder, "locked/a.jpg", "open/b.jpg")
    (public_folder / "locked").chmod(0)
    found, ignored = walk(public_folder)
    assert names(found, public_folder) == ["locked", "open/b.jpg"]
    assert found[0].failure is not None
    assert found[0].failure.code is FailureCode.UNREADABLE
    assert "permission denied" in found[0].failure.message
    assert ignored == 0
