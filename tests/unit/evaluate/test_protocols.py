"""Published lists are read as their makers wrote them, and anything else is said with its line."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from antigone.errors import NotFoundError, UsageError
from antigone.evaluate.extraction import entry_templates
from antigone.evaluate.material import VerificationTrial
from antigone.evaluate.protocols import Protocol, TrialFiles, read_identification, read_verification
from antigone.settings import Settings
from labelled import extracted

SETTINGS = Settings()


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def photos(folder: Path, *names: str) -> Path:
    for name in names:
        write(folder / name, "a photo")
    return folder


def verification(**files: Path | Protocol) -> VerificationTrial:
    return read_verification(TrialFiles(**files), SETTINGS)  # type: ignore[arg-type]


def told(trial: VerificationTrial) -> list[tuple[str, str, bool]]:
    names = [trial.material.photos[entry.photos[0]].name for entry in trial.material.entries]
    return [
        (names[a], names[b], bool(same))
        for a, b, same in zip(trial.first, trial.second, trial.mated, strict=True)
    ]


def test_lfw_in_its_layout_and_as_a_list(tmp_path: Path) -> None:
    folder = photos(
        tmp_path / "lfw", "Ada/Ada_0001.jpg", "Ada/Ada_0002.jpg", "Bo/Bo_0001.jpg", "Bo/Bo_0002.png"
    )
    lines = "2\t1\nAda\t1\t2\nAda\t1\tBo\t2\nBo\t2\t1\nBo\t1\tAda\t2\n"
    listed = write(tmp_path / "lfw_protocol" / "pairs.txt", lines)
    by_name = verification(photos=tmp_path, protocol=Protocol.LFW)
    by_list = verification(photos=folder, pairs=listed)
    assert told(by_name) == told(by_list)
    assert told(by_name)[:2] == [
        ("Ada/Ada_0001.jpg", "Ada/Ada_0002.jpg", True),
        ("Ada/Ada_0001.jpg", "Bo/Bo_0002.png", False),
    ]
    assert by_name.fold is not None
    assert by_name.fold.tolist() == [0, 0, 1, 1]
    assert by_name.material.subjects == ("Ada", "Bo")
    searched = read_identification(TrialFiles(photos=tmp_path, protocol=Protocol.LFW), SETTINGS)
    assert len(searched.gallery) == len(searched.probes) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1\t2\nAda\t1\t2\n", "announces 4 pairs and holds 1"),
        ("1\t1\nAda\t1\tBo\t2\nAda\t1\t2\n", "line 2: expected 3 fields, got 4"),
        ("1\t1\nAda\tx\t2\nAda\t1\tBo\t2\n", "line 2: a photo has a number"),
        ("", "neither|does not begin|not hold pairs"),
    ],
)
def test_a_bad_lfw_list_is_refused(tmp_path: Path, text: str, said: str) -> None:
    listed = write(tmp_path / "pairs.txt", text)
    with pytest.raises(UsageError, match=said):
        verification(photos=tmp_path, pairs=listed, protocol=Protocol.LFW)


def test_calfw_and_cplfw_take_two_lines_a_pair(tmp_path: Path) -> None:
    listed = write(
        tmp_path / "pairs_CALFW.txt",
        "Ada_Berg_0001.jpg 1\nAda_Berg_0002.jpg 1\nAda_Berg_0001.jpg 0\nBo_Li_0001.jpg 0\n",
    )
    trial = verification(photos=tmp_path, pairs=listed)  # told by its form
    assert told(trial) == [
        ("Ada_Berg_0001.jpg", "Ada_Berg_0002.jpg", True),
        ("Ada_Berg_0001.jpg", "Bo_Li_0001.jpg", False),
    ]
    assert trial.material.subjects == ("Ada_Berg", "Bo_Li")
    listed.write_text("Ada_Berg_0001.jpg 1\nAda_Berg_0002.jpg 0\n")
    with pytest.raises(UsageError, match="line 1"):
        verification(photos=tmp_path, pairs=listed, protocol=Protocol.CALFW)


def test_cfp_reads_numbered_photos_and_splits(tmp_path: Path) -> None:
    protocol = tmp_path / "Protocol"
    write(
        protocol / "Pair_list_F.txt",
        "1 ../Data/Images/001/frontal/01.jpg\n2 ../Data/Images/002/frontal/01.jpg\n",
    )
    write(
        protocol / "Pair_list_P.txt",
        "1 ../Data/Images/001/profile/01.jpg\n2 ../Data/Images/002/profile/01.jpg\n",
    )
    for fold in ("01", "02"):
        write(protocol / "Split" / "FP" / fold / "same.txt", "1,1\n")
        write(protocol / "Split" / "FP" / fold / "diff.txt", "1,2\n")
    trial = verification(photos=tmp_path, protocol=Protocol.CFP_FP)
    assert [same for _, _, same in told(trial)] == [True, False, True, False]
    assert told(trial)[1][1] == "../Data/Images/002/profile/01.jpg"
    assert trial.material.subjects == ("001", "002")
    place = trial.material.photos[0].place
    assert place is not None
    assert place.stored_at == str(tmp_path / "Data/Images/001/frontal/01.jpg")
    write(protocol / "Split" / "FP" / "02" / "diff.txt", "1,7\n")
    with pytest.raises(UsageError, match=r"diff.txt, line 1: two numbers"):
        verification(photos=tmp_path, protocol=Protocol.CFP_FP)


def test_a_csv_of_ones_own_joins_people_by_its_mated_pairs(tmp_path: Path) -> None:
    listed = write(
        tmp_path / "own.csv", "first,second,mated\na.jpg,b.jpg,same\nb.jpg,c.jpg,1\na.jpg,d.jpg,no\n"
    )
    trial = verification(photos=tmp_path, pairs=listed)
    assert [same for _, _, same in told(trial)] == [True, True, False]
    person = trial.material.person
    assert person[0] == person[1] == person[2] != person[3]
    assert trial.fold is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a.jpg,b.jpg,perhaps\n", "line 1: perhaps does not say same or different"),
        ("first,second\na.jpg,b.jpg\n", "no column mated"),
        ("a.jpg,b.jpg,1\na.jpg,c.jpg\n", "line 2: expected 3 cells, got 2"),
        ("a.jpg,b.txt,1\n", "line 1: b.txt is not the name of a photo"),
        ("a.jpg,b.jpg,1\n", "does not hold pairs of the same and of different people"),
    ],
)
def test_a_bad_csv_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        verification(photos=tmp_path, pairs=write(tmp_path / "own.csv", text))


def test_a_packed_set_holds_its_pictures(tmp_path: Path) -> None:
    path = tmp_path / "agedb_30.bin"
    path.write_bytes(pickle.dumps(([b"1", b"2", b"3", b"4"], [True, False]), protocol=2))
    trial = verification(pairs=path, protocol=Protocol.AGEDB_30)
    assert [photo.data for photo in trial.material.photos] == [b"1", b"2", b"3", b"4"]
    assert trial.mated.tolist() == [True, False]
    assert trial.fold is not None


class _Harm:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("harm"),))  # type: ignore[return-value]


@pytest.mark.parametrize(
    "content",
    [pickle.dumps(_Harm()), pickle.dumps(([b"1"], [True])), pickle.dumps(np.zeros(3)), b"\x80", b"no pickle"],
)
def test_a_packed_set_can_run_nothing(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.bin").write_bytes(content)
    with pytest.raises(UsageError, match="no packed verification set"):
        verification(pairs=tmp_path / "x.bin")
    assert not (tmp_path / "harm").exists()


IJB = """TEMPLATE_ID,SUBJECT_ID,FILENAME,SIGHTING_ID,FACE_X,FACE_Y,FACE_WIDTH,FACE_HEIGHT
1,10,img/1.jpg,5,10,20,30,40
1,10,frames/2.png,6,10,20,30,40
1,10,frames/3.png,6,10,20,30,40
2,11,img/4.jpg,7,10,20,30,40
"""


def test_templates_are_fused_by_medium(tmp_path: Path) -> None:
    write(tmp_path / "ijbc_1N_gallery_G1.csv", IJB)
    write(tmp_path / "ijbc_1N_probe_mixed.csv", IJB.replace("\n1,", "\n3,").replace("\n2,", "\n4,"))
    matches = write(tmp_path / "ijbc_11_G1_G2_matches.csv", "1,3\n1,4\n2,4\n")
    trial = verification(photos=tmp_path, pairs=matches, protocol=Protocol.IJB)
    assert trial.mated.tolist() == [True, False, True]
    assert len(trial.material.photos) == 4  # each photo once, whatever templates it is in
    assert trial.material.photos[0].box is not None
    rows = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [np.nan] * 3], dtype=np.float32)
    fused = entry_templates(trial.material, extracted(rows).extraction)
    mean = np.array([0.5, 0.25, 0.25])
    assert fused[0] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)
    assert np.isnan(fused[1]).all()
    searched = read_identification(
        TrialFiles(
            protocol=Protocol.IJB,
            photos=tmp_path,
            gallery=tmp_path / "ijbc_1N_gallery_G1.csv",
            probes=tmp_path / "ijbc_1N_probe_mixed.csv",
        ),
        SETTINGS,
    )
    assert (searched.gallery.tolist(), searched.probes.tolist()) == ([0, 1], [2, 3])
    matches.write_text("1,9\n")
    with pytest.raises(UsageError, match="line 1: two numbers of listed templates"):
        verification(photos=tmp_path, pairs=matches, protocol=Protocol.IJB)


def test_folders_are_people_and_so_are_single_photos(tmp_path: Path) -> None:
    photos(tmp_path / "gallery", "anna.jpg", "ben/1.jpg", "ben/.hidden.jpg", "readme.txt")
    photos(tmp_path / "probes", "anna/2.jpg", "carl/1.jpg")
    trial = read_identification(
        TrialFiles(gallery=tmp_path / "gallery", probes=tmp_path / "probes"), SETTINGS
    )
    assert trial.material.subjects == ("anna", "ben", "carl")
    assert trial.material.person[trial.gallery].tolist() == [0, 1]
    assert trial.material.person[trial.probes].tolist() == [0, 2]
    with pytest.raises(UsageError, match="no probe shows anybody"):
        read_identification(
            TrialFiles(
                gallery=tmp_path / "gallery", probes=photos(tmp_path / "strangers", "zoe.jpg", "yan.jpg")
            ),
            SETTINGS,
        )
    with pytest.raises(UsageError, match="holds no photos"):
        read_identification(TrialFiles(photos=photos(tmp_path / "empty", "x.txt")), SETTINGS)
    with pytest.raises(UsageError, match="nobody with two photos"):
        verification(photos=tmp_path / "strangers")
    with pytest.raises(NotFoundError):
        verification(photos=tmp_path / "nowhere")


def test_a_manifest_gives_people_roles_and_groups(tmp_path: Path) -> None:
    photos(tmp_path, "1.jpg", "2.jpg", "3.jpg")
    listed = write(
        tmp_path / "list.csv",
        "photo,subject_id,role,camera\n1.jpg,anna,gallery,old\n2.jpg,anna,probe,new\n3.jpg,ben,probe,new\n",
    )
    trial = read_identification(TrialFiles(manifest=listed), SETTINGS)
    assert (trial.gallery.tolist(), trial.probes.tolist()) == ([0], [1, 2])
    assert trial.material.group_of(1, "camera") == "new"
    without = write(tmp_path / "without.csv", "photo,subject_id\n1.jpg,anna\n2.jpg,\n")
    with pytest.raises(UsageError, match="do not say whom"):
        read_identification(TrialFiles(manifest=without), SETTINGS)
    odd = write(tmp_path / "odd.csv", "photo,subject_id,role\n1.jpg,anna,gallery\n2.jpg,anna,suspect\n")
    with pytest.raises(UsageError, match="says suspect"):
        read_identification(TrialFiles(manifest=odd), SETTINGS)
