"""Where one looks at a shape from: orbit, pan, zoom and fit. Frozen values, no widget."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FIELD = math.radians(30.0)  # height of what is seen, as an angle
_STEEPEST = 89.0
_TURN = 0.4  # degrees to a pixel


@dataclass(frozen=True)
class Camera:
    """Looks at a target from a distance, Y up.

    Attributes:
        yaw, pitch: In degrees; 0 and 0 look along -Z, a positive pitch looks down.
        distance: From the target, in the shape's units.
        target: What lies in the middle of the picture.
        reach: Of the shape, for the near and far planes and the limits of the zoom.
    """

    yaw: float = -35.0
    pitch: float = 20.0
    distance: float = 4.0
    target: tuple[float, float, float] = (0.0, 0.0, 0.0)
    reach: float = 1.0

    def orbit(self, dx: float, dy: float) -> Camera:
        """Go around the target, following a hand that drags so many pixels."""
        pitch = min(max(self.pitch + dy * _TURN, -_STEEPEST), _STEEPEST)
        return replace(self, yaw=(self.yaw - dx * _TURN + 180) % 360 - 180, pitch=pitch)

    def pan(self, dx: float, dy: float, height: int) -> Camera:
        """Move the target so that what is in its plane follows the hand; `height` is in pixels."""
        unit = 2 * self.distance * math.tan(FIELD / 2) / max(height, 1)
        right, up, _ = self.axes()
        moved = [
            t - r * dx * unit + u * dy * unit
            for t, r, u in zip(self.target, right, up, strict=True)
        ]
        return replace(self, target=(moved[0], moved[1], moved[2]))

    def zoom(self, factor: float) -> Camera:
        """Come closer by a factor above 1, or go away."""
        distance = self.distance / factor
        return replace(self, distance=min(max(distance, self.reach / 50), self.reach * 50))

    def axes(self) -> tuple[tuple[float, float, float], ...]:
        """Right, up, and from the target to the eye: unit vectors."""
        a, b = math.radians(self.yaw), math.radians(self.pitch)
        back = (math.sin(a) * math.cos(b), math.sin(b), math.cos(a) * math.cos(b))
        right = (math.cos(a), 0.0, -math.sin(a))
        up = (-math.sin(a) * math.sin(b), math.cos(b), -math.cos(a) * math.sin(b))
        return right, up, back

    def seen(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return (n, 3) points as the eye sees them: right, up, and depth from the eye."""
        import numpy as np

        turned: NDArray[np.float64] = (points.astype(np.float64) - self.target) @ np.array(
            self.axes()
        ).T
        turned[:, 2] = self.distance - turned[:, 2]
        return turned

    def on_screen(
        self, points: NDArray[np.floating], size: tuple[int, int]
    ) -> NDArray[np.float64] | None:
        """Return (n, 2) places in a picture; None where a point lies behind the eye."""
        seen = self.seen(points)
        if bool((seen[:, 2] <= self.distance * 1e-2).any()):
            return None
        focal = size[1] / 2 / math.tan(FIELD / 2)
        flat: NDArray[np.float64] = seen[:, :2] * (focal, -focal) / seen[:, 2:]
        flat += (size[0] / 2, size[1] / 2)
        return flat


def fitted(points: NDArray[np.floating], aspect: float = 1.0, *, margin: float = 1.08) -> Camera:
    """A camera that sees all of a shape, however it is turned around its upright axis.

    Args:
        points: (n, 3).
        aspect: Width of the picture divided by its height.
        margin: Air around it.
    """
    import numpy as np

    if not len(points):
        return Camera()
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    middle = (low + high) / 2
    around = float(np.hypot(points[:, 0] - middle[0], points[:, 2] - middle[2]).max())
    tall = float(high[1] - low[1]) / 2
    reach = max(math.hypot(around, tall), 1e-9)
    seen = Camera(reach=reach)
    tilt = math.radians(seen.pitch)
    high_ = tall * math.cos(tilt) + around * math.sin(tilt)
    half = max(high_, around / max(aspect, 1e-3)) * margin
    # What is nearer than the middle looks larger by how near it is.
    distance = max(half, reach * 1e-3) / math.tan(FIELD / 2) + around * math.cos(tilt) * 0.6
    distance += tall * math.sin(tilt)
    x, y, z = (float(v) for v in middle)
    return replace(seen, distance=distance, target=(x, y, z))
