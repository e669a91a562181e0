"""The player on an output that asks when it is told to; no widget."""

import sys

import numpy as np
import pytest

from studio.app import output, player
from studio.app.fake_output import FakeOutput
from studio.app.player import Clip, Player, Voice
from studio.app.tasks import Background

RATE = 8000


def clip(seconds: float = 1.0, channels: int = 2) -> Clip:
    """A ramp, so that every sample tells its place."""
    ramp = np.linspace(0, 1, int(seconds * RATE), dtype=np.float32)
    return Clip(np.repeat(ramp[:, None], channels, axis=1), RATE, seconds)


@pytest.fixture
def device() -> FakeOutput:
    return FakeOutput()


@pytest.fixture
def background(pump):
    made = Background(pump.deliver)
    yield made
    made.close()


@pytest.fixture
def one(device, background) -> Player:
    made = Player(device, background)
    made.volume = 1.0
    made.load(clip())
    return made


def start(one: Player, device: FakeOutput, pump) -> None:
    before = device.opened
    one.play()
    pump.until(lambda: device.opened > before)


def test_what_is_heard_is_the_clip_from_its_first_sample(one, device, pump):
    start(one, device, pump)
    heard = np.concatenate([device.pull(400), device.pull(400)])
    assert np.array_equal(heard, one.clip.samples[:800])
    assert one.position == pytest.approx(0.1)


def test_in_the_middle_it_begins_with_a_short_fade(one, device, pump):
    one.seek(0.5)
    start(one, device, pump)
    heard = device.pull(400)
    assert heard[0, 0] == 0
    assert (np.diff(heard[:, 0]) >= 0).all()
    assert np.array_equal(heard[256:], one.clip.samples[4256:4400])


def test_the_end_is_silent_padded_and_leads_back(one, device, pump):
    start(one, device, pump)
    device.pull(7000)
    last = device.pull(2000)
    assert last[999, 0] == 1
    assert not last[1000:].any()
    pump.until(lambda: not one.playing)
    assert one.position == 0
    assert not device.open_now


def test_stop_fades_and_goes_back_to_where_it_began(one, device, pump):
    one.seek(0.25)
    start(one, device, pump)
    device.pull(800)
    voice = one._voice
    one.stop()
    assert (one.playing, one.position) == (False, 0.25)
    faded = np.empty((100, 2), np.float32)
    assert voice.fill(faded, RATE) is False
    assert faded[0, 0] > 0.3
    assert faded[-1, 0] == 0


def test_pause_stays_and_play_goes_on_from_there(one, device, pump):
    start(one, device, pump)
    device.pull(2000)
    one.pause()
    assert one.position == pytest.approx(0.25)
    pump.until(lambda: not device.open_now)
    start(one, device, pump)
    device.pull(400)
    assert one.position == pytest.approx(0.3)


def test_seek_while_it_plays_goes_on_from_there(one, device, pump):
    start(one, device, pump)
    device.pull(400)
    one.seek(0.5)
    assert one.position == 0.5
    heard = device.pull(1000)[:, 0]
    assert abs(np.diff(heard)).max() < 0.01
    assert np.array_equal(heard[512:], one.clip.samples[4256:4744, 0])
    assert one.position == pytest.approx(0.593)
    one.seek(99)
    assert one.position == 1.0


def test_loop_begins_anew_without_a_gap(one, device, pump):
    one.loop = True
    start(one, device, pump)
    device.pull(7990)
    over = device.pull(20)
    assert np.array_equal(over, np.concatenate([one.clip.samples[-10:], one.clip.samples[:10]]))
    assert one.playing
    assert one.position == pytest.approx(10 / RATE)
    one.loop = False
    device.pull(8100)
    pump.until(lambda: not one.playing)


def test_volume_changes_without_a_jump(one, device, pump):
    start(one, device, pump)
    device.pull(4000)
    one.volume = 0.5
    heard = device.pull(1000)[:, 0] / one.clip.samples[4000:5000, 0]
    assert heard[0] == pytest.approx(1)
    assert heard[-1] == pytest.approx(0.25)
    assert (np.diff(heard) <= 1e-6).all()


def test_another_rate_and_a_single_channel_sound_the_same(background, pump):
    device = FakeOutput(rate=2 * RATE, channels=1)
    one = Player(device, background)
    one.volume = 1
    one.load(clip())
    start(one, device, pump)
    device.pull(800)
    heard = device.pull(800)[:, 0]
    assert heard[::2] == pytest.approx(one.clip.samples[400:800, 0], abs=1e-6)
    assert one.position == pytest.approx(0.1)


def test_the_position_is_what_is_heard_and_not_what_was_asked_for(one, device, pump):
    device.latency = 0.05
    start(one, device, pump)
    device.pull(200)
    assert one.position == 0
    device.pull(600)
    assert one.position == pytest.approx(0.05)


def test_no_device_is_one_sentence(background, pump):
    device = FakeOutput(problem="this machine has no sound output")
    one, said = Player(device, background), []
    one.failed.connect(lambda error: said.append(error.message))
    one.load(clip())
    one.play()
    pump.until(lambda: bool(said))
    assert said == ["this machine has no sound output"]
    assert not one.playing


def test_a_device_that_goes_away_is_one_sentence(one, device, pump):
    said = []
    one.failed.connect(lambda error: said.append(error.message))
    start(one, device, pump)
    device.pull(400)
    device.unplug()
    pump.until(lambda: bool(said))
    assert said == [player.LOST]
    assert not one.playing
    start(one, device, pump)
    assert len(device.pull(10)) == 10


def test_a_device_that_asks_for_nothing_is_noticed(one, device, pump):
    said = []
    one.failed.connect(lambda error: said.append(error.message))
    start(one, device, pump)
    device.pull(400)
    one.watch()
    assert one.playing
    one._voice.asked -= 60
    one.watch()
    assert said == [player.LOST]


def test_loading_another_sound_stops_the_first(one, device, pump):
    start(one, device, pump)
    one.load(clip(0.5))
    assert not one.playing
    pump.until(lambda: not device.open_now)
    assert one.clip.seconds == 0.5


def test_an_empty_sound_does_not_play(one, device):
    one.load(Clip(np.zeros((0, 2), np.float32), RATE, 0))
    one.play()
    assert not one.playing
    assert device.opened == 0


def test_a_voice_of_one_sample_loops():
    voice = Voice(Clip(np.full((1, 2), 0.5, np.float32), RATE, 0), 0, loop=True, gain=1)
    out = np.empty((64, 2), np.float32)
    assert voice.fill(out, RATE)
    assert out[-1, 0] == 0.5


# The real one, with a sounddevice of our own


class Stream:
    """What sounddevice gives, as far as it is used."""

    latency = 0.02
    active = False

    def __init__(self, samplerate, callback, finished_callback, **how):
        self.rate, self.callback = samplerate, callback
        self.finished, self.how = finished_callback, how
        self.closed = False

    def start(self):
        self.active = True

    def close(self, ignore_errors):
        self.closed = True


class FakeModule:
    class PortAudioError(Exception):
        pass

    class CallbackStop(Exception):
        pass

    def __init__(self, device=None, refused=()):
        self.device, self.refused, self.streams = device, refused, []
        self.plugged_in = device

    def _terminate(self):
        self.device = None

    def _initialize(self):
        self.device = self.plugged_in

    def query_devices(self, kind):
        if self.device is None:
            raise self.PortAudioError("Error querying device -1")
        return self.device

    def OutputStream(self, samplerate, **how):
        if samplerate in self.refused:
            raise self.PortAudioError("Invalid sample rate [PaErrorCode -9997]", -9997)
        self.streams.append(Stream(samplerate, **how))
        return self.streams[-1]


SPEAKERS = {"name": "Speakers", "max_output_channels": 2, "default_samplerate": 48000.0}


def opened(monkeypatch, module, rate=44100, fill=lambda out, at: True):
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    made, ended = output.SoundDevice(), []
    made.open(rate, fill, lambda: ended.append(True))
    return made, ended


def test_the_device_plays_at_the_rate_of_the_sound(monkeypatch):
    module = FakeModule(SPEAKERS)
    made, ended = opened(monkeypatch, module)
    (stream,) = module.streams
    assert (stream.rate, stream.how["channels"], stream.active) == (44100, 2, True)
    assert made.latency == 0.02
    stream.finished()
    assert ended == [True]
    made.close()
    assert stream.closed


def test_a_refused_rate_gives_way_to_the_devices_own(monkeypatch):
    module, rates = FakeModule(SPEAKERS, refused=(11025,)), []
    opened(monkeypatch, module, 11025, lambda out, at: rates.append(at) or False)
    with pytest.raises(module.CallbackStop):
        module.streams[0].callback(np.zeros((4, 2), np.float32), 4, None, None)
    assert rates == [48000.0]


def test_what_was_plugged_in_since_is_found(monkeypatch):
    module = FakeModule()
    module.plugged_in = SPEAKERS
    opened(monkeypatch, module)
    assert module.streams[0].active


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (None, output.NO_MODULE),
        (FakeModule(), output.NO_DEVICE),
        (FakeModule({**SPEAKERS, "max_output_channels": 0}), output.NO_DEVICE),
        (FakeModule(SPEAKERS, refused=(44100, 48000.0)), "cannot be played: Invalid sample rate"),
    ],
)
def test_what_is_missing_is_one_sentence(monkeypatch, module, said):
    with pytest.raises(player.StudioError) as caught:
        opened(monkeypatch, module)
    assert said in caught.value.message
    assert "PaErrorCode" not in caught.value.message
