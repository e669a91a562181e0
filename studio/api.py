"""The one module that plugins and exporters import. What is here stays; the rest may move."""

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
from studio.errors import (
    InputFileError,
    JobCancelledError,
    OutOfMemoryError,
    ParamError,
    PluginError,
    StudioError,
    UsageError,
    WeightsError,
)
from studio.exporter import Exporter, ExporterSpec
from studio.flows import follow_flow
from studio.generator import (
    Generator,
    GeneratorSpec,
    Input,
    LatentAxis,
    LatentGenerator,
    LatentSpec,
    RunContext,
    Weights,
)
from studio.hookspecs import hookimpl
from studio.loudness import integrated_loudness, momentary_loudness, true_peak
from studio.params import Params, param
from studio.recipe import Recipe, read_recipe
from studio.runtimes.base import Model, Runtime
from studio.shaping import face_normals, faceted, placed, smooth

__all__ = [
    "Asset",
    "Audio",
    "Exporter",
    "ExporterSpec",
    "Generator",
    "GeneratorSpec",
    "Image",
    "Input",
    "InputFileError",
    "JobCancelledError",
    "Latent",
    "LatentAxis",
    "LatentGenerator",
    "LatentSpec",
    "Mesh",
    "Model",
    "Note",
    "OutOfMemoryError",
    "ParamError",
    "Params",
    "PluginError",
    "PointCloud",
    "Recipe",
    "RunContext",
    "Runtime",
    "Score",
    "StudioError",
    "Text",
    "Track",
    "UsageError",
    "Weights",
    "WeightsError",
    "face_normals",
    "faceted",
    "follow_flow",
    "hookimpl",
    "integrated_loudness",
    "momentary_loudness",
    "param",
    "placed",
    "read_recipe",
    "smooth",
    "true_peak",
]
