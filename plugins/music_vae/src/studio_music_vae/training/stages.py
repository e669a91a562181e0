"""The stages of a run: an autoencoder and a flow for each part, each in a folder of its own."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any, Literal

import torch

from studio.training.checkpoint import read_checkpoint, select
from studio.training.run import CHECKPOINT
from studio_music_vae.training.baselines import FlatDecoder, FlatEncoder
from studio_music_vae.training.codec import CodecConfig, Decoder, Encoder
from studio_music_vae.training.codec_learner import CodecLearner, CodecRecipe
from studio_music_vae.training.data import (
    GROOVES,
    MELODIES,
    Pieces,
    cut,
    find_file,
    load_grooves,
    load_melodies,
)
from studio_music_vae.training.flow import FlowConfig
from studio_music_vae.training.flow_learner import FlowLearner, FlowRecipe
from studio_music_vae.training.loop import LoopConfig, Training

Part = Literal["melody", "groove"]
Model = Literal["vae", "no-kl", "lstm"]

# A little above what is asked of them: phrases as they are cost less than those that are changed.
NATS: dict[str, float] = {"melody": 25.3, "groove": 48.8}
CODEC_STEPS = {"melody": 24_000, "groove": 20_000}
FLOW_STEPS = {"melody": 4500, "groove": 4000}
_CODE = {"melody": 32, "groove": 48}
_WIDTH = {"melody": 512, "groove": 384}


@dataclasses.dataclass(frozen=True)
class Options:
    """What all stages of a run have in common; None leaves a part's own default.

    Attributes:
        out: The folder of the run.
        model: The VAE, or one of the baselines.
        seed: Of all chance.
        batch: Phrases in a step.
        width: Of the networks.
        depth: Blocks of each network.
        nats: Rate to aim at.
        codec_steps, flow_steps: How long to train.
        bfloat16: Whether to multiply in half precision.
        device: Where to train.
    """

    out: Path
    model: Model = "vae"
    seed: int = 0
    batch: int = 256
    width: int | None = None
    depth: int | None = None
    nats: float | None = None
    codec_steps: int | None = None
    flow_steps: int | None = None
    bfloat16: bool = True
    device: str = "cpu"


def load_pieces(part: Part, data: Path) -> Pieces:
    """The pieces of a part from a data folder.

    Raises:
        DataError: They are not there, or are no music.
    """
    if part == "melody":
        return load_melodies(find_file(data, MELODIES))
    return load_grooves(find_file(data, GROOVES))


def codec_stage(part: Part, pieces: Pieces, options: Options) -> Training:
    """The autoencoder, taken up from its folder's checkpoint if there is one."""
    torch.manual_seed(options.seed)
    rng = torch.Generator().manual_seed(options.seed)
    config = CodecConfig(
        part,
        code=_CODE[part],
        width=options.width or _WIDTH[part],
        depth=options.depth or CodecConfig.depth,
    )
    nats = None if options.model == "no-kl" else (options.nats or NATS[part])
    recipe = CodecRecipe(batch=options.batch, nats=nats, bfloat16=options.bfloat16)
    networks = (FlatEncoder(config), FlatDecoder(config)) if options.model == "lstm" else None
    learner = CodecLearner(config, recipe, pieces, rng, options.device, networks)
    steps = CODEC_STEPS[part] if options.codec_steps is None else options.codec_steps
    return _training(learner, rng, pieces, options, part, "codec", steps, {})


def flow_stage(part: Part, pieces: Pieces, options: Options) -> Training:
    """The flow that draws the codes of a trained autoencoder."""
    path = options.out / part / "codec" / CHECKPOINT
    codec = load_codec(path)
    torch.manual_seed(options.seed)
    rng = torch.Generator().manual_seed(options.seed)
    config = FlowConfig(codec[0].config.code, len(pieces.classes))
    if options.width or options.depth:
        width, depth = options.width or config.width, options.depth or config.depth
        config = dataclasses.replace(config, width=width, depth=depth)
    recipe = FlowRecipe(batch=options.batch, bfloat16=options.bfloat16)
    windows = (cut(pieces, 1, held=False), cut(pieces, 8, held=False, fewest=2))
    learner = FlowLearner(config, recipe, codec, windows, rng, options.device)
    steps = FLOW_STEPS[part] if options.flow_steps is None else options.flow_steps
    facts = {"codec_sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    return _training(learner, rng, pieces, options, part, "flow", steps, facts)


def _training(
    learner: Any,
    rng: torch.Generator,
    pieces: Pieces,
    options: Options,
    part: Part,
    stage: str,
    steps: int,
    more: dict[str, Any],
) -> Training:
    facts = {
        "stage": f"{part}-{stage}",
        "seed": options.seed,
        "config": dataclasses.asdict(learner.config),
        "recipe": dataclasses.asdict(learner.recipe),
        "data_sha256": pieces.sha256,
        **({} if options.model == "vae" else {"model": options.model}),
        **more,
    }
    folder = options.out / part / stage
    folder.mkdir(parents=True, exist_ok=True)
    training = Training(learner, rng, folder, LoopConfig(steps), facts)
    training.resume()
    return training


def load_codec(path: Path) -> tuple[Any, Any]:
    """The averaged encoder and decoder of a checkpoint, of the VAE or of a baseline."""
    tensors, facts = read_checkpoint(path)
    config = CodecConfig(**facts["run"]["config"])
    flat = facts["run"].get("model") == "lstm"
    encoder = FlatEncoder(config) if flat else Encoder(config)
    decoder = FlatDecoder(config) if flat else Decoder(config)
    averaged = select(tensors, "network.average.copy.")
    encoder.load_state_dict(select(averaged, "encoder."))
    decoder.load_state_dict(select(averaged, "decoder."))
    return encoder.eval().requires_grad_(False), decoder.eval().requires_grad_(False)
