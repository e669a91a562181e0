"""Settings: read whatever is there, saved whole, nothing of anybody else's lost."""

from __future__ import annotations

import json

import pytest

from studio.errors import StorageError
from studio.folders import settings_file
from studio.settings import Settings, load_settings, update_settings


@pytest.fixture
def file():
    return settings_file()


def write(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_without_a_file_there_are_defaults(file):
    assert load_settings() == Settings()
    assert not file.exists()


def test_what_is_saved_is_read_again(file):
    update_settings(look="light", disabled_plugins=("a", "b"))
    assert load_settings() == Settings(look="light", disabled_plugins=("a", "b"))
    assert [path.name for path in file.parent.iterdir()] == ["settings.json"]


def test_an_update_keeps_what_others_saved_and_what_a_newer_studio_wrote(file):
    write(file, json.dumps({"look": "light", "sparkle": {"amount": 3}}))
    update_settings(text_percent=150)
    assert json.loads(file.read_text())["sparkle"] == {"amount": 3}
    assert (load_settings().look, load_settings().text_percent) == ("light", 150)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"look": "pink", "language": "en"}', Settings(language="en")),
        ('{"text_percent": 5000, "look": "light"}', Settings(look="light")),
        ('{"text_percent": "NaN", "memory_mb": -1}', Settings()),
        ('{"disabled_plugins": "x"}', Settings()),
        ('{"disabled_plugins": [1, 2]}', Settings()),
        ("[1, 2]", Settings()),
        ("{", Settings()),
        ("", Settings()),
    ],
)
def test_what_cannot_be_understood_counts_as_not_set(file, text, expected):
    write(file, text)
    assert load_settings() == expected


def test_a_damaged_file_is_set_aside_before_another_is_written(file):
    write(file, "{ my own words")
    update_settings(look="light")
    assert load_settings().look == "light"
    assert file.with_name("settings.json.damaged").read_text() == "{ my own words"


def test_bytes_that_are_no_text_are_damage_too(file):
    write(file, "")
    file.write_bytes(b"\xff\xfe{}")
    assert load_settings() == Settings()


def test_a_wrong_value_is_not_saved(file):
    update_settings(look="light")
    with pytest.raises(ValueError, match="text_percent"):
        update_settings(text_percent=1)
    assert load_settings().look == "light"


def test_a_folder_that_cannot_be_written_is_said(file):
    file.parent.parent.mkdir(parents=True, exist_ok=True)
    file.parent.write_text("a file is in the way")
    with pytest.raises(StorageError, match=r"settings\.json"):
        update_settings(look="light")
