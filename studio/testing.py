"""For authors of plugins, and for the studio's own tests: fakes and conformance checks.

    from studio.testing import check_generator

    def test_contract():
        check_generator(Noise)

`check_generator` and `check_exporter` raise AssertionError with a sentence that says which part of
the contract is broken.
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.assets import (
    Asset,
    Audio,
    Image,
    Latent,
    Mesh,
    Note,
    PointCloud,
    Score,
    Text,
    Track,
)
from studio.engine.making import Context
from studio.engine.models import check_weights
from studio.errors import InputFileError, JobCancelledError, StudioError, WeightsError
from studio.exporter import Exporter
from studio.generator import Generator, GeneratorSpec, Input, LatentGenerator
from studio.params import Params, describe, parse
from studio.recipe import Recipe, RecipeInput
from studio.registry import check_exporter_class, check_generator_class
from studio.runtimes.local import LocalRuntime

if TYPE_CHECKING:
    import numpy as np


# What `studio generate` calls its own options: a parameter of such a name has none.
OPTIONS = frozenset(
    [
        *("count", "debug", "device", "format", "help", "input", "json", "latent_from", "mix"),
        *("move", "no_stream", "option", "out", "overwrite", "project", "seed", "set", "stream"),
        *("toward", "vary"),
    ]
)


def context(seed: int = 0, inputs: tuple[Input, ...] = (), *, cancelled: bool = False) -> Context:
    """Make a run context for a test; with ``cancelled=True`` the job already is."""
    event = threading.Event()
    if cancelled:
        event.set()
    return Context(seed, inputs, "cpu", event, lambda *_: None)


def runtime(device: str = "cpu") -> LocalRuntime:
    """Make the runtime that `Generator.load` is given, for tests and evaluations; to be closed."""
    return LocalRuntime(device)


def example_asset(kind: type[Asset], seed: int = 0) -> Asset:
    """A small asset of a kind, different for each seed."""
    import numpy as np

    rng = np.random.default_rng(seed)
    makers: dict[type[Asset], Callable[[], Asset]] = {
        Image: lambda: Image(rng.integers(0, 256, (8, 12, 4), "uint8")),
        Audio: lambda: Audio(rng.uniform(-0.5, 0.5, (4410, 2)).astype("float32"), 44_100),
        Score: lambda: _example_score(rng),
        Text: lambda: Text(f"The {rng.integers(1000)}th line.\nÜber 月.\n", "en"),
        PointCloud: lambda: _example_points(rng),
        Mesh: lambda: _example_mesh(rng),
        Latent: lambda: Latent(rng.standard_normal(8).astype("float32")),
    }
    return makers[kind]()


def _example_score(rng: np.random.Generator) -> Score:
    melody = tuple(Note(i * 0.5, 0.5, int(rng.integers(60, 72)), 90) for i in range(8))
    drums = tuple(Note(i * 1.0 + 0.01, 0.25, 36, 100) for i in range(4))
    return Score((Track(melody, "lead", 5), Track(drums, "kit", drums=True)), 96.0, (4, 4))


def _example_points(rng: np.random.Generator) -> PointCloud:
    points = rng.standard_normal((50, 3)).astype("float32")
    normals = points / (points**2).sum(1, keepdims=True) ** 0.5
    return PointCloud(points, rng.integers(0, 256, (50, 3), "uint8"), normals)


def _example_mesh(rng: np.random.Generator) -> Mesh:
    import numpy as np

    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], "float32")
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], "int32")
    scale = np.float32(rng.uniform(0.5, 2))
    return Mesh(vertices * scale, faces, rng.integers(0, 256, (4, 3), "uint8"))


def check_generator(
    cls: type[Generator[Any]],
    *,
    params: Mapping[str, Any] | None = None,
    inputs: tuple[Input, ...] = (),
    seed: int = 1,
) -> Asset:
    """Check that a generator keeps the contract, on the CPU.

    Its spec is sound, its weights are those it declares, it makes an asset of its type, the same
    one for the same seed, leaves when cancelled, and its latent space has the size it says. Where
    it keeps partial work, what it yields on the way is also whole and the same each time.

    Args:
        cls: The generator.
        params: Parameters to make something quickly; the rest has defaults.
        inputs: What it needs as inputs.
        seed: Whose asset is made.

    Returns:
        The asset it made.

    Raises:
        AssertionError: Says what is wrong.
    """
    reason = check_generator_class(cls)
    assert not reason, reason
    spec = cls.spec
    for info in describe(spec.params):
        assert info.words, f"{spec.id}: parameter '{info.name}' says nothing about itself"
        assert info.name not in OPTIONS, (
            f"{spec.id}: parameter '{info.name}' is called as an option of `studio generate` is, "
            "and only --set reaches it there; give it another name"
        )
    _check_weights(spec)
    try:
        values = parse(spec.params, dict(params or {}), who=spec.id)
    except StudioError as error:
        raise AssertionError(str(error)) from error
    networks, generator = runtime(), cls()
    generator.load(networks)
    try:
        first = _make(generator, values, context(seed, inputs))
        again = _make(generator, values, context(seed, inputs))
        assert same(first[-1], again[-1]), f"{spec.id}: seed {seed} made two different things"
        if spec.keeps_partial:
            _check_partial(spec, first, again)
        if spec.batch > 1:
            _check_batch(generator, values, inputs, seed)
        _check_cancelling(generator, values, inputs)
        if isinstance(generator, LatentGenerator):
            _check_latent(generator, values, inputs)
        for edit in spec.edits:
            _check_edit(generator, edit, dict(params or {}), seed)
    finally:
        generator.close()
        networks.close()
    return first[-1]


def _check_weights(spec: GeneratorSpec) -> None:
    try:
        sizes = check_weights(spec)
    except WeightsError as error:
        raise AssertionError(str(error)) from error
    for weights, size in zip(spec.weights, sizes, strict=True):
        name = weights.file.name
        assert weights.size == size, f"{spec.id}: {name} has {size} bytes, not {weights.size}"
        assert weights.licence, f"{spec.id}: {name} has no licence"
    assert not spec.card or spec.card.is_file(), f"{spec.id}: its card {spec.card} is missing"


def _make(generator: Generator[Any], params: Params, ctx: Context) -> list[Asset]:
    id_, output = generator.spec.id, generator.spec.output
    made = generator.generate(params, ctx)
    assert isinstance(made, Iterator), (
        f"{id_}.generate returned {type(made).__name__}, expected it to yield assets"
    )
    steps = list(made)
    assert steps, f"{id_} yielded nothing"
    for step in steps:
        assert isinstance(step, Asset), f"{id_} yielded {type(step).__name__}, which is no asset"
    last = type(steps[-1])
    assert last is output, f"{id_} yielded {last.__name__} last, expected {output.__name__}"
    return steps


def _check_partial(spec: GeneratorSpec, first: list[Asset], again: list[Asset]) -> None:
    """What is kept of a cancelled job must be a whole asset, and the same when made again."""
    for step in first:
        kind, wanted = type(step).__name__, spec.output.__name__
        assert isinstance(step, spec.output), (
            f"{spec.id} keeps partial work, and yielded {kind} on the way, expected {wanted}"
        )
    assert len(first) == len(again), (
        f"{spec.id} keeps partial work, and yielded {len(first)} assets, and {len(again)} the next "
        "time; how often it yields must not depend on time"
    )
    differ = (number for number, pair in enumerate(zip(first, again, strict=True), 1)
              if not same(*pair))  # fmt: skip
    number = next(differ, None)
    assert number is None, (
        f"{spec.id} keeps partial work, and what it yielded as number {number} was different the "
        "next time"
    )


def _check_batch(
    generator: Generator[Any], params: Params, inputs: tuple[Input, ...], seed: int
) -> None:
    """What is made together must be what is made alone: it is replayed alone."""
    spec = generator.spec
    seeds = range(seed, seed + min(spec.batch, 3))
    together: list[list[Asset]] = [[] for _ in seeds]
    for place, asset in generator.generate_batch(params, [context(s, inputs) for s in seeds]):
        together[place].append(asset)
    for each, steps in zip(seeds, together, strict=True):
        alone = _make(generator, params, context(each, inputs))
        assert steps, f"{spec.id}: generate_batch yielded nothing for seed {each}"
        assert same(steps[-1], alone[-1]), (
            f"{spec.id}: seed {each} made something else in a batch than alone"
        )
        assert not spec.keeps_partial or len(steps) == len(alone), (
            f"{spec.id}: seed {each} yielded {len(steps)} assets in a batch, and {len(alone)} alone"
        )


def _check_cancelling(generator: Generator[Any], params: Params, inputs: tuple[Input, ...]) -> None:
    """A generator that asks whether it was cancelled leaves when it hears so."""
    event = threading.Event()
    event.set()
    ctx = _Asked(0, inputs, "cpu", event, lambda *_: None)
    try:
        list(generator.generate(params, ctx))
    except JobCancelledError:
        return
    assert not ctx.asked, f"{generator.spec.id} heard that it was cancelled and carried on"


class _Asked(Context):
    """A context that remembers whether anybody asked if the job was cancelled."""

    asked = False

    def check_cancelled(self) -> None:
        self.asked = True
        super().check_cancelled()


def _check_latent(
    generator: LatentGenerator[Any], params: Params, inputs: tuple[Input, ...]
) -> None:
    import numpy as np

    spec = generator.spec.latent
    assert spec is not None
    latent = generator.sample_latent(np.random.default_rng(1), params)
    expected = (spec.size,)
    assert latent.shape == expected, f"sample_latent gave shape {latent.shape}, not {expected}"
    assert latent.dtype == np.float32, f"sample_latent gave {latent.dtype}, expected float32"
    first = generator.decode(latent, params, context(1, inputs))
    again = generator.decode(latent.copy(), params, context(1, inputs))
    output = generator.spec.output
    assert type(first) is output, f"decode gave {type(first).__name__}, not {output.__name__}"
    assert same(first, again), "decode made two different things of one latent"
    directions = generator.directions()
    wanted = (len(spec.axes), spec.size)
    assert directions.shape == wanted, (
        f"directions() has shape {directions.shape}, expected {wanted}"
    )
    names = [axis.name for axis in spec.axes]
    assert len(set(names)) == len(names), f"two axes of {names} have one name"
    if spec.encodes:
        found = generator.encode(first, params)
        assert found.shape == expected, f"encode gave shape {found.shape}, not {expected}"
        assert found.dtype == np.float32, f"encode gave {found.dtype}, expected float32"


_SAMPLE = "The rain came over the harbour.\nA lamp was lit and the boats were still.\n"


def _check_edit(generator: Generator[Any], edit: str, params: Mapping[str, Any], seed: int) -> None:
    """What is asked for is done, what lies around it stays, and previews are whole texts too."""
    spec = generator.spec
    start, end = _SAMPLE.index("lamp"), _SAMPLE.index("lamp") + len("lamp")
    values = parse(spec.params, {**params, "task": edit, "start": start, "end": end}, who=spec.id)
    steps = list(generator.generate(values, context(seed, (Input(Text(_SAMPLE, "en"), "a.txt"),))))
    assert steps, f"{spec.id} yielded nothing when asked to {edit}"
    for step in steps:
        assert isinstance(step, Text), f"{spec.id} yielded {type(step).__name__}, expected Text"
        if edit == "alternatives":
            continue
        assert step.text.startswith(_SAMPLE[:start]), f"{spec.id}: {edit} changed what came before"
        kept = edit == "continue" or step.text.endswith(_SAMPLE[end:])
        assert kept, f"{spec.id}: {edit} changed what comes after"
    last = steps[-1]
    assert isinstance(last, Text)
    if edit == "alternatives":
        _check_choices(spec.id, last)


def _check_choices(id_: str, offered: Text) -> None:
    chances = [chance for _, chance in offered.choices]
    assert len(chances) > 1, f"{id_}: alternatives gave {len(chances)} choices, expected several"
    assert chances == sorted(chances, reverse=True), f"{id_}: the likeliest choice is not first"
    assert sum(chances) <= 1 + 1e-6, f"{id_}: its choices have {sum(chances):g} of 1 in all"
    words = [word for word, _ in offered.choices]
    assert "lamp" in words, f"{id_}: what stands there, 'lamp', is not among its choices"


def check_exporter(cls: type[Exporter[Any]]) -> None:
    """Check that an exporter keeps the contract.

    It writes every asset type it accepts, the same bytes each time, gives back the recipe that
    went in, reads what it wrote, and raises InputFileError for what is damaged.

    Raises:
        AssertionError: Says what is wrong.
    """
    reason = check_exporter_class(cls)
    assert not reason, reason
    for kind in cls.spec.accepts:
        with tempfile.TemporaryDirectory() as folder:
            _check_kind(cls(), example_asset(kind), Path(folder))


def _check_kind(exporter: Exporter[Any], asset: Asset, folder: Path) -> None:
    spec = exporter.spec
    recipe = _example_recipe(spec.id)
    one, two, bare = (
        _written(exporter, asset, folder / turn, made)
        for turn, made in (("one", recipe), ("two", recipe), ("bare", None))
    )
    for first, second in zip(_files(one.parent), _files(two.parent), strict=True):
        assert first.read_bytes() == second.read_bytes(), f"{spec.id} gave other bytes next time"
    if spec.embeds:
        found = exporter.read_recipe(one)
        assert found == recipe, f"{spec.id} gave back another recipe: {found}"
        found = exporter.read_recipe(bare)
        assert found is None, f"{spec.id} gave a recipe that was never written: {found}"
    if spec.reads:
        for file in (one, bare):
            read = exporter.read(file)
            assert type(read) in spec.accepts, f"{spec.id}.read gave {type(read).__name__}"
        _check_damaged(exporter, one)


def _written(exporter: Exporter[Any], asset: Asset, folder: Path, recipe: Recipe | None) -> Path:
    spec = exporter.spec
    file = folder / f"example{spec.suffixes[0]}"
    folder.mkdir()
    exporter.write(asset, file, spec.options(), recipe)
    assert file.is_file(), f"{spec.id} wrote no file for {asset.title}"
    for companion in _files(folder):
        assert companion.name.startswith(file.stem), (
            f"{spec.id} wrote {companion.name} beside {file.name}, expected it to begin alike"
        )
    return file


def _check_damaged(exporter: Exporter[Any], file: Path) -> None:
    """Whatever a file holds, a reader understands it or raises InputFileError."""
    whole = file.read_bytes()
    half = len(whole) // 2
    for damaged in (b"", whole[:half], whole[:-1], bytes(half) + whole[half:], b"\xff" * 100):
        file.write_bytes(damaged)
        for read in (exporter.read, exporter.read_recipe):
            try:
                read(file)
            except InputFileError:
                continue
            except Exception as error:
                raise AssertionError(
                    f"{exporter.spec.id}.{read.__name__} raised {type(error).__name__} for a "
                    f"damaged file, expected InputFileError: {error}"
                ) from error


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def _example_recipe(exporter: str) -> Recipe:
    inner = Recipe(generator="other", version="1", seed=3, params={"words": "naïve 月 <&>\n\"'"})
    return Recipe(
        generator="example",
        version="2",
        weights={"w.onnx": "0" * 64},
        params={"size": 3, "mood": "calm -- */ ?>", "share": 0.1},
        seed=2**53 - 1,
        inputs=(RecipeInput(name="tune.mid", sha256="1" * 64, recipe=inner),),
        runtime="fake 1",
        device="cpu",
        exporter=exporter,
        studio="0",
    )


def same(a: Asset, b: Asset) -> bool:
    """Whether two assets are equal to the last bit."""
    (meta_a, arrays_a), (meta_b, arrays_b) = a.parts(), b.parts()
    return (
        type(a) is type(b)
        and json.dumps(meta_a, sort_keys=True) == json.dumps(meta_b, sort_keys=True)
        and arrays_a.keys() == arrays_b.keys()
        and all(
            arrays_a[k].shape == arrays_b[k].shape
            and arrays_a[k].tobytes() == arrays_b[k].tobytes()
            for k in arrays_a
        )
    )


def write_plugin(folder: Path, name: str, source: str) -> Path:
    """Write a plugin that counts as installed for every process with ``folder`` on PYTHONPATH.

    Args:
        folder: Where the module and its distribution's metadata go.
        name: Of the module, the distribution and the entry point.
        source: The module.

    Returns:
        ``folder``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[studio.plugins]\n{name} = {name}\n")
    return folder
