"""The documentation says what the code does: hooks, commands, messages, links, and examples."""

import importlib
import inspect
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import click
import pytest

import studio.api
from studio import hookspecs
from studio.cli.generate import generate
from studio.cli.root import root
from studio.cli.session import Session
from studio.errors import ParamError
from studio.fake_writer import WriterParams
from studio.fakes import FakeParams, fake_registry
from studio.params import describe, parse
from studio.registry import Registry
from studio.testing import check_exporter, check_generator, example_asset

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted(DOCS.glob("*.md")),
    *sorted(ROOT.glob("plugins/*/README.md")),
    *sorted(ROOT.glob("exporters/README.md")),
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [body for tongue, body in FENCE.findall(text) if tongue == language]


def whole_plugins(page: Path) -> dict[str, str]:
    """Code blocks that are a module with hooks, under the name of the class they offer."""
    found = {}
    for block in blocks(page, "python"):
        offers = re.search(r"^    return \[(\w+)\]$", block, re.MULTILINE)
        if offers and block.startswith('"""'):
            found[f"studio_{offers[1].lower()}"] = block
    return found


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes modules where they can be imported, and forgets them afterwards."""
    names: list[str] = []

    def write(modules: dict[str, str]) -> list[ModuleType]:
        for name, source in modules.items():
            (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
            names.append(name)
        return [importlib.import_module(name) for name in modules]

    monkeypatch.syspath_prepend(tmp_path)
    yield write
    for name in names:
        sys.modules.pop(name, None)


def hooks() -> list[str]:
    return [
        f"{name}{inspect.signature(function)}".replace("'", "")
        for name, function in vars(hookspecs).items()
        if name.startswith("studio_")
    ]


@pytest.mark.parametrize("hook", hooks())
def test_every_hook_is_documented_with_its_signature(hook):
    assert f"### `{hook}`" in (DOCS / "plugins.md").read_text(encoding="utf-8")


def test_documented_hooks_exist():
    text = (DOCS / "plugins.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^### `(studio_.*)`$", text, re.MULTILINE)) == set(hooks())


@pytest.mark.parametrize("name", sorted(studio.api.__all__))
def test_every_public_name_is_documented(name):
    assert re.search(rf"\b{name}\b", (DOCS / "plugins.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name} links to {target}"
        assert file.is_relative_to(ROOT), f"{page.name} links out of the repository: {target}"
        assert not anchor or anchor in anchors(file), f"{page.name}: no heading {target}"


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_code_blocks_are_python(page):
    for block in blocks(page, "python"):
        compile(block, f"{page.name}", "exec")


def test_the_plugin_in_the_readme_works(written):
    (source,) = whole_plugins(ROOT / "README.md").values()
    declared = tomllib.loads(blocks(ROOT / "README.md", "toml")[0])["project"]
    ((name, module),) = declared["entry-points"]["studio.plugins"].items()
    (plugin,) = written({module: source})
    registry = Registry()
    registry.add(plugin, name)
    assert [entry.reason for entry in registry.entries] == [""]
    (generator,) = registry.generators()
    picture = check_generator(generator, params={"size": 48, "stones": 2})
    assert picture.pixels.shape == (48, 48, 1)
    assert picture.pixels.std() > 20
    assert declared["dependencies"] == ["multimodal-studio"]


def test_the_plugins_in_the_guide_work(written):
    plugins = whole_plugins(DOCS / "plugins.md")
    registry = Registry()
    for module in written(plugins):
        registry.add(module, module.__name__)
    assert {entry.id: entry.reason for entry in registry.entries} == {
        "dawn": "",
        "rhyme": "",
        "mirror": "",
        "bells": "",
        "ppm": "",
    }
    for generator in registry.generators():
        inputs = tuple(
            studio.api.Input(example_asset(kind), "given") for kind in generator.spec.accepts
        )
        check_generator(generator, inputs=inputs)
    for exporter in registry.exporters():
        check_exporter(exporter)


def test_the_tests_in_the_guide_pass(written, tmp_path):
    written(whole_plugins(DOCS / "plugins.md"))
    (source,) = (b for b in blocks(DOCS / "plugins.md", "python") if "def test_" in b)
    (module,) = written({"guide_tests": source})
    tests = [function for name, function in vars(module).items() if name.startswith("test_")]
    assert len(tests) >= 4
    for test in tests:
        test(*([tmp_path] if inspect.signature(test).parameters else []))


def test_messages_in_the_guide_are_the_real_ones(written):
    text = (DOCS / "plugins.md").read_text(encoding="utf-8")
    dawn = written(whole_plugins(DOCS / "plugins.md"))[0].DawnParams
    for values in ({"bands": "40"}, {"band": "4"}):
        with pytest.raises(ParamError) as caught:
            parse(dawn, values, who="dawn")
        assert f"    {caught.value.message}\n" in text


def test_every_part_of_the_studio_is_in_the_architecture():
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    parts = [
        path.stem
        for path in (ROOT / "studio").iterdir()
        if not path.name.startswith("_")
        and (path.suffix == ".py" or (path / "__init__.py").exists())
    ]
    assert [part for part in parts if f"`studio.{part}`" not in text] == []


def commands(group: click.Group, path: str) -> dict[str, click.Command]:
    """Every command below a group that does something itself, by how it is called."""
    context = click.Context(group, obj=Session(plugins=fake_registry()))
    found: dict[str, click.Command] = {}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        called = f"{path} {name}"
        if isinstance(command, click.Group) and name != "generate":
            found |= commands(command, called)
        elif command is not None:
            found[called] = command
    return found


def generate_options() -> set[str]:
    """What `studio generate` takes beside the parameters of the generators themselves."""
    root_context = click.Context(root, obj=Session(plugins=fake_registry()))
    context = click.Context(generate, parent=root_context, obj=root_context.obj)
    own = {"--" + info.name for info in describe(FakeParams)}
    ids = ("fake-image", "fake-latent", "fake-text")
    made = [generate.get_command(context, name) for name in ids]
    options = [p for command in made for p in command.params]
    return {o for p in options for o in [*p.opts, *p.secondary_opts]} - own


def test_every_command_and_option_is_documented():
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"--[a-z][a-z-]*", text))
    options = generate_options()
    for called, command in commands(root, "studio").items():
        assert called in text
        options |= {o for p in command.params for o in [*p.opts, *p.secondary_opts]}
    options = {option for option in options if option.startswith("--")}
    assert options - {"--help"} <= documented
    examples = {"--" + info.name for info in describe(WriterParams)}
    assert documented <= options | examples | {"--help", "--version", "--debug"}


def test_commands_in_the_documentation_exist():
    known = set(commands(root, "studio")) | {"studio project", "studio plugin"}
    for page in PAGES:
        for line in re.findall(
            r"^    (studio [a-z][^\n]*)$", page.read_text("utf-8"), re.MULTILINE
        ):
            words = re.match(r"studio [a-z]+( [a-z]+)?", line)[0]
            assert words in known or words.rsplit(" ", 1)[0] in known, f"{page.name}: {line}"


def test_every_bundled_plugin_is_in_the_lines_that_install():
    plugins = {file.parent.name for file in ROOT.glob("plugins/*/pyproject.toml")}
    for page in (ROOT / "README.md", DOCS / "install.md"):
        lines = [line for line in page.read_text("utf-8").splitlines() if "-e exporters" in line]
        assert lines
        for line in lines:
            assert set(re.findall(r"-e plugins/(\w+)", line)) == plugins, page.name


def test_every_module_that_trainers_share_is_told_of():
    told = (DOCS / "plugins.md").read_text(encoding="utf-8")
    for file in (ROOT / "studio" / "training").glob("[!_]*.py"):
        assert f"`studio.training.{file.stem}`" in told
