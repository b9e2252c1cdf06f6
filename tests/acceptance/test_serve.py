"""A whole case over HTTP: opened, searched, decided twice, concluded, with every step in the audit log."""

from __future__ import annotations

from command_line import Gallery
from server import member, serving


def test_a_case_from_the_first_photo_to_its_conclusion(gallery: Gallery) -> None:
    cli = gallery.cli
    with serving(cli.home) as address:
        iryna = member(address, cli, "iryna", "examiner")
        maria = member(address, cli, "maria", "reviewer")
        body = {"title": "Unknown woman", "purpose": "unidentified deceased", "basis": "section 12"}
        case = iryna.post("/cases", json=body).json()["case"]
        photo = (gallery.probes / "hopper.jpg").read_bytes()
        found = iryna.post(f"/cases/{case}/searches", files={"photos": ("probe.jpg", photo)}).json()
        best = found["candidates"][0]
        assert best["source"].endswith("hopper.jpg")
        assert best["rank"] == 1
        assert maria.post(f"/cases/{case}/searches", files={"photos": ("p.jpg", photo)}).status_code == 403

        decision = {"verdict": "potential-match", "features": {"ears": "similar"}, "note": "same lobes"}
        path = f"/candidates/{best['candidate']}/decisions"
        assert iryna.post(path, json=decision).json()["stage"] == "first"
        (waiting,) = maria.get("/reviews").json()["candidates"]
        unseen = maria.get(f"/cases/{case}/searches/{waiting['search']}").json()["candidates"][0]
        assert unseen["decisions"] == []
        assert maria.post(path, json=decision).json()["stage"] == "second"

        refused = iryna.post(f"/cases/{case}/conclusions", json={"conclusion": "identified"})
        assert (refused.status_code, refused.json()["code"]) == (400, "usage")
        lead = {"conclusion": "investigative-lead", "candidate": best["candidate"]}
        statement = iryna.post(f"/cases/{case}/conclusions", json=lead).json()["statement"]
        confirm = f"/cases/{case}/conclusions/{statement}/confirm"
        assert iryna.post(confirm).status_code == 403
        assert maria.post(confirm).status_code == 201
        shown = iryna.get(f"/cases/{case}").json()
        assert shown["conclusion"]["in_force"]["conclusion"] == "investigative-lead"
        assert [probe["photo"] for probe in shown["probes"]] == found["probes"]

        cli("people", "cut-off", "iryna")  # from another process
        assert iryna.get("/cases").status_code == 401
        assert maria.get("/cases").status_code == 200


def test_bad_uploads_are_refused_with_a_sentence(gallery: Gallery) -> None:
    with serving(gallery.cli.home) as address:
        examiner = member(address, gallery.cli, "sofia", "examiner")
        body = {"title": "T", "purpose": "missing-person", "basis": "B"}
        case = examiner.post("/cases", json=body).json()["case"]
        path = f"/cases/{case}/searches"
        svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
        meadow = _bytes(gallery, "meadow.png")
        for name, content in (("a.jpg", b""), ("../../x.svg", svg), ("meadow.png", meadow)):
            refused = examiner.post(path, files={"photos": (name, content)})
            assert refused.status_code == 422, refused.text
            assert refused.json()["detail"]
        several = examiner.post(path, files={"photos": ("pair.png", _bytes(gallery, "pair.png"))})
        assert several.json()["code"] == "several-faces"
        chosen = {"photos": ("pair.png", _bytes(gallery, "pair.png"))}
        assert examiner.post(path, files=chosen, data={"face": "1", "top": "3"}).status_code == 201
        assert examiner.get(f"/cases/{case}").json()["searches"][0]["candidates"]


def _bytes(gallery: Gallery, name: str) -> bytes:
    return (gallery.probes / name).read_bytes()
