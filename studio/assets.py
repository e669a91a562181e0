"""What generators make and exporters write: frozen values, whose arrays cannot be changed.

Each asset checks its own shapes when it is made, so that a mistake in a plugin is named where it
happens. `parts()` and `from_parts()` take an asset apart into JSON and arrays and put it together
again; that is how it crosses from one process to another, without pickle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:  # numpy takes a tenth of a second to import, and `studio list` has no need of it
    import numpy as np
    from numpy.typing import NDArray

Arrays = dict[str, "NDArray[Any]"]


class Asset:
    """Base of everything a generator can make."""

    kind: ClassVar[str]
    title: ClassVar[str]

    def parts(self) -> tuple[dict[str, Any], Arrays]:
        """Return what is JSON and what is arrays; `None` arrays are left out."""
        raise NotImplementedError

    @classmethod
    def from_parts(cls, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Asset:
        """Put an asset together again from `parts()`."""
        return cls(**meta, **arrays)


@dataclass(frozen=True, eq=False)
class Image(Asset):
    """A picture.

    Attributes:
        pixels: (height, width, channels); uint8 or uint16; 1 grey, 3 RGB or 4 RGBA channels with
            straight (not premultiplied) alpha.
    """

    pixels: NDArray[Any]
    kind: ClassVar[str] = "image"
    title: ClassVar[str] = "Image"

    def __post_init__(self) -> None:
        pixels = _frozen(self.pixels, "Image.pixels")
        shape, dtype = pixels.shape, pixels.dtype
        if not (len(shape) == 3 and shape[2] in (1, 3, 4) and min(shape) > 0):
            raise ValueError(f"Image.pixels has shape {shape}, expected (height, width, 1, 3 or 4)")
        if not (dtype.kind == "u" and dtype.itemsize in (1, 2)):
            raise ValueError(f"Image.pixels is {dtype.name}, expected uint8 or uint16")
        object.__setattr__(self, "pixels", pixels)

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])

    def parts(self) -> tuple[dict[str, Any], Arrays]:
        return {}, {"pixels": self.pixels}


@dataclass(frozen=True, eq=False)
class Audio(Asset):
    """A sound.

    Attributes:
        samples: (frames, channels); float32, full scale is -1 to 1.
        sample_rate: In Hz.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    kind: ClassVar[str] = "audio"
    title: ClassVar[str] = "Sound"

    def __post_init__(self) -> None:
        samples = _frozen(self.samples, "Audio.samples", "float32")
        rate = _whole(self.sample_rate, "Audio.sample_rate")
        _require(
            samples.ndim == 2 and 1 <= samples.shape[1] <= 8,
            f"Audio.samples has shape {samples.shape}, expected (frames, 1 to 8 channels)",
        )
        _finite(samples, "Audio.samples")
        _require(
            8_000 <= rate <= 384_000, f"Audio.sample_rate is {rate} Hz, expected 8000 to 384000"
        )
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "sample_rate", rate)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate

    def parts(self) -> tuple[dict[str, Any], Arrays]:
        return {"sample_rate": self.sample_rate}, {"samples": self.samples}


@dataclass(frozen=True)
class Note:
    """One note: start and duration in quarter-note beats, pitch and velocity as in MIDI."""

    start: float
    duration: float
    pitch: int
    velocity: int = 80

    def __post_init__(self) -> None:
        # numpy's numbers come out of every network, and JSON does not know them
        object.__setattr__(self, "start", float(self.start))
        object.__setattr__(self, "duration", float(self.duration))
        object.__setattr__(self, "pitch", _whole(self.pitch, "Note.pitch"))
        object.__setattr__(self, "velocity", _whole(self.velocity, "Note.velocity"))
        _require(
            0 <= self.start < math.inf
            and 0 < self.duration < math.inf
            and 0 <= self.pitch <= 127
            and 1 <= self.velocity <= 127,
            f"{self} is no note: start >= 0, duration > 0, pitch 0 to 127, velocity 1 to 127",
        )


@dataclass(frozen=True)
class Track:
    """Notes for one instrument: a General MIDI program, or the drum kit."""

    notes: tuple[Note, ...]
    name: str = ""
    program: int = 0
    drums: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(self.notes))
        object.__setattr__(self, "program", _whole(self.program, "Track.program"))
        object.__setattr__(self, "drums", bool(self.drums))
        _all_are(Note, self.notes, "Track.notes")
        _unicode(self.name, "Track.name")
        _require(0 <= self.program <= 127, f"Track.program is {self.program}, expected 0 to 127")


@dataclass(frozen=True)
class Score(Asset):
    """Music as notes: tracks, a tempo in beats per minute and a time signature."""

    tracks: tuple[Track, ...]
    tempo: float = 120.0
    time_signature: tuple[int, int] = (4, 4)
    kind: ClassVar[str] = "score"
    title: ClassVar[str] = "Music"

    def __post_init__(self) -> None:
        signature = tuple(_whole(n, "Score.time_signature") for n in self.time_signature)
        object.__setattr__(self, "tracks", tuple(self.tracks))
        object.__setattr__(self, "time_signature", signature)
        object.__setattr__(self, "tempo", float(self.tempo))
        _all_are(Track, self.tracks, "Score.tracks")
        _require(4 <= self.tempo <= 1000, f"Score.tempo is {self.tempo:g} bpm, expected 4 to 1000")
        _require(
            len(signature) == 2, f"Score.time_signature is {signature}, expected beats and unit"
        )
        beats, unit = signature
        _require(
            1 <= beats <= 255 and unit in (1, 2, 4, 8, 16, 32, 64),
            f"Score.time_signature is {beats}/{unit}, expected such as 4/4 or 6/8",
        )

    @property
    def beats(self) -> float:
        """Length in quarter-note beats, to the end of the last note."""
        return max((n.start + n.duration for t in self.tracks for n in t.notes), default=0.0)

    def parts(self) -> tuple[dict[str, Any], Arrays]:
        tracks = [
            {
                "name": t.name,
                "program": t.program,
                "drums": t.drums,
                "notes": [[n.start, n.duration, n.pitch, n.velocity] for n in t.notes],
            }
            for t in self.tracks
        ]
        meta = {"tracks": tracks, "tempo": self.tempo, "time_signature": list(self.time_signature)}
        return meta, {}

    @classmethod
    def from_parts(
        cls,
        meta: Mapping[str, Any],
        arrays: Mapping[str, NDArray[Any]],  # noqa: ARG003 - the base class's signature
    ) -> Score:
        tracks = tuple(
            Track(tuple(Note(*n) for n in t["notes"]), t["name"], t["program"], t["drums"])
            for t in meta["tracks"]
        )
        beats, unit = meta["time_signature"]
        return cls(tracks, meta["tempo"], (beats, unit))


@dataclass(frozen=True)
class Text(Asset):
    """Words.

    Attributes:
        language: A BCP 47 tag, or empty where nobody knows.
        choices: What else could stand there, each with its probability, the likeliest first.
    """

    text: str
    language: str = ""
    choices: tuple[tuple[str, float], ...] = ()
    kind: ClassVar[str] = "text"
    title: ClassVar[str] = "Text"

    def __post_init__(self) -> None:
        _unicode(self.text, "Text.text")
        _unicode(self.language, "Text.language")
        object.__setattr__(self, "choices", tuple((w, float(p)) for w, p in self.choices))
        for word, probability in self.choices:
            _unicode(word, "Text.choices")
            _require(0 <= probability <= 1, f"Text.choices holds a probability of {probability:g}")

    def parts(self) -> tuple[dict[str, Any], Arrays]:
        meta: dict[str, Any] = {"text": self.text, "language": self.language}
        return meta | ({"choices": self.choices} if self.choices else {}), {}


@dataclass(frozen=True, eq=False)
class PointCloud(Asset):
    """Points in space, right-handed, Y up, in metres.

    Attributes:
        points: (n, 3) float32.
        colors: (n, 3) uint8, or None.
        normals: (n, 3) float32 of unit length, or None.
    """

    points: NDArray[np.float32]
    colors: NDArray[np.uint8] | None = None
    normals: NDArray[np.float32] | None = None
    kind: ClassVar[str] = "points"
    title: ClassVar[str] = "Point cloud"

    def __post_init__(self) -> None:
        _rows(self, "points", "float32", None)
        _rows(self, "colors", "uint8", len(self.points))
        _rows(self, "normals", "float32", len(self.points))

    def parts(self) -> tuple[dict[str, Any], Arrays]:
        return {}, _present(points=self.points, colors=self.colors, normals=self.normals)


@dataclass(frozen=True, eq=False)
class Mesh(Asset):
    """A triangle mesh, right-handed, Y up, in metres.

    Attributes:
        vertices: (n, 3) float32.
        faces: (m, 3) int32, counter-clockwise from outside, each below n.
        colors: (n, 3) uint8 for each vertex, or None.
        normals: (n, 3) float32 for each vertex, or None.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    colors: NDArray[np.uint8] | None = None
    normals: NDArray[np.float32] | None = None
    kind: ClassVar[str] = "mesh"
    title: ClassVar[str] = "Mesh"

    def __post_init__(self) -> None:
        _rows(self, "vertices", "float32", None)
        _rows(self, "faces", "int32", None)
        _rows(self, "colors", "uint8", len(self.vertices))
        _rows(self, "normals", "float32", len(self.vertices))
        inside = not len(self.faces) or (
            self.faces.min() >= 0 and self.faces.max() < len(self.vertices)
        )
        _require(bool(inside), f"Mesh.faces point outside its {len(self.vertices)} vertices")

    def parts(self) -> tuple[dict[str, Any], Arrays]:
        arrays = _present(
            vertices=self.vertices, faces=self.faces, colors=self.colors, normals=self.normals
        )
        return {}, arrays


@dataclass(frozen=True, eq=False)
class Latent(Asset):
    """A point in a generator's latent space: (size,) float32. Never exported by itself."""

    values: NDArray[np.float32]
    kind: ClassVar[str] = "latent"
    title: ClassVar[str] = "Latent"

    def __post_init__(self) -> None:
        values = _frozen(self.values, "Latent.values", "float32")
        _require(values.ndim == 1, f"Latent.values has shape {values.shape}, expected (size,)")
        _finite(values, "Latent.values")
        object.__setattr__(self, "values", values)

    def parts(self) -> tuple[dict[str, Any], Arrays]:
        return {}, {"values": self.values}


KINDS: dict[str, type[Asset]] = {
    cls.kind: cls for cls in (Image, Audio, Score, Text, PointCloud, Mesh, Latent)
}


def from_parts(kind: str, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Asset:
    """Put any asset together again.

    Raises:
        ValueError: No such kind of asset, or its parts do not fit together.
    """
    if kind not in KINDS:
        raise ValueError(f"no asset is called '{kind}'; known: {', '.join(KINDS)}")
    try:
        return KINDS[kind].from_parts(meta, arrays)
    except (KeyError, TypeError) as error:
        raise ValueError(f"these are not the parts of '{kind}': {error}") from error


def _present(**arrays: Any) -> Arrays:
    return {name: array for name, array in arrays.items() if array is not None}


def _frozen(array: Any, what: str, dtype: str | None = None) -> NDArray[Any]:
    """Return a C-contiguous array nobody can write to; it is copied if somebody still could.

    Numbers are converted to ``dtype`` where that keeps what they mean: no whole number becomes
    another, and no fraction a whole number.
    """
    import numpy as np

    given = np.asarray(array)
    if dtype is not None and given.size:
        _check_cast(given, what, np.dtype(dtype))
    native = np.dtype(dtype or given.dtype).newbyteorder("=")
    copy = True if _writeable(given) else None
    if given.dtype == native:
        frozen = np.array(given, order="C", copy=copy)
    else:
        with np.errstate(over="ignore"):  # what becomes infinite is refused by whoever asked
            frozen = np.array(given, dtype=native, order="C", copy=copy)
    frozen.flags.writeable = False
    return frozen


def _check_cast(given: NDArray[Any], what: str, wanted: np.dtype[Any]) -> None:
    import numpy as np

    fits = given.dtype.kind in ("iu" if wanted.kind in "iu" else "iuf")
    _require(fits, f"{what} is {given.dtype.name}, expected {wanted.name}")
    if wanted.kind in "iu" and given.dtype != wanted:
        low, high, held = int(given.min()), int(given.max()), np.iinfo(wanted)
        _require(
            held.min <= low and high <= held.max,
            f"{what} holds values from {low} to {high}, expected {wanted.name}",
        )


def _writeable(array: NDArray[Any]) -> bool:
    """Whether an array, or one that it is a view of, can be written to."""
    import numpy as np

    owner: Any = array
    while isinstance(owner, np.ndarray):
        if owner.flags.writeable:
            return True
        owner = owner.base
    return False


def _whole(value: Any, what: str) -> int:
    _require(float(value).is_integer(), f"{what} is {value}, expected a whole number")
    return int(value)


def _unicode(text: Any, what: str) -> None:
    _require(isinstance(text, str), f"{what} is {type(text).__name__}, expected str")
    try:
        text.encode()
    except UnicodeEncodeError:  # what is left of bytes cut in the wrong place fits into no file
        raise ValueError(f"{what} holds half a character, expected whole ones") from None


def _all_are(kind: type, values: tuple[Any, ...], what: str) -> None:
    for value in values:
        _require(
            isinstance(value, kind),
            f"{what} holds {type(value).__name__}, expected {kind.__name__}",
        )


def _rows(asset: Any, name: str, dtype: str, count: int | None) -> None:
    value = getattr(asset, name)
    if value is None:
        return
    what = f"{type(asset).__name__}.{name}"
    rows = _frozen(value, what, dtype)
    expected = "n" if count is None else count
    fits = rows.ndim == 2 and rows.shape[1] == 3 and (count is None or len(rows) == count)
    _require(fits, f"{what} has shape {rows.shape}, expected ({expected}, 3)")
    if dtype == "float32":
        _finite(rows, what)
    object.__setattr__(asset, name, rows)


def _finite(array: NDArray[Any], what: str) -> None:
    import numpy as np

    _require(bool(np.isfinite(array).all()), f"{what} holds values that are not finite")


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)
