"""Draws points and meshes with OpenGL into a picture of its own, where there is OpenGL.

A context of our own draws into a framebuffer that is read back, and the window paints the picture
like any other. A `QOpenGLWidget` would turn the whole window into one that OpenGL composes, which
flickers when the first one appears, and which the machines without OpenGL would do without anyway.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize
from PySide6.QtGui import (
    QGuiApplication,
    QImage,
    QMatrix4x4,
    QOffscreenSurface,
    QOpenGLContext,
    QSurfaceFormat,
    QVector3D,
)
from PySide6.QtOpenGL import (
    QOpenGLBuffer,
    QOpenGLFramebufferObject,
    QOpenGLFramebufferObjectFormat,
    QOpenGLShader,
    QOpenGLShaderProgram,
)

from studio.app.camera import FIELD, Camera
from studio.app.render import CLAY, Style
from studio.assets import Mesh, PointCloud
from studio.shaping import faceted, smooth

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

_FLOAT, _UNSIGNED_BYTE = 0x1406, 0x1401
_POINTS, _LINES, _TRIANGLES = 0, 1, 4
_CLEAR = 0x4000 | 0x0100  # colour and depth
_DEPTH_TEST, _POINT_SIZE, _OFFSET_FILL = 0x0B71, 0x8642, 0x8037
_SAMPLES = 4
_ROW = 28  # bytes of a corner: place, normal, colour
_WIRE = (0.55, 0.62, 0.85)

_VERTEX = """
attribute vec3 place; attribute vec3 normal; attribute vec4 colour;
uniform mat4 matrix; uniform vec3 eye; uniform float dot_size;
varying vec3 bent; varying vec3 paint; varying vec3 gaze;
void main() {
    gl_Position = matrix * vec4(place, 1.0);
    gl_PointSize = max(dot_size / gl_Position.w, 1.0);
    bent = normal; paint = pow(colour.rgb, vec3(2.2)); gaze = eye - place;
}
"""
_FRAGMENT = """
#ifdef GL_ES
precision mediump float;
#endif
varying vec3 bent; varying vec3 paint; varying vec3 gaze;
uniform vec3 back; uniform vec3 key; uniform vec4 wire; uniform float dots; uniform float reach;
uniform float middle;
void main() {
    if (dots > 0.5 && length(gl_PointCoord - 0.5) > 0.5) discard;
    float light = 0.62 + 0.38 * clamp((middle - dot(gaze, back)) / reach, -1.0, 1.0);
    if (dot(bent, bent) > 0.25) {
        vec3 n = normalize(bent);
        float facing = dot(n, back);
        if (facing < 0.0) n = -n;
        light = 0.30 + 0.14 * n.y + 0.66 * max(dot(n, key), 0.0);
        light += 0.10 * pow(1.0 - abs(facing), 3.0);
    }
    gl_FragColor = mix(vec4(pow(paint * light, vec3(1.0 / 2.2)), 1.0), vec4(wire.rgb, 1.0), wire.a);
}
"""


@dataclass(frozen=True, eq=False)
class Corners:
    """A shape as the graphics card takes it: rows of place, normal and colour.

    Attributes:
        rows: Of points, or three for each triangle.
        edges: Two for each edge, where they are to be drawn.
        dots: Whether the rows are points.
    """

    rows: NDArray[np.void]
    edges: NDArray[np.void]
    dots: bool = False


class GlRenderer:
    """Draws one shape after the other. Belongs to the main thread.

    Raises:
        RuntimeError: There is no OpenGL here.
    """

    def __init__(self) -> None:
        if QGuiApplication.platformName() in ("offscreen", "minimal"):
            raise RuntimeError("this screen has no OpenGL")
        self._context = QOpenGLContext()
        wanted = QSurfaceFormat()
        wanted.setDepthBufferSize(24)
        self._context.setFormat(wanted)
        if not self._context.create():
            raise RuntimeError("no OpenGL context can be made")
        self._surface = QOffscreenSurface()
        self._surface.setFormat(self._context.format())
        self._surface.create()
        self._target: QOpenGLFramebufferObject | None = None
        self._shown: Corners | None = None
        self._counts = (0, 0)
        if not self._context.makeCurrent(self._surface):
            raise RuntimeError("the OpenGL context cannot be used")
        # The stubs want bytes for names, and the binding takes them for no string.
        self._program: Any = QOpenGLShaderProgram()
        kind = QOpenGLShader.ShaderTypeBit
        version = "" if self._context.isOpenGLES() else "#version 120\n"
        built = self._program.addShaderFromSourceCode(kind.Vertex, version + _VERTEX)
        built = built and self._program.addShaderFromSourceCode(kind.Fragment, version + _FRAGMENT)
        for at, name in enumerate(("place", "normal", "colour")):
            self._program.bindAttributeLocation(name, at)
        if not (built and self._program.link()):
            raise RuntimeError(f"the shader is refused: {self._program.log()}")
        self._corners, self._edges = QOpenGLBuffer(), QOpenGLBuffer()
        for buffer in (self._corners, self._edges):
            buffer.create()

    def close(self) -> None:
        """Let go of what the graphics card holds."""
        if self._context.makeCurrent(self._surface):
            self._corners.destroy()
            self._edges.destroy()
            self._program.removeAllShaders()
            self._target = None
            self._context.doneCurrent()

    def draw(self, shape: Corners, camera: Camera, size: tuple[int, int], style: Style) -> QImage:
        """Draw a shape; what is not covered is clear.

        Raises:
            RuntimeError: The graphics card has gone away.
        """
        if not self._context.makeCurrent(self._surface):
            raise RuntimeError("the OpenGL context has gone")
        self._load(shape)
        target = self._target_of(size)
        target.bind()
        gl: Any = self._context.functions()
        gl.glViewport(0, 0, *size)
        gl.glClearColor(0.0, 0.0, 0.0, 0.0)
        gl.glClear(_CLEAR)
        gl.glEnable(_DEPTH_TEST)
        gl.glEnable(_POINT_SIZE)
        if not self._context.isOpenGLES():
            gl.glEnable(0x8861)  # GL_POINT_SPRITE, without which the dots are squares
        self._aim(shape.dots, camera, size, style)
        if style.wire:
            gl.glEnable(_OFFSET_FILL)
            gl.glPolygonOffset(1.0, 1.0)
        self._draw(gl, self._corners, _POINTS if shape.dots else _TRIANGLES, 0)
        if style.wire:
            gl.glDisable(_OFFSET_FILL)
            self._program.setUniformValue("wire", *_WIRE, 0.85)
            self._draw(gl, self._edges, _LINES, 1)
        target.release()
        drawn = target.toImage()
        self._program.release()
        self._context.doneCurrent()
        return drawn

    def _aim(self, dots: bool, camera: Camera, size: tuple[int, int], style: Style) -> None:
        matrix = QMatrix4x4()
        far = camera.distance + camera.reach * 4
        near = max(camera.distance - camera.reach * 4, far * 1e-3)
        matrix.perspective(math.degrees(FIELD), size[0] / size[1], near, far)
        right, up, back = (QVector3D(*axis) for axis in camera.axes())
        target = QVector3D(*camera.target)
        eye = target + back * camera.distance
        matrix.lookAt(eye, target, up)
        self._program.bind()
        for name, value in (
            ("matrix", matrix),
            ("eye", eye),
            ("back", back),
            ("key", right * -0.45 + up * 0.65 + back * 0.62),
        ):
            self._program.setUniformValue(name, value)
        self._program.setUniformValue("wire", 0.0, 0.0, 0.0, 0.0)
        focal = size[1] / 2 / math.tan(FIELD / 2)
        gap = camera.reach * 1.7 / math.sqrt(max(self._counts[0], 1))
        self._program.setUniformValue1f("dot_size", 2 * gap * style.point * focal)
        self._program.setUniformValue1f("dots", 1.0 if dots else 0.0)
        self._program.setUniformValue1f("middle", camera.distance)
        self._program.setUniformValue1f("reach", camera.reach)

    def _draw(self, gl: Any, buffer: QOpenGLBuffer, mode: int, which: int) -> None:
        buffer.bind()
        for at, (kind, offset, count) in enumerate(
            ((_FLOAT, 0, 3), (_FLOAT, 12, 3), (_UNSIGNED_BYTE, 24, 4))
        ):
            self._program.enableAttributeArray(at)
            self._program.setAttributeBuffer(at, kind, offset, count, _ROW)
        gl.glDrawArrays(mode, 0, self._counts[which])
        buffer.release()

    def _target_of(self, size: tuple[int, int]) -> QOpenGLFramebufferObject:
        if self._target is None or self._target.size() != QSize(*size):
            form = QOpenGLFramebufferObjectFormat()
            form.setSamples(_SAMPLES)
            form.setAttachment(QOpenGLFramebufferObject.Attachment.Depth)
            self._target = QOpenGLFramebufferObject(QSize(*size), form)
        return self._target

    def _load(self, shape: Corners) -> None:
        """Give the card its corners, if they are not there already."""
        if shape is self._shown:
            return
        for buffer, data in ((self._corners, shape.rows), (self._edges, shape.edges)):
            buffer.bind()
            buffer.allocate(data.tobytes(), data.nbytes)
            buffer.release()
        self._counts = (len(shape.rows), len(shape.edges))
        self._shown = shape


def corners_of(shape: Mesh | PointCloud, style: Style) -> Corners:
    """Prepare a shape; takes a second for half a million triangles, so not for the main thread."""
    import numpy as np

    form = np.dtype([("place", "<f4", 3), ("normal", "<f4", 3), ("colour", "u1", 4)])

    def rows(places: Any, normals: Any, colours: Any) -> NDArray[np.void]:
        made = np.zeros(len(places), form)
        made["place"] = places
        made["normal"] = 0 if normals is None else normals
        made["colour"] = 255
        made["colour"][:, :3] = CLAY if colours is None else colours
        return made

    if isinstance(shape, PointCloud):
        return Corners(
            rows(shape.points, shape.normals, shape.colors), np.zeros(0, form), dots=True
        )
    if style.smooth:
        mesh = shape if shape.normals is not None else smooth(shape)
        flat = shape.faces.reshape(-1)
        colours = None if mesh.colors is None else mesh.colors[flat]
        assert mesh.normals is not None
        corners = rows(mesh.vertices[flat], mesh.normals[flat], colours)
    else:
        split = faceted(shape)
        corners = rows(split.vertices, split.normals, split.colors)
    if not style.wire:
        return Corners(corners, np.zeros(0, form))
    pairs = np.sort(shape.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    ends = np.unique(pairs[:, 0].astype(np.int64) << 32 | pairs[:, 1])
    ends = np.stack([ends >> 32, ends & 0xFFFFFFFF], axis=1).reshape(-1)
    return Corners(corners, rows(shape.vertices[ends], None, None))


def make_renderer() -> GlRenderer | None:
    """A renderer, or None where OpenGL does not work."""
    try:
        return GlRenderer()
    except RuntimeError as error:
        log.info("shapes are drawn without OpenGL: %s", error)
        return None
