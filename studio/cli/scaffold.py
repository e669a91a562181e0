"""The plugin that `studio plugin new` writes: complete, small, and passing every check."""

from __future__ import annotations

import keyword
import re
import shutil
import tempfile
from pathlib import Path

from studio.assets import KINDS
from studio.errors import StorageError, UsageError, unknown_name

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

# What `generate` yields for each kind of asset: imports, parameters, and the body.
_BODIES: dict[str, tuple[str, str, str]] = {
    "image": (
        "Image",
        'size: int = param(256, "edge of the picture", low=16, high=2048, step=16, unit="px")\n'
        '    grain: int = param(16, "edge of one square", low=1, high=256, unit="px")',
        """squares = -(-params.size // params.grain)
        colors = ctx.rng.integers(0, 256, (squares, squares, 3), "uint8")
        pixels = colors.repeat(params.grain, axis=0).repeat(params.grain, axis=1)
        yield Image(pixels[: params.size, : params.size])""",
    ),
    "audio": (
        "Audio",
        'seconds: float = param(2.0, "length", low=0.1, high=60, step=0.1, unit="s")\n'
        '    pitch: float = param(220.0, "lowest note", low=20, high=2000, step=1, unit="Hz")',
        """rate = 44_100
        time = np.arange(round(params.seconds * rate)) / rate
        overtones = ctx.rng.uniform(0, 1, 5)
        waves = [
            share * np.sin(2 * np.pi * params.pitch * (number + 1) * time)
            for number, share in enumerate(overtones)
        ]
        samples = sum(waves) / overtones.sum() * np.exp(-2 * time)
        yield Audio(samples[:, None].astype("float32"), rate)""",
    ),
    "score": (
        "Note, Score, Track",
        'bars: int = param(4, "length", low=1, high=64, unit="bars")\n'
        '    tempo: float = param(110.0, "speed", low=40, high=240, step=1, unit="bpm")',
        """scale = (60, 62, 64, 67, 69, 72)
        pitches = ctx.rng.choice(scale, params.bars * 4)
        notes = tuple(Note(float(beat), 1.0, int(pitch)) for beat, pitch in enumerate(pitches))
        yield Score((Track(notes, "melody"),), params.tempo)""",
    ),
    "text": (
        "Text",
        'lines: int = param(4, "length", low=1, high=100, unit="lines")\n'
        '    words: str = param("sun rain wind sea", "words to choose from", low=1, high=1000)',
        """words = params.words.split() or ["..."]
        lines = [" ".join(ctx.rng.choice(words, 5)) for _ in range(params.lines)]
        yield Text("\\n".join(lines) + "\\n", "en")""",
    ),
    "points": (
        "PointCloud",
        'points: int = param(2048, "how many points", low=16, high=100_000, step=16)\n'
        '    radius: float = param(1.0, "of the cloud", low=0.01, high=100, step=0.01, unit="m")',
        """directions = ctx.rng.standard_normal((params.points, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        distances = params.radius * ctx.rng.uniform(0, 1, (params.points, 1)) ** (1 / 3)
        yield PointCloud((directions * distances).astype("float32"))""",
    ),
    "mesh": (
        "Mesh",
        'cells: int = param(32, "cells along each edge", low=2, high=256)\n'
        '    height: float = param(0.3, "of the hills", low=0, high=10, step=0.01, unit="m")',
        """edge = params.cells + 1
        heights = params.height * ctx.rng.uniform(0, 1, edge * edge)
        z, x = np.divmod(np.arange(edge * edge), edge) / np.float32(params.cells)
        vertices = np.stack([x, heights, z], axis=1).astype("float32")
        corner = (np.arange(params.cells)[:, None] * edge + np.arange(params.cells)).ravel()
        near = np.stack([corner, corner + edge, corner + 1], axis=1)
        far = np.stack([corner + 1, corner + edge, corner + edge + 1], axis=1)
        yield Mesh(vertices, np.concatenate([near, far]).astype("int32"))""",
    ),
}

_MODULE = '''"""{title}: a plugin for Multimodal Studio."""

from collections.abc import Iterator
from pathlib import Path

{numpy}from studio.api import (
{imports}
)


class {cls}Params(Params):
    """What a person may choose."""

    {params}


class {cls}(Generator[{cls}Params]):
    """Says what it is, and makes one asset from a seed."""

    spec = GeneratorSpec(
        id="{name}",
        title="{title}",
        summary="One line about what it makes.",
        version="1",  # another one whenever the same seed would give something else
        output={output},
        params={cls}Params,
        card=Path(__file__).with_name("card.md"),
    )

    def generate(self, params: {cls}Params, ctx: RunContext) -> Iterator[{output}]:
        """Make one asset; all chance comes from ``ctx.rng``."""
        {body}


@hookimpl
def studio_generators() -> list[type[Generator]]:
    return [{cls}]
'''

_PROJECT = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "studio-{name}"
version = "0.1.0"
description = "{title} for Multimodal Studio"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["multimodal-studio", "numpy>=1.26"]

[project.entry-points."studio.plugins"]
{name} = "{package}"

[tool.setuptools.packages.find]
where = ["src"]

[tool.setuptools.package-data]
{package} = ["*.md"]
"""

_README = """# {title}

A generator for Multimodal Studio. It makes one thing: {kind}.

    pip install -e .            install it, so that changes count at once
    studio plugin check {name}
    studio generate {name}
    pytest tests

The generator is in `src/{package}/__init__.py`; `src/{package}/card.md` is what the studio shows of
it: say there what it was made from, under which licence, and what it cannot do.
"""

_CARD = """# {title}

What it makes, from what it learned, under which licence, and what it cannot do.
"""

_TEST = '''"""The contract holds: the same seed makes the same thing, and nothing else is needed."""

from studio.testing import check_generator

from {package} import {cls}


def test_keeps_the_contract() -> None:
    assert check_generator({cls}).kind == "{kind}"
'''


def write_plugin_folder(name: str, kind: str, parent: Path) -> Path:
    """Write a new plugin's folder, all of it or nothing.

    Args:
        name: Of the plugin and its generator.
        kind: Of asset that it makes.
        parent: The folder to write it in.

    Returns:
        The folder.

    Raises:
        UsageError: The name cannot be used, there is such a folder, or no such kind of asset.
        StorageError: It cannot be written.
    """
    if kind not in _BODIES:
        raise unknown_name("kind of asset", kind, _BODIES)
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise UsageError(
            f"a plugin cannot be called '{name}'; expected lower-case letters, digits and single "
            "hyphens, such as soft-noise",
            culprit=name,
        )
    folder = parent / name
    if folder.exists():
        raise UsageError(f"{folder} is there already; choose another name", culprit=str(folder))
    try:
        _write(folder, _files(name, kind))
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written: {error.strerror}", culprit=str(folder)
        ) from None
    return folder


def _write(folder: Path, files: dict[str, str]) -> None:
    """Write files in a folder beside the one wanted, then rename that."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        made = Path(temporary, folder.name)
        for place, text in files.items():
            file = made / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        shutil.move(made, folder)


def _files(name: str, kind: str) -> dict[str, str]:
    imports, params, body = _BODIES[kind]
    package = "studio_" + name.replace("-", "_")
    names = sorted(
        {"Generator", "GeneratorSpec", "Params", "RunContext", "hookimpl", "param"}
        | set(imports.split(", ")),
        key=lambda word: (word[0].islower(), word),
    )
    words = {
        "name": name,
        "kind": kind,
        "package": package,
        "title": name.replace("-", " ").capitalize(),
        "cls": "".join(part.capitalize() for part in name.split("-")) + "Generator",
        "output": KINDS[kind].__name__,
        "imports": "\n".join(f"    {word}," for word in names),
        "numpy": "import numpy as np\n" if "np." in body else "",
        "params": params,
        "body": body,
    }
    texts = {
        "pyproject.toml": _PROJECT,
        "README.md": _README,
        f"src/{package}/__init__.py": _MODULE,
        f"src/{package}/card.md": _CARD,
        f"tests/test_{package}.py": _TEST,
    }
    return {place: text.format_map(words) for place, text in texts.items()}
