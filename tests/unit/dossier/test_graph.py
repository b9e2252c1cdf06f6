"""The links of a dossier, as a graph that other programs read and as a page."""

from __future__ import annotations

import io
import re
from pathlib import Path

import networkx
import pytest

from antigone.dossier import Dossier, DossierRequest, make_dossier
from antigone.dossier.documents import graph_document
from antigone.dossier.graph import PERSON, graph_of, write_graphml
from antigone.dossier.page import render, write_page
from antigone.errors import UsageError
from antigone.provenance import Appearance, Provenance
from crowd import Crowd, face, photos_of, shot, template

NASTY = "</data>\x00\x1b[31m & <b> \ud800 ﷽\u202e\ufffe"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def dossier(crowd: Crowd) -> Dossier:
    said = Provenance(
        source_url="https://example.org/x.jpg",
        appearances=(
            Appearance(
                page_url="https://example.org/" + NASTY,
                page_title=NASTY,
                caption=SCRIPT,
                author=NASTY,
                author_url="javascript:alert(1)",
            ),
        ),
    )
    mine = [
        shot("posted", face(template(0, 0)), face(template(1, 1)), said=said),
        shot("second", face(template(0, 2)), face(template(1, 3))),
        *photos_of(0, 2, begin=10),
    ]
    crowd.collection("archive", mine)
    return make_dossier(DossierRequest(photo=mine[0].sha256, face=1), crowd)


def test_the_graph_comes_back_as_it_was_written(dossier: Dossier, tmp_path: Path) -> None:
    graph = graph_of(dossier)
    target = tmp_path / "person.graphml"
    write_graphml(graph, target)
    read = networkx.read_graphml(target)
    assert set(read) == {node.id for node in graph.nodes}
    assert {frozenset(edge) for edge in read.edges} == {frozenset((edge.a, edge.b)) for edge in graph.edges}
    assert read.nodes[PERSON]["photos"] == 4
    kinds = sorted(kind for _, kind in read.nodes(data="kind"))
    assert kinds == ["account", "companion", "page", "person", "photo", "photo", "photo", "photo"]
    own = read.edges[PERSON, dossier.photos[0].photo]
    assert own["score"] == pytest.approx(dossier.photos[0].score, abs=1e-4)
    assert own["sources"] == dossier.photos[0].sources[0]
    assert read.edges[PERSON, "C1"]["photos"] == 2
    again = io.BytesIO()
    networkx.write_graphml_xml(read, again)  # so that others can go on with it


def test_the_json_graph_is_in_the_node_link_form(dossier: Dossier) -> None:
    document = graph_document(graph_of(dossier))
    read = networkx.node_link_graph(document, edges="edges")
    assert read.number_of_nodes() == len(graph_of(dossier).nodes)
    assert read.number_of_edges() == len(graph_of(dossier).edges)


def test_the_page_needs_nothing_and_runs_nothing(dossier: Dossier, crowd: Crowd) -> None:
    page = render(dossier, crowd.settings)
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert not [link for link in re.findall(r"(?:src|href)=\"([^\"]*)\"", page) if link[:1] not in "#d"]
    assert "data:image/jpeg" not in page  # the originals of this test are nowhere
    assert "file no longer at its place" in page
    assert "\x1b" not in page
    assert "no identity" in page
    for photo in dossier.photos:
        assert f'id="{photo.photo}"' in page


def test_files_of_other_kinds_are_refused(dossier: Dossier, crowd: Crowd, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="graphml"):
        write_graphml(graph_of(dossier), tmp_path / "person.xml")
    with pytest.raises(UsageError, match="html"):
        write_page(dossier, tmp_path / "person.png", crowd.settings)
    with pytest.raises(UsageError, match="does not exist"):
        write_page(dossier, tmp_path / "nowhere" / "person.html", crowd.settings)
    assert list(tmp_path.glob("*.xml")) == []
