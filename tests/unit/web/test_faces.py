"""Faces of a photo before a search; adjusted copies, marked eyes, filters; pictures to compare."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from antigone.access import Role
from served import Served


@pytest.fixture
def case(served: Served, portraits: Mapping[str, Path], tmp_path: Path) -> str:
    """A case of a unit whose collection holds two portraits, one of them with a date."""
    workspace = served.workspace
    info = workspace.add_collection(
        name="archive",
        owner="o",
        source="s",
        purpose="p",
        basis="b",
        jurisdiction="j",
        retain_until=date(2999, 1, 1),
    )
    workspace.office.visible.take(info, by=served.principal(Role.ADMINISTRATOR))
    rows = "photo,captured_at,City,lat,lon\n"
    rows += f'{portraits["hopper"]},1984-01-20T12:00:00Z,"Arlington, VA",38.88,-77.07\n'
    rows += f"{portraits['collins']},,,north,west\n"
    (tmp_path / "manifest.csv").write_text(rows)
    assert workspace.import_(tmp_path / "manifest.csv", into="archive").faces == 2
    body = {"title": "T", "purpose": "missing-person", "basis": "B"}
    opened = served.client.post("/api/v1/cases", json=body, headers=served.as_(Role.EXAMINER))
    return str(opened.json()["case"])


def turned(portrait: Path) -> bytes:
    stream = io.BytesIO()
    Image.open(portrait).convert("RGB").rotate(90, expand=True).save(stream, "JPEG")
    return stream.getvalue()


def ask(served: Served, path: str, photo: bytes, field: str, **fields: Any) -> Any:
    files = {field: ("../../p.jpg", photo)}
    return served.client.post(f"/api/v1{path}", files=files, data=fields, headers=served.as_(Role.EXAMINER))


def test_faces_are_found_on_the_adjusted_copy_and_nothing_of_a_template_leaves(
    served: Served, portraits: Mapping[str, Path]
) -> None:
    photo = turned(portraits["hopper"])
    as_it_is = ask(served, "/faces", photo, "photo").json()
    assert (as_it_is["width"], as_it_is["height"]) == (600, 512)
    steps = json.dumps([{"do": "turn", "degrees": 90}])
    upright = ask(served, "/faces", photo, "photo", steps=steps).json()
    assert (upright["width"], upright["height"]) == (512, 600)
    assert len(upright["faces"]) == 1
    assert set(upright["faces"][0]) == {"face", "box", "quality", "detection_score"}
    empty = io.BytesIO()
    Image.new("RGB", (300, 300), (90, 120, 90)).save(empty, "PNG")
    assert ask(served, "/faces", empty.getvalue(), "photo").json()["faces"] == []


WRONG = [
    "no json",
    "[" * 9_999,
    '{"face": 1}',
    '[{"face": 1}, {"face": 1}]',
    '[{"face": 1, "box": [0, 0, 9, 9]}]',
    '[{"face": true}]',
    '[{"face": 9}]',
    '[{"box": [0, 0, 0, 9]}]',
    '[{"box": ["0", 0, 9, 9]}]',
    '[{"eyes": [[10, 10], [10.5, 10]]}]',
    '[{"eyes": [[10, 10], [99999, 10]]}]',
    '[{"steps": [{"do": "turn", "degrees": 1e9}]}]',
    '[{"steps": [{"do": "crop", "x": 5000, "y": 0, "w": 50, "h": 50}]}]',
]


def test_what_is_said_wrongly_of_a_photo_is_refused_and_no_search_is_made(
    served: Served, case: str, portraits: Mapping[str, Path]
) -> None:
    for probe in WRONG:
        answer = ask(served, "/searches", portraits["hopper"].read_bytes(), "photos", case=case, probe=probe)
        assert answer.status_code == 400, (probe, answer.text)
    shown = served.client.get(f"/api/v1/cases/{case}", headers=served.as_(Role.EXAMINER)).json()
    assert shown["searches"] == []


def test_marked_eyes_find_the_person_whose_face_they_are_in(
    served: Served, case: str, portraits: Mapping[str, Path]
) -> None:
    found = served.workspace.analyser.analyse(portraits["hopper"]).faces[0]
    eyes = [[round(float(x), 1), round(float(y), 1)] for x, y in found.landmarks[:2]]
    probe = json.dumps([{"eyes": eyes}])
    made = ask(served, "/searches", portraits["hopper"].read_bytes(), "photos", case=case, probe=probe).json()
    shown = listed(served, case, made["search"])
    assert np.allclose(shown["faces"][0]["landmarks"][:2], eyes, atol=0.11)
    assert shown["faces"][0]["face"] is None
    assert shown["candidates"][0]["source"].endswith("#row=1")
    assert shown["candidates"][0]["score"] > 0.6


def listed(served: Served, case: str, search: int) -> dict[str, Any]:
    path = f"/api/v1/cases/{case}/searches/{search}"
    return dict(served.client.get(path, headers=served.as_(Role.EXAMINER)).json())


def test_filters_say_how_many_were_looked_at(
    served: Served, case: str, portraits: Mapping[str, Path]
) -> None:
    photo = portraits["collins"].read_bytes()
    dated = {"captured_from": "1984-01-01", "captured_until": "1984-12-31"}
    made = ask(served, "/searches", photo, "photos", case=case, **dated).json()
    shown = listed(served, case, made["search"])
    assert [one["source"].rpartition("#")[2] for one in shown["candidates"]] == ["row=1"]
    assert shown["extent"]["looked_at"] == shown["extent"]["references"] == 2
    assert shown["extent"]["filters"] == {**dated, "kinds": [], "place": None, "near": None}
    made = ask(served, "/searches", photo, "photos", case=case, kind="frame").json()
    assert listed(served, case, made["search"])["candidates"] == []
    wrong = {"captured_from": "1985-01-01", "captured_until": "1984-12-31"}
    assert ask(served, "/searches", photo, "photos", case=case, **wrong).status_code == 400


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"place": "arlington"}, True),
        ({"place": "Kharkiv"}, False),
        ({"near": "38.9,-77.0,10"}, True),
        ({"near": "38.9,-77.0,5"}, False),
        ({"place": "ARLINGTON", "near": "38.9,-77.0,10"}, True),
        ({"place": "Kharkiv", "near": "38.9,-77.0,10"}, False),
    ],
)
def test_a_place_is_looked_for_in_what_the_source_says(
    served: Served, case: str, portraits: Mapping[str, Path], asked: Mapping[str, str], found: bool
) -> None:
    made = ask(served, "/searches", portraits["collins"].read_bytes(), "photos", case=case, **asked).json()
    sources = [one["source"] for one in listed(served, case, made["search"])["candidates"]]
    assert [source.rpartition("#")[2] for source in sources] == (["row=1"] if found else [])
    assert ask(served, "/searches", b"", "photos", case=case, near="here").status_code == 400


def test_pictures_to_compare_are_derived_adjusted_logged_and_ones_own(
    served: Served, case: str, portraits: Mapping[str, Path]
) -> None:
    steps = [{"do": "turn", "degrees": 90}, {"do": "light", "value": 20}]
    photo = turned(portraits["hopper"])
    probe = json.dumps([{"steps": steps}])
    made = ask(served, "/searches", photo, "photos", case=case, probe=probe).json()
    candidate = listed(served, case, made["search"])["candidates"][0]["candidate"]
    paths = (
        f"/api/v1/cases/{case}/searches/{made['search']}/probes/1/picture",
        f"/api/v1/candidates/{candidate}/photo?side=128",
    )
    for path, size in zip(paths, ((512, 600), (109, 128)), strict=True):
        shown = served.client.get(path, headers=served.as_(Role.EXAMINER))
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert "attachment" in shown.headers["content-disposition"]
        with Image.open(io.BytesIO(shown.content)) as image:
            assert image.size == size
            assert not image.getexif()
        assert served.client.get(path, headers=served.as_(Role.EXAMINER, 1)).status_code == 404
        assert served.client.get(path, headers=served.as_(Role.ADMINISTRATOR)).status_code == 403
    kinds = [entry.kind for entry in served.workspace.audit.entries()]
    assert kinds[-2:] == ["probe-viewed", "candidate-viewed"]
    assert "probe-adjusted" in kinds
    first = served.client.get(paths[0], headers=served.as_(Role.EXAMINER)).content
    with Image.open(io.BytesIO(first)) as image, Image.open(portraits["hopper"]) as upright:
        assert np.asarray(image).mean() > np.asarray(upright.convert("RGB")).mean() + 10  # lightened, upright
    unlisted = f"/api/v1/candidates/{candidate}/listed/999/picture"
    assert served.client.get(unlisted, headers=served.as_(Role.EXAMINER)).status_code == 404
