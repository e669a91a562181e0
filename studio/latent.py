"""Ways through a latent space, the same for every modality.

Sliders, interpolation, neighbours and loops are all one `LatentMix`: a weighted mean of points,
then moves along named axes. It is resolved beside the loaded generator, because drawing the point
of a seed may need its networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.errors import InputFileError, ParamError, UsageError, nearest
from studio.generator import Input, LatentGenerator, LatentSpec
from studio.jobs import LatentMix, LatentPoint
from studio.params import Params, parse
from studio.recipe import decode_latent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]


def resolve(
    generator: LatentGenerator[Any], mix: LatentMix, params: Params, inputs: tuple[Input, ...]
) -> Vector:
    """Find the point a mix describes.

    Returns:
        (size,) float32.

    Raises:
        UsageError: It names an axis, an input or a vector that does not fit the generator, or
            goes so far that no finite point is left.
    """
    import numpy as np

    spec = generator.spec.latent
    assert spec is not None
    if not mix.points:
        raise UsageError(f"{generator.spec.id}: a latent mix needs at least one point")
    vectors = [_point(generator, point, params, inputs) for point, _ in mix.points]
    latent = _mean(vectors, np.array([weight for _, weight in mix.points], np.float64), spec)
    with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is looked at below
        point = np.ascontiguousarray(_moved(generator, latent, mix), np.float32)
    if not np.isfinite(point).all():
        raise UsageError(f"{generator.spec.id}: the latent mix leads beyond every number")
    return point


def _moved(generator: LatentGenerator[Any], latent: Vector, mix: LatentMix) -> NDArray[Any]:
    import numpy as np

    spec = generator.spec.latent
    assert spec is not None
    names = [axis.name for axis in spec.axes]
    moved = latent.astype(np.float64)
    for name, amount in mix.moves:
        if name not in names:
            hint = nearest(name, names) or f"; it has: {', '.join(names) or 'none'}"
            raise ParamError(f"{generator.spec.id} has no latent axis '{name}'{hint}", culprit=name)
        moved += amount * generator.directions()[names.index(name)].astype(np.float64)
    return moved


def _point(
    generator: LatentGenerator[Any],
    point: LatentPoint,
    params: Params,
    inputs: tuple[Input, ...],
) -> Vector:
    import numpy as np

    if point.values is not None:
        return _checked(generator, _decoded(generator, point.values))
    if point.seed is not None and point.seed >= 0:
        return _checked(
            generator, generator.sample_latent(np.random.default_rng(point.seed), params)
        )
    if point.seed is not None:
        raise UsageError(f"{generator.spec.id}: seed is {point.seed}, expected 0 or more")
    if point.input is None or not 0 <= point.input < len(inputs):
        raise UsageError(f"{generator.spec.id}: the latent mix names an input that is not there")
    return _checked(generator, _of_input(generator, inputs[point.input], params))


def _of_input(generator: LatentGenerator[Any], given: Input, params: Params) -> Vector:
    """The point of a file: from its recipe where this generator made it, else by encoding it."""
    spec = generator.spec
    recipe = given.recipe
    if recipe is not None and recipe.generator == spec.id:
        made_with = parse(type(params), recipe.params, who=f"the recipe of {given.name}")
        return _point(generator, LatentPoint.of(recipe), made_with, ())
    if spec.latent is None or not spec.latent.encodes:
        raise InputFileError(
            f"{given.name} was not made by {spec.id}, which cannot find the latent of other files",
            culprit=given.name,
        )
    return generator.encode(given.asset, params)


def _decoded(generator: LatentGenerator[Any], text: str) -> Vector:
    try:
        return decode_latent(text)
    except ValueError:
        raise UsageError(
            f"{generator.spec.id}: a latent is {text[:20]!r}, expected float32 numbers in base64"
        ) from None


def _checked(generator: LatentGenerator[Any], vector: Vector) -> Vector:
    import numpy as np

    spec = generator.spec.latent
    assert spec is not None
    if not np.isfinite(vector).all():
        raise UsageError(f"{generator.spec.id}: a latent holds values that are not finite")
    if vector.shape != (spec.size,):
        raise UsageError(
            f"{generator.spec.id}: a latent of shape {vector.shape}, expected ({spec.size},)"
        )
    return vector


def _mean(vectors: list[Vector], weights: NDArray[np.float64], spec: LatentSpec) -> Vector:
    import numpy as np

    if len(vectors) == 1:
        return vectors[0]
    total = weights.sum()
    if not 1e-9 < abs(total) < np.inf:
        raise UsageError(f"the weights of a latent mix add up to {total:g}, expected 1 or so")
    weights = weights / total
    if spec.path == "spherical" and len(vectors) == 2:
        return slerp(vectors[0], vectors[1], float(weights[1]))
    mixed = sum(w * v.astype("float64") for w, v in zip(weights, vectors, strict=True))
    if spec.path == "spherical":
        mixed = _same_length(mixed, vectors, weights)
    return np.asarray(mixed, np.float32)


def slerp(a: Vector, b: Vector, t: float) -> Vector:
    """Go from ``a`` to ``b`` along the great circle.

    Source: White 2016, "Sampling Generative Networks", section 2.1.

    Args:
        a: (size,) float32.
        b: (size,) float32.
        t: 0 gives ``a``, 1 gives ``b``.
    """
    import numpy as np

    a64, b64 = a.astype(np.float64), b.astype(np.float64)
    norms = np.linalg.norm(a64) * np.linalg.norm(b64)
    cosine = float(np.clip(a64 @ b64 / norms, -1, 1)) if norms else 1.0
    angle = np.arccos(cosine)
    if np.sin(angle) < 1e-6:
        return ((1 - t) * a64 + t * b64).astype(np.float32)
    mixed = (np.sin((1 - t) * angle) * a64 + np.sin(t * angle) * b64) / np.sin(angle)
    return np.asarray(mixed, np.float32)


def _same_length(mixed: Any, vectors: list[Vector], weights: NDArray[np.float64]) -> Any:
    """Put a mean of Gaussian points back to the length such points have."""
    import numpy as np

    wanted = sum(w * np.linalg.norm(v) for w, v in zip(weights, vectors, strict=True))
    length = np.linalg.norm(mixed)
    return mixed * (wanted / length) if length > 1e-9 else mixed
