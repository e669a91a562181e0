"""Folders: where the environment says, or else where the person's own things are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from studio import folders


def test_folders_follow_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("STUDIO_CONFIG_DIR", str(tmp_path / "c"))
    monkeypatch.setenv("STUDIO_DATA_DIR", str(tmp_path / "d"))
    assert folders.config_dir() == tmp_path / "c"
    assert folders.data_dir() == tmp_path / "d"
    assert folders.starter_project() == tmp_path / "d" / "Starter.studio"


def test_without_it_they_are_the_persons_own(monkeypatch, home):
    for name in ("STUDIO_CONFIG_DIR", "STUDIO_DATA_DIR"):
        monkeypatch.delenv(name)
    assert folders.config_dir().is_relative_to(home)
    assert folders.data_dir().is_relative_to(home)
    assert folders.starter_project() == folders.data_dir() / "Starter.studio"


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the system is asked for the folder")
def test_the_starter_project_lies_among_the_documents(monkeypatch, home):
    monkeypatch.delenv("STUDIO_DATA_DIR")
    (home / "Documents").mkdir()
    expected = Path(home, "Documents", "Multimodal Studio", "Starter.studio")
    assert folders.starter_project() == expected
