"""Pictures: PNG, JPEG and WebP, by Pillow."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import field_validator

from studio.api import Asset, ExporterSpec, Image, Params, Recipe, param
from studio_exporters import png16, xmp
from studio_exporters.base import MIB, FileFormat, P, asset_of, cannot_write
from studio_exporters.recipes import KEY, to_ascii

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image
    from numpy.typing import NDArray

_SCALE = "draw every pixel this many times larger, with hard edges, as pixel art wants it"


class PngOptions(Params):
    """How to write a PNG."""

    compression: int = param(6, "0 is fastest, 9 gives the smallest file", low=0, high=9, step=1)
    indexed: bool = param(False, "store a palette where the picture has at most 256 colours")
    scale: int = param(1, _SCALE, low=1, high=16, step=1, unit="x")


class JpgOptions(Params):
    """How to write a JPEG."""

    quality: int = param(92, "more keeps finer detail in a larger file", low=1, high=100, step=1)
    subsampling: Literal["4:4:4", "4:2:2", "4:2:0"] = param(
        "4:4:4", "how finely colour is kept; 4:2:0 is smallest and blurs red edges"
    )
    matte: str = param("#ffffff", "colour behind what is transparent", low=4, high=7)
    scale: int = param(1, _SCALE, low=1, high=16, step=1, unit="x")

    @field_validator("matte")
    @classmethod
    def _hex_colour(cls, value: str) -> str:
        if not re.fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", value):
            raise ValueError("a colour such as #ffffff")
        return value


class WebpOptions(Params):
    """How to write a WebP."""

    lossless: bool = param(True, "keep every pixel exactly")
    quality: int = param(90, "more keeps finer detail, where lossy", low=0, high=100, step=1)
    effort: int = param(4, "0 is fastest, 6 gives the smallest file", low=0, high=6, step=1)
    scale: int = param(1, _SCALE, low=1, high=16, step=1, unit="x")


class _Picture(FileFormat[P]):
    """What the three formats share. Pictures are at most as large as Pillow's bomb limit."""

    max_bytes = 1024 * MIB
    pillow: str
    max_side: int

    def _read(self, file: Path) -> Image:
        from PIL import ImageOps

        with self._open(file) as picture:
            return Image(_pixels(ImageOps.exif_transpose(picture)))

    @contextmanager
    def _open(self, file: Path) -> Iterator[PIL.Image.Image]:
        import PIL.Image

        with warnings.catch_warnings():
            warnings.simplefilter("error", PIL.Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)  # odd EXIF does not spoil a picture
            with PIL.Image.open(file, formats=[self.pillow]) as picture:
                yield picture

    def _scaled(self, asset: Asset, scale: int) -> NDArray[Any]:
        """Check type and size, and return the pixels to write, (height, width, channels)."""
        import PIL.Image

        image = asset_of(Image, asset, self.spec)
        width, height = image.width * scale, image.height * scale
        most = PIL.Image.MAX_IMAGE_PIXELS or 0
        if max(width, height) > self.max_side or width * height > most:
            raise cannot_write(
                self.spec,
                f"cannot hold {width} x {height} pixels; the most is {self.max_side} on a side "
                f"and {most} in all",
            )
        if scale == 1:
            return image.pixels
        return image.pixels.repeat(scale, axis=0).repeat(scale, axis=1)


class Png(_Picture[PngOptions]):
    """PNG, 8 or 16 bits a channel; the recipe is an iTXt chunk."""

    spec = ExporterSpec(
        id="png",
        title="PNG picture",
        version="1",
        accepts=(Image,),
        suffixes=(".png",),
        media_type="image/png",
        options=PngOptions,
    )
    pillow = "PNG"
    max_side = 1_000_000

    def write(self, asset: Asset, file: Path, options: PngOptions, recipe: Recipe | None) -> None:
        from PIL.PngImagePlugin import PngInfo

        pixels = self._scaled(asset, options.scale)
        text = to_ascii(recipe) if recipe else None
        if pixels.dtype.itemsize == 2 and pixels.shape[2] > 1:
            png16.write(pixels, file, options.compression, text)
            return
        info = PngInfo()
        if text:
            info.add_itxt(KEY, text)
        picture, extra = (_indexed(pixels) if options.indexed else None) or (_to_pillow(pixels), {})
        out = io.BytesIO()  # one write instead of a dozen, which a thousand sprites feel
        picture.save(out, "PNG", pnginfo=info, compress_level=options.compression, **extra)
        file.write_bytes(out.getbuffer())

    def _read(self, file: Path) -> Image:
        with self._open(file) as picture:
            if png16.is_deep_colour(picture):
                return Image(png16.read(file, self._open))
            return Image(_pixels(picture))

    def _recipe_text(self, file: Path) -> str | None:
        with self._open(file) as picture:
            found = picture.info.get(KEY)
            return str(found) if isinstance(found, str) else None


class Jpg(_Picture[JpgOptions]):
    """JPEG, 8 bits a channel, nothing transparent; the recipe is an XMP packet."""

    spec = ExporterSpec(
        id="jpg",
        title="JPEG picture",
        version="1",
        accepts=(Image,),
        suffixes=(".jpg", ".jpeg"),
        media_type="image/jpeg",
        options=JpgOptions,
    )
    pillow = "JPEG"
    max_side = 65_500

    def write(self, asset: Asset, file: Path, options: JpgOptions, recipe: Recipe | None) -> None:
        import PIL.Image

        picture = _to_pillow(_to_8_bits(self._scaled(asset, options.scale)))
        if picture.mode == "RGBA":
            behind = PIL.Image.new("RGBA", picture.size, options.matte)
            picture = PIL.Image.alpha_composite(behind, picture).convert("RGB")
        extra = xmp.jpeg_segments(to_ascii(recipe)) if recipe else b""
        chroma = {} if picture.mode == "L" else {"subsampling": options.subsampling}
        picture.save(file, "JPEG", quality=options.quality, extra=extra, **chroma)

    def _recipe_text(self, file: Path) -> str | None:
        with self._open(file) as picture:
            return xmp.find_in_jpeg(getattr(picture, "applist", ()))


class Webp(_Picture[WebpOptions]):
    """WebP, 8 bits a channel; the recipe is an XMP packet."""

    spec = ExporterSpec(
        id="webp",
        title="WebP picture",
        version="1",
        accepts=(Image,),
        suffixes=(".webp",),
        media_type="image/webp",
        options=WebpOptions,
    )
    pillow = "WEBP"
    max_side = 16_383

    def write(self, asset: Asset, file: Path, options: WebpOptions, recipe: Recipe | None) -> None:
        picture = _to_pillow(_to_8_bits(self._scaled(asset, options.scale)))
        picture.save(
            file,
            "WEBP",
            lossless=options.lossless,
            quality=options.quality,
            method=options.effort,
            exact=options.lossless,  # colours under transparent pixels are pixels too
            xmp=xmp.packet(to_ascii(recipe)) if recipe else b"",
        )

    def _recipe_text(self, file: Path) -> str | None:
        with self._open(file) as picture:
            found = picture.info.get("xmp")
            return xmp.find(found) if found else None


def _to_pillow(pixels: NDArray[Any]) -> PIL.Image.Image:
    import PIL.Image

    return PIL.Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def _to_8_bits(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Round 16 bits to 8; full white stays full white."""
    if pixels.dtype.itemsize == 1:
        return pixels
    return ((pixels.astype("u4") + 128) // 257).astype("u1")


def _indexed(pixels: NDArray[Any]) -> tuple[PIL.Image.Image, dict[str, bytes]] | None:
    """Return the picture with a palette; None where it has too many colours or is grey."""
    import numpy as np
    import PIL.Image

    height, width, channels = pixels.shape
    if channels == 1:
        return None
    colours, places = np.unique(pixels.reshape(-1, channels), axis=0, return_inverse=True)
    if len(colours) > 256:
        return None
    picture = PIL.Image.fromarray(places.reshape(height, width).astype("u1"))
    picture.putpalette(colours[:, :3].tobytes())
    return picture, {"transparency": colours[:, 3].tobytes()} if channels == 4 else {}


def _pixels(picture: PIL.Image.Image) -> NDArray[Any]:
    """Return (height, width, channels) of any picture Pillow reads."""
    import numpy as np

    if picture.mode.startswith("I"):  # 16-bit grey; older Pillows keep it in 32 bits
        return np.asarray(picture).clip(0, 65_535).astype("u2")[:, :, np.newaxis]
    if "A" in picture.getbands() or "transparency" in picture.info:
        return np.asarray(picture.convert("RGBA"))
    if picture.mode in ("1", "L"):
        return np.asarray(picture.convert("L"))[:, :, np.newaxis]
    return np.asarray(picture.convert("RGB"))
