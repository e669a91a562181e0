"""What the 3D formats share: polygons to triangles, and colours from whatever numbers they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from studio.api import Asset, ExporterSpec, Mesh, Params, PointCloud, faceted, param, placed, smooth
from studio_exporters.base import cannot_write, expect, held

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class PlaceOptions(Params):
    """Where a shape lies in its file, and how large it is there."""

    scale: float = param(
        1.0, "units of the file to a metre, such as 100 for centimetres", low=1e-6, high=1e6
    )
    pivot: Literal["kept", "base", "centre"] = param(
        "kept", "what lies at the origin: as it is, the middle of its floor, or its centre"
    )


class ShadingOptions(PlaceOptions):
    """How the surface of a mesh looks; points are left as they are."""

    shading: Literal["kept", "smooth", "faceted"] = param(
        "kept", "normals as they are, rounded over the edges, or one for each face"
    )


class UpOptions(ShadingOptions):
    """Which way is up, for formats that do not say."""

    up: Literal["y", "z"] = param("y", "the axis that points up: y in most engines, z in Blender")


def shaped(asset: Asset, options: PlaceOptions, spec: ExporterSpec) -> Asset:
    """Return the asset as it is to be written.

    Raises:
        UsageError: It becomes too large for the file.
    """
    if not isinstance(asset, (Mesh, PointCloud)):
        return asset  # which the format is going to refuse
    shading = options.shading if isinstance(options, ShadingOptions) else "kept"
    if isinstance(asset, Mesh) and len(asset.faces) and shading != "kept":
        asset = smooth(asset) if shading == "smooth" else faceted(asset)
    z_up = getattr(options, "up", "y") == "z"
    if (options.scale, options.pivot, z_up) == (1.0, "kept", False):
        return asset
    try:
        return placed(asset, scale=options.scale, z_up=z_up, pivot=options.pivot)
    except ValueError:
        raise cannot_write(
            spec,
            f"holds no coordinates as large as with scale {options.scale:g}; take a smaller one",
        ) from None


def places(asset: Asset, spec: ExporterSpec) -> NDArray[np.float32]:
    """Return the vertices or points of an asset, (n, 3) with n > 0.

    Raises:
        UsageError: The format does not take the asset, or there is nothing in it.
    """
    if not isinstance(asset, spec.accepts) or not isinstance(asset, (Mesh, PointCloud)):
        raise cannot_write(spec, f"holds {held(spec)}, not {type(asset).__name__}")
    rows = asset.vertices if isinstance(asset, Mesh) else asset.points
    if not len(rows):
        raise cannot_write(
            spec, f"needs at least one point, and this {asset.title.lower()} has none"
        )
    return rows


def faces_of(mesh: Mesh, spec: ExporterSpec) -> NDArray[np.int32]:
    """Return the faces of a mesh, for a format that has no use for a mesh without any."""
    if not len(mesh.faces):
        raise cannot_write(
            spec, "needs at least one triangle, and this mesh has none; ply does not"
        )
    return mesh.faces


def mesh_or_points(
    vertices: NDArray[Any],
    faces: NDArray[Any] | None,
    colors: NDArray[np.uint8] | None,
    normals: NDArray[Any] | None,
) -> Mesh | PointCloud:
    """Make the asset a file holds: a mesh where there are faces, points where there are none."""
    expect(len(vertices) > 0, "it holds no points")
    if faces is None or not len(faces):
        normals = None if normals is None else narrow(normals)
        return PointCloud(narrow(vertices), colors, normals)
    return mesh_of(vertices, faces, colors, normals)


def mesh_of(
    vertices: NDArray[Any],
    faces: NDArray[Any],
    colors: NDArray[np.uint8] | None,
    normals: NDArray[Any] | None,
) -> Mesh:
    """Make a mesh of what a file holds, whose faces may point anywhere."""
    least, most = int(faces.min()), int(faces.max())
    wrong = least if least < 0 else most
    expect(
        least >= 0 and most < len(vertices),
        f"a face refers to vertex {wrong}, and there are {len(vertices)}",
    )
    return Mesh(narrow(vertices), faces, colors, None if normals is None else narrow(normals))


def tinted(mesh: Mesh, tints: NDArray[np.uint8]) -> Mesh:
    """Colour the faces of a mesh; a vertex between faces of several colours becomes as many.

    Args:
        mesh: Its own colours are left out.
        tints: (m, 3), of each face.
    """
    import numpy as np

    told = np.column_stack([mesh.faces.reshape(-1), tints.repeat(3, axis=0)])
    corners, again = np.unique(told, axis=0, return_inverse=True)
    from_ = corners[:, 0]
    normals = None if mesh.normals is None else mesh.normals[from_]
    return Mesh(
        mesh.vertices[from_], again.reshape(-1, 3), corners[:, 1:].astype(np.uint8), normals
    )


def narrow(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return float32; what is too large for it becomes infinite, which no asset takes."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(np.float32)


def to_bytes(colours: NDArray[Any]) -> NDArray[np.uint8]:
    """Return colours as 0 to 255, from bytes, 16-bit numbers or fractions of 1."""
    import numpy as np

    if colours.dtype == np.uint8:
        return colours
    if colours.dtype == np.uint16:
        return np.rint(colours / 257).astype(np.uint8)
    expect(bool(np.isfinite(colours).all()), "it holds colours that are not finite")
    fractions: NDArray[np.float64] = colours.clip(0, 1)
    return np.rint(fractions * 255).astype(np.uint8)


def fan(polygon: list[int]) -> list[tuple[int, int, int]]:
    """Cut a convex polygon into triangles around its first corner."""
    return [(polygon[0], polygon[i], polygon[i + 1]) for i in range(1, len(polygon) - 1)]
