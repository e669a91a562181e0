from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import PIL.Image
import png
import pytest
from PIL import ImageCms

from studio.api import Image, ParamError, UsageError
from studio.params import parse
from studio_exporters import Jpg, Png, Webp, png16

RNG = np.random.default_rng(7)


def noise(height=9, width=13, channels=4, dtype="uint8"):
    return Image(RNG.integers(0, np.iinfo(dtype).max, (height, width, channels), dtype, True))


def smooth(height=64, width=64):
    y, x = np.mgrid[:height, :width]
    return Image(np.stack([x * 2, y * 2, (x + y)], 2).astype("uint8"))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("shape", [(1, 1), (9, 13), (300, 7)])
def test_png_is_exact(dtype, channels, shape, write, recipe):
    image = noise(*shape, channels, dtype)
    file = write(Png, image, recipe)
    np.testing.assert_array_equal(Png().read(file).pixels, image.pixels)
    assert Png().read(file).pixels.dtype == dtype
    width, height, rows, about = png.Reader(bytes=file.read_bytes()).asDirect()
    seen = np.array([list(row) for row in rows]).reshape(height, width, -1)
    np.testing.assert_array_equal(seen, image.pixels)
    assert about["bitdepth"] == (8 if dtype == "uint8" else 16)


def test_png_deep_colour_of_other_programs(tmp_path):
    """All five filters, interlacing, and grey with alpha."""
    image = noise(33, 21, 4, "uint16").pixels
    for alpha, grey, interlace in [(1, 0, 0), (1, 0, 1), (1, 1, 0), (0, 0, 1), (1, 1, 1)]:
        columns = [0] * grey + [0, 1, 2] * (1 - grey) + [3] * alpha
        pixels = image[:, :, columns]
        file = tmp_path / "other.png"
        with file.open("wb") as stream:
            writer = png.Writer(
                21, 33, greyscale=bool(grey), alpha=bool(alpha), bitdepth=16, interlace=interlace
            )
            writer.write(stream, pixels.reshape(33, -1).tolist())
        expected = image[:, :, [0, 0, 0, 3]] if grey else pixels
        np.testing.assert_array_equal(Png().read(file).pixels, expected)


def test_png_deep_colour_with_every_filter(tmp_path):
    """Filters are undone by Pillow; each of them once, written here by the specification."""
    import struct
    import zlib

    pixels = noise(5, 8, 3, "uint16").pixels
    rows = np.ascontiguousarray(pixels, ">u2").view("u1").reshape(5, -1).astype(int)
    left = np.pad(rows, ((0, 0), (6, 0)))[:, :-6]
    above = np.pad(rows, ((1, 0), (0, 0)))[:-1]
    corner = np.pad(left, ((1, 0), (0, 0)))[:-1]
    guess = left + above - corner
    near = np.stack([abs(guess - left), abs(guess - above), abs(guess - corner)])
    paeth = np.choose(near.argmin(0), [left, above, corner])
    filtered = [rows, rows - left, rows - above, rows - (left + above) // 2, rows - paeth]
    data = b"".join(bytes([i]) + (filtered[i][i] % 256).astype("u1").tobytes() for i in range(5))

    def chunk(name, content):
        crc = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc)

    file = tmp_path / "filters.png"
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 5, 16, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + head + body)
    np.testing.assert_array_equal(Png().read(file).pixels, pixels)


@pytest.mark.parametrize("channels", [3, 4])
def test_png_palette(channels, write, recipe):
    few = noise(2, 2, channels).pixels[RNG.integers(0, 2, (50, 40)), RNG.integers(0, 2, (50, 40))]
    file = write(Png, Image(few), recipe, indexed=True)
    with PIL.Image.open(file) as seen:
        assert seen.mode == "P"
    np.testing.assert_array_equal(Png().read(file).pixels, few)
    assert Png().read_recipe(file) == recipe
    many = noise(50, 50, channels)
    np.testing.assert_array_equal(Png().read(write(Png, many, indexed=True)).pixels, many.pixels)


def test_scale_draws_hard_edges(write):
    image = noise(3, 5)
    grown = Png().read(write(Png, image, scale=4)).pixels
    assert grown.shape == (12, 20, 4)
    np.testing.assert_array_equal(grown[::4, ::4], image.pixels)
    np.testing.assert_array_equal(grown[3::4, 3::4], image.pixels)


def test_png_compression_makes_smaller_files(write):
    sizes = [write(Png, smooth(), compression=level).stat().st_size for level in (0, 9)]
    assert sizes[1] < sizes[0] / 2


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_jpg_looks_the_same(subsampling, write, recipe):
    file = write(Jpg, smooth(), recipe, subsampling=subsampling, quality=95)
    seen = Jpg().read(file).pixels.astype(int)
    assert abs(seen - smooth().pixels).mean() < 3
    with PIL.Image.open(file) as picture:
        chosen = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}[subsampling]
        from PIL import JpegImagePlugin

        assert JpegImagePlugin.get_sampling(picture) == chosen


def test_jpg_puts_the_matte_behind_what_is_transparent(write):
    clear = np.zeros((16, 16, 4), "uint8")
    for matte, expected in [("#ffffff", (255, 255, 255)), ("#f00", (254, 0, 0))]:
        seen = Jpg().read(write(Jpg, Image(clear), matte=matte)).pixels
        assert abs(seen[8, 8].astype(int) - expected).max() <= 2


def test_jpg_grey_stays_grey(write):
    assert Jpg().read(write(Jpg, noise(16, 16, 1))).pixels.shape == (16, 16, 1)


def test_jpg_refuses_a_matte_that_is_no_colour():
    with pytest.raises(ParamError, match="a colour such as #ffffff"):
        parse(Jpg.spec.options, {"matte": "white"}, who="jpg")


def test_jpg_turns_upright(tmp_path):
    turned = PIL.Image.new("RGB", (20, 10))
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    turned.save(tmp_path / "photo.jpg", exif=exif)
    assert Jpg().read(tmp_path / "photo.jpg").pixels.shape == (20, 10, 3)


@pytest.mark.parametrize("channels", [3, 4])
def test_webp_lossless_is_exact(channels, write):
    image = noise(20, 30, channels)
    np.testing.assert_array_equal(Webp().read(write(Webp, image)).pixels, image.pixels)


def test_webp_lossy_is_smaller(write):
    exact = write(Webp, noise(64, 64, 3)).stat().st_size
    assert write(Webp, noise(64, 64, 3), lossless=False, quality=50).stat().st_size < exact / 2


@pytest.mark.parametrize("cls", [Jpg, Webp])
def test_16_bits_become_8(cls, write):
    wide = Image(np.full((16, 16, 3), 65_535, "uint16"))
    assert cls().read(write(cls, wide)).pixels.min() >= 254


@pytest.mark.parametrize("which", ["recipe", "long_recipe"])
@pytest.mark.parametrize("cls", [Jpg, Webp])
def test_xmp_is_where_others_look_and_well_formed(cls, which, write, request):
    with PIL.Image.open(write(cls, noise(8, 8, 3), request.getfixturevalue(which))) as picture:
        packet = picture.info["xmp"]
    assert packet.startswith('<?xpacket begin="\ufeff"'.encode())
    assert ElementTree.fromstring(packet.decode("utf-8")).tag == "{adobe:ns:meta/}xmpmeta"
    assert (b"HasExtendedXMP" in packet) == (cls is Jpg and which == "long_recipe")


def test_a_recipe_survives_being_written_as_an_attribute(write, recipe, tmp_path):
    """XMP allows either; some programs prefer this one."""
    from xml.sax.saxutils import quoteattr

    from studio_exporters import xmp
    from studio_exporters.recipes import to_ascii

    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:other="urn:multimodal-studio:recipe:1#" '
        f"other:recipe={quoteattr(to_ascii(recipe))}/>"
        "</rdf:RDF></x:xmpmeta>"
    )
    PIL.Image.new("RGB", (8, 8)).save(tmp_path / "other.webp", xmp=packet.encode())
    assert Webp().read_recipe(tmp_path / "other.webp") == recipe
    assert xmp.find(b"<!DOCTYPE x>" + packet.encode()) is None


@pytest.mark.parametrize(
    ("cls", "width", "options", "limit"),
    [
        (Webp, 16_384, {}, "16383"),
        (Jpg, 8000, {"scale": 16}, "65500"),
        (Png, 20_000, {"scale": 16}, ""),
    ],
)
def test_refuses_what_the_format_cannot_hold(cls, width, options, limit, write):
    with pytest.raises(UsageError, match=f"cannot hold .*{limit}"):
        write(cls, Image(np.zeros((50, width, 1), "uint8")), **options)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "CMYK", "YCbCr"]
)
def test_reads_every_mode(mode, tmp_path):
    picture = PIL.Image.new("RGB", (6, 4), (200, 100, 50))
    picture = PIL.Image.new("I;16", (6, 4), 999) if mode == "I;16" else picture
    picture = picture if mode == "I;16" else picture.convert(mode)
    jpeg = mode in ("CMYK", "YCbCr")
    if mode == "PA":
        picture = PIL.Image.new("P", (6, 4))
        picture.info["transparency"] = 0
    file = tmp_path / ("a.jpg" if jpeg else "a.png")
    picture.save(file)
    pixels = (Jpg if jpeg else Png)().read(file).pixels
    expected = {"1": 1, "L": 1, "I;16": 1, "LA": 4, "PA": 4, "RGBA": 4}.get(mode, 3)
    assert pixels.shape == (4, 6, expected)
    if mode == "I;16":
        assert pixels.max() == 999


def test_odd_profiles_do_not_matter(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = tmp_path / "a.png"
    PIL.Image.new("RGB", (4, 4), (9, 8, 7)).save(file, icc_profile=profile)
    assert Png().read(file).pixels[0, 0].tolist() == [9, 8, 7]


def bare(folder: Path, images: list[Image]) -> None:
    for index, image in enumerate(images):
        PIL.Image.fromarray(image.pixels).save(folder / f"{index}.png")


@pytest.mark.benchmark(group="sprites")
@pytest.mark.parametrize("how", ["pillow alone", "exporter"])
def test_speed_of_many_sprites(how, benchmark, tmp_path, recipe):
    sprites = [noise(32, 32) for _ in range(200)]
    exporter, options = Png(), Png.spec.options()
    small = recipe.model_copy(update={"params": {"truncation": 0.7, "style": "emoji"}})

    def with_exporter() -> None:
        for index, image in enumerate(sprites):
            exporter.write(image, tmp_path / f"{index}.png", options, small)

    run: Callable[[], None] = with_exporter
    benchmark(run if how == "exporter" else lambda: bare(tmp_path, sprites))


def test_deep_colour_compresses_smooth_pictures():
    y, x = np.mgrid[:128, :128]
    pixels = np.stack([x * 500, y * 500, x + y], 2).astype("uint16")
    file = io.BytesIO()

    class Sink:
        def write_bytes(self, data):
            file.write(data)

    png16.write(pixels, Sink(), 6, None)
    assert len(file.getvalue()) < pixels.nbytes / 5
