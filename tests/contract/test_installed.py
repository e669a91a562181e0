"""Every plugin that is really installed keeps the contract. The only test that looks for them."""

import pytest

from studio.generator import Input
from studio.registry import Registry
from studio.testing import check_exporter, check_generator, example_asset

REGISTRY = Registry.discover()
# What has to be brought first; the plugin's own tests bring it.
NEEDS = {"text-lm-folder": "a language model in a folder"}


def test_no_installed_plugin_is_broken():
    assert REGISTRY.entries, "no plugin is installed; `make test` installs those of this repository"
    broken = [f"{e.plugin}: {e.id}: {e.reason}" for e in REGISTRY.entries if e.state == "broken"]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("generator", REGISTRY.generators(), ids=lambda cls: cls.spec.id)
def test_an_installed_generator_keeps_the_contract(generator):
    spec = generator.spec
    if spec.id in NEEDS:
        pytest.skip(f"needs {NEEDS[spec.id]}")
    inputs = tuple(
        Input(example_asset(spec.accepts[i % len(spec.accepts)], i), f"input-{i}")
        for i in range(spec.min_inputs)
    )
    check_generator(generator, inputs=inputs)


@pytest.mark.parametrize("exporter", REGISTRY.exporters(), ids=lambda cls: cls.spec.id)
def test_an_installed_exporter_keeps_the_contract(exporter):
    check_exporter(exporter)
