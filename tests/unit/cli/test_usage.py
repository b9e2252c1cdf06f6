from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from command_line import Shell, particulars
from privileges import public_folder, without_privileges


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["collection", "add", "other"], 2, "Missing option"),
        (["collection", "add", "other", *particulars(owner=" ")], 2, "error[usage]"),
        (["collection", "add", "other", *particulars(retain_until="2001-01-01")], 2, "has passed"),
        (["collection", "add", "other", *particulars(retain_until="soon")], 2, "--retain-until"),
        (["collection", "add", "people", *particulars()], 5, "error[conflict]"),
        (["collection", "show", "nowhere"], 4, "there is no collection named nowhere"),
        (["import", ".", "--into", "nowhere"], 4, "there is no collection named nowhere"),
        (["models", "use", "nowhere"], 4, "error[not-found]"),
        (["models", "add", "nowhere"], 4, "error[not-found]"),
        (["frobnicate"], 2, "No such command"),
        (["--home"], 2, "error[usage]"),
        (["search"], 2, "Missing argument"),
        (["search", "a.jpg", "--top", "51"], 2, "--top"),
        (["search", "a.jpg", "--top", "0"], 2, "--top"),
        (["search", "a.jpg", "--face", "one"], 2, "names no face"),
        (["search", "a.jpg", "--face", "0"], 2, "numbered from 1"),
        (["search", "a.jpg", "--face", "x:1"], 2, "names no face"),
        (["search", "a.jpg", "--box", "1,2,3"], 2, "is not a box"),
        (["search", "a.jpg", "--box", "1,2,3,-4"], 2, "is not a box"),
        (["search", "a.jpg", "--box", "1,2,3,nan"], 2, "is not a box"),
        (["search", "a.jpg", "--sheet", "sheet.pdf"], 2, ".png or an .html file"),
        (["search", "a.jpg", "--sheet", "nowhere/sheet.png"], 2, "folder that does not exist"),
        (["search", "a.jpg", "--in", "nowhere"], 4, "there is no collection named nowhere"),
        (["search", "a.jpg"], 9, "error[probe]: a.jpg: The file is not there"),
        (["compare", "a.jpg"], 2, "Missing argument"),
        (["compare", "a.jpg", "b.jpg"], 9, "error[probe]: a.jpg"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    shell: Shell, arguments: list[str], code: int, said: str
) -> None:
    shell.open_case()
    out, err = shell(*arguments, code=code)
    assert err.startswith("error[")
    assert said in err
    assert not out


def test_with_json_an_error_is_the_document(shell: Shell) -> None:
    error = shell.document("collection", "show", "nowhere", code=4)["error"]
    assert (error["code"], error["hint"]) == ("not-found", "there are: people")
    assert shell.document("frobnicate", code=2)["error"]["code"] == "usage"
    assert shell("frobnicate", "--json", code=2)[1] == ""


@pytest.mark.parametrize(
    "arguments",
    [["collection", "list"], ["search", "a.jpg"], ["import", ".", "--into", "people"], ["models", "list"]],
)
def test_without_a_workspace_every_command_says_how_to_make_one(bare: Shell, arguments: list[str]) -> None:
    assert "antigone init" in bare(*arguments, code=6)[1]
    assert not bare.home.exists()


def test_a_search_in_an_empty_gallery_says_so(
    shell: Shell, portraits: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.open_case()
    error = shell.document("search", portraits["hopper"], code=4)["error"]
    assert error["code"] == "empty-gallery"
    assert "antigone import" in error["hint"]


@pytest.mark.parametrize("command", ["search", "dossier"])
def test_a_collection_is_searched_for_a_case_only(
    shell: Shell, portraits: Mapping[str, Path], command: str
) -> None:
    error = shell.document(command, portraits["hopper"], code=17)["error"]
    assert error["code"] == "no-case"
    assert "antigone case open TITLE --purpose" in error["hint"]
    assert shell.document("audit", "list", "--kind", "search")["entries"] == []
    shell.open_case()
    assert shell.document(command, portraits["hopper"], "--case", "C-000002", code=4)["error"]["code"] == (
        "not-found"
    )


def test_two_loose_photos_are_compared_without_a_case(shell: Shell, portraits: Mapping[str, Path]) -> None:
    compared = shell.document("compare", portraits["hopper"], portraits["hopper"])
    assert compared["case"] is None


def test_a_setting_that_does_not_fit_is_named(bare: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIGONE_THREADS", "many")
    assert "ANTIGONE_THREADS" in bare("init", code=2)[1]


def test_a_workspace_of_another_version_is_not_touched(shell: Shell) -> None:
    (shell.home / "workspace.json").write_text('{"format": 99}')
    assert "format 99" in shell("collection", "list", code=6)[1]
    (shell.home / "workspace.json").write_text("{")
    assert "is damaged" in shell("collection", "list", code=6)[1]


def test_a_workspace_that_may_not_be_written_is_an_error(bare: Shell) -> None:
    with public_folder() as folder:
        home = folder / "home"
        for arguments in (["init"], ["collection", "list"]):  # loads what an ordinary user may not read
            bare("--home", home, *arguments)
        for path in (folder, home, *home.iterdir()):
            path.chmod(0o555 if path.is_dir() else 0o444)
        with without_privileges():
            for command in (["collection", "list"], ["search", "a.jpg"]):
                _, err = bare("--home", home, *command, code=6)
                assert "error[workspace]" in err
                assert "cannot be written" in err
            assert "error[workspace]" in bare("--home", folder / "new", "init", code=6)[1]


def test_init_goes_on_where_it_was_interrupted(bare: Shell) -> None:
    bare("init")
    (bare.home / "workspace.json").unlink()
    shutil.rmtree(bare.home / "index")
    assert bare.document("init")["created"] is True
    assert (bare.home / "index").is_dir()


def test_a_chosen_model_pack_stays_chosen(shell: Shell) -> None:
    assert shell.document("models", "use", "yunet-sface") == {"name": "yunet-sface", "id": "yunet-sface-1"}
    (model,) = shell.document("models", "list")["models"]
    assert model["used"] is True


def test_every_command_explains_itself(bare: Shell) -> None:
    for command in (
        ["init"],
        ["collection", "add"],
        ["collection", "list"],
        ["collection", "show"],
        ["import"],
        ["search"],
        ["compare"],
        ["doctor"],
        ["models", "list"],
        ["models", "add"],
        ["models", "use"],
        ["version"],
    ):
        out, _ = bare(*command, "--help")
        assert out.startswith(f"Usage: antigone {' '.join(command)}")
        assert "--json" in out
