"""`studio doctor`: says what is so, and one line that puts the rest right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from studio.cli.doctor import examine
from studio.cli.session import Session
from studio.fakes import fake_registry
from studio.registry import Registry


def findings(session):
    return {finding.name: finding for finding in examine(session)}


def test_it_says_what_is_so(run):
    done = run("doctor")
    assert (done.code, done.err) == (0, "")
    for heading in ("Versions", "Devices", "Plugins", "Folders", "Window", "Sound"):
        assert f"\n{heading}\n" in f"\n{done.out}"
    told = run("doctor", "--json").json
    assert {finding["state"] for finding in told["findings"]} <= {"ok", "missing", "wrong"}
    assert all(finding["words"] for finding in told["findings"])
    assert told["ok"] == all(finding["state"] != "wrong" for finding in told["findings"])


def test_a_small_network_really_runs_where_it_is_said():
    pytest.importorskip("onnxruntime")
    done = subprocess.run(
        [sys.executable, "-m", "studio.cli.probe", "cpu"],
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    assert answer["runtime"].startswith("onnxruntime ")
    assert answer["device"] == "cpu"
    assert answer["telemetry_off"]


def test_it_names_the_device_and_the_runtime(session):
    pytest.importorskip("onnxruntime")
    found = findings(session)
    assert found["cpu"].state == "ok"
    assert "really runs on cpu" in found["ONNX Runtime on cpu"].words
    assert found["telemetry of ONNX Runtime"].state == "ok"


def test_folders_that_cannot_be_written_are_said(session, home, monkeypatch):
    in_the_way = home / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("STUDIO_CONFIG_DIR", str(in_the_way / "config"))
    found = findings(session)
    assert found["settings"].state == "wrong"
    assert "cannot be written" in found["settings"].words
    assert found["projects"].state == "ok"


class Broken:
    """Offers what is no generator."""


def test_plugins_that_cannot_be_used_are_said():
    found = findings(Session(plugins=fake_registry(Broken())))
    assert found["ready"].words == "8 generators, 1 formats"
    assert found["Broken"].state == "wrong"
    assert "implements no hook" in found["Broken"].words
    assert findings(Session(plugins=Registry()))["ready"].state == "wrong"


@pytest.mark.skipif(sys.platform != "linux", reason="displays as Linux has them")
def test_it_says_whether_a_window_can_open(session, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert findings(session)["display"].words == "there is no display"
    pytest.importorskip("PySide6")
    monkeypatch.setenv("DISPLAY", ":0")
    assert findings(session)["display"].state == "ok"


def test_two_runtimes_at_once_are_a_conflict(session, tmp_path, monkeypatch):
    for name in ("onnxruntime", "onnxruntime_gpu"):
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        lines = f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n"
        Path(info, "METADATA").write_text(lines)
    monkeypatch.syspath_prepend(tmp_path)
    found = findings(session)["ONNX Runtime"]
    assert found.state == "wrong"
    assert "both installed" in found.words
    assert found.fix.startswith("pip uninstall -y onnxruntime onnxruntime-gpu && pip install")


def test_it_says_whether_sound_can_be_heard(session, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    found = findings(session)["output"]
    assert (found.group, found.state) == ("sound", "missing")
    assert "sounddevice is not installed" in found.words
    assert found.fix == "pip install 'multimodal-studio[app]'"
    monkeypatch.setattr("studio.app.output.output_name", lambda: "Speakers")
    found = findings(session)["output"]
    assert (found.state, found.words) == ("ok", "Speakers")
