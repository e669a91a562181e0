"""The file formats that come with the studio. Libraries are imported only when a file is opened."""

from studio.api import Exporter, hookimpl
from studio_exporters.audio import Flac, Ogg, Wav
from studio_exporters.glb import Glb
from studio_exporters.image import Jpg, Png, Webp
from studio_exporters.midi import Mid
from studio_exporters.obj import Obj
from studio_exporters.played import PlayedFlac, PlayedOgg, PlayedWav
from studio_exporters.ply import Ply
from studio_exporters.stl import Stl
from studio_exporters.text import Json, Md, Txt

__all__ = [
    "Flac",
    "Glb",
    "Jpg",
    "Json",
    "Md",
    "Mid",
    "Obj",
    "Ogg",
    "PlayedFlac",
    "PlayedOgg",
    "PlayedWav",
    "Ply",
    "Png",
    "Stl",
    "Txt",
    "Wav",
    "Webp",
]


@hookimpl
def studio_exporters() -> list[type[Exporter]]:  # type: ignore[type-arg]  # options differ by format
    """Every format; for each kind of asset the first one is the one to take unasked."""
    played = [PlayedWav, PlayedFlac, PlayedOgg]
    return [Png, Jpg, Webp, Wav, Flac, Ogg, Mid, *played, Txt, Md, Json, Glb, Ply, Obj, Stl]
