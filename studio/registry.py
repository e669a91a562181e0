"""Finds plugins, checks them, and lists them. A broken one is named, and hides no other.

Each entry point is read by itself and each plugin has a plugin manager of its own, because in a
shared hook call one plugin's exception would take away every other plugin's answer.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, cast, get_args

import pluggy

from studio import hookspecs
from studio.assets import KINDS, Asset, Text
from studio.errors import PluginError, StudioError, unknown_name
from studio.exporter import Exporter, ExporterSpec
from studio.generator import Edit, Generator, GeneratorSpec, LatentGenerator
from studio.jobs import JobSnapshot
from studio.params import Params, describe

log = logging.getLogger(__name__)

State = Literal["ready", "disabled", "broken"]
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Entry:
    """One generator, exporter or unreadable plugin, as `studio list` shows it.

    Attributes:
        id: Of the generator or exporter; for a plugin that cannot be read, the plugin's name.
        role: What it is; ``"plugin"`` when not even that could be found out.
        plugin: The entry point's name.
        distribution, version: The installed distribution it came with.
        state: ``"ready"``, ``"disabled"`` by the person, or ``"broken"``.
        reason: Why it is not ready, and what to do.
        details: A traceback, where there is one.
        target: The class, when ready.
    """

    id: str
    role: Literal["generator", "exporter", "plugin"]
    plugin: str
    distribution: str = ""
    version: str = ""
    state: State = "ready"
    reason: str = ""
    details: str = ""
    target: type[Generator[Any]] | type[Exporter[Any]] | None = None


class Registry:
    """Every plugin there is. Build one with `discover`, or by hand in tests.

    Args:
        disabled: Names of plugins not to load.
    """

    def __init__(self, disabled: Iterable[str] = ()) -> None:
        self.disabled = frozenset(disabled)
        self.entries: list[Entry] = []
        self._managers: dict[str, pluggy.PluginManager] = {}

    @staticmethod
    def installed() -> set[str]:
        """The names of all installed plugins; none of them is imported."""
        return {entry_point.name for entry_point in _entry_points()}

    @classmethod
    def discover(cls, disabled: Iterable[str] = ()) -> Registry:
        """Read the entry points of every installed distribution, one by one."""
        registry = cls(disabled)
        for entry_point in sorted(_entry_points(), key=lambda e: e.name):
            registry.add_entry_point(entry_point)
        return registry

    def add_entry_point(self, entry_point: metadata.EntryPoint) -> None:
        """Load one entry point; whatever goes wrong becomes a broken entry."""
        dist = entry_point.dist
        origin: Any = {"distribution": _field(dist, "Name"), "version": _field(dist, "Version")}
        if entry_point.name in self.disabled:
            reason = f"disabled; `studio plugin enable {entry_point.name}` enables it"
            self.entries.append(
                Entry(
                    entry_point.name,
                    "plugin",
                    entry_point.name,
                    state="disabled",
                    reason=reason,
                    **origin,
                )
            )
            return
        log.debug("importing plugin '%s'", entry_point.name)  # the last one said is one that hangs
        try:
            with _quiet():
                plugin = entry_point.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may even call sys.exit() while it is imported
            self._broken(
                entry_point.name, f"cannot be imported: {_sentence(error)}", error, **origin
            )
            return
        self.add(plugin, entry_point.name, **origin)

    def add(self, plugin: object, name: str, distribution: str = "", version: str = "") -> None:
        """Register one plugin: a module or object with hook implementations."""
        origin: Any = {"distribution": distribution, "version": version}
        if name in self._managers:
            self._broken(
                name, "another plugin has the same name; one of the two has to go", **origin
            )
            return
        manager = pluggy.PluginManager(hookspecs.PROJECT)
        manager.add_hookspecs(hookspecs)
        try:
            manager.register(plugin, name)
            manager.check_pending()
        except Exception as error:
            said = " ".join(str(error).split()) or type(error).__name__
            self._broken(name, f"does not fit the contract: {said}", error, **origin)
            return
        if not manager.get_hookcallers(plugin):
            self._broken(
                name, "implements no hook; mark its functions with studio.api.hookimpl", **origin
            )
            return
        self._managers[name] = manager
        self._collect(name, manager, "generator", origin)
        self._collect(name, manager, "exporter", origin)

    def generator(self, id_: str) -> type[Generator[Any]]:
        """Return a generator by its id.

        Raises:
            UnknownNameError: Nobody provides it.
            PluginError: It is there and disabled or broken.
        """
        return cast("type[Generator[Any]]", self._find("generator", id_))

    def exporter(self, id_: str) -> type[Exporter[Any]]:
        """Return an exporter by its id; raises as `generator` does."""
        return cast("type[Exporter[Any]]", self._find("exporter", id_))

    def generators(self) -> list[type[Generator[Any]]]:
        """Every generator that is ready, by id."""
        return cast("list[type[Generator[Any]]]", self._ready("generator"))

    def exporters(self, asset: type[Asset] | None = None) -> list[type[Exporter[Any]]]:
        """Every exporter that is ready, or those that write a type of asset, in plugin order."""
        found = cast("list[type[Exporter[Any]]]", self._ready("exporter"))
        return [e for e in found if asset is None or asset in e.spec.accepts]

    def exporter_for_suffix(self, suffix: str) -> type[Exporter[Any]]:
        """Return the exporter whose files end in ``suffix`` (with or without the dot).

        Several may write files that end so, such as sounds and music that is played; the one
        that reads them knows what they are.

        Raises:
            UnknownNameError: Nobody writes or reads such files.
        """
        wanted = "." + suffix.lower().lstrip(".")
        every = sorted(self.exporters(), key=lambda exporter: not exporter.spec.reads)
        for exporter in every:
            if wanted in exporter.spec.suffixes:
                return exporter
        known = {s.lstrip("."): None for exporter in every for s in exporter.spec.suffixes}
        raise unknown_name("file format", wanted.lstrip("."), list(known))

    def kind_of_suffix(self, suffix: str, made: str = "") -> str:
        """The kind of asset in files that end so.

        Args:
            suffix: With or without the dot.
            made: What was made, where that is known: of several kinds that a format holds it is
                this one. Music that was played into a sound is a sound.

        Raises:
            UnknownNameError: Nobody writes or reads such files.
        """
        kinds = [kind.kind for kind in self.exporter_for_suffix(suffix).spec.accepts]
        return made if made in kinds else kinds[0]

    def kind_of_file(self, file: Path, made: str = "") -> str:
        """The kind of asset in a file: of several that its format holds, the one that is inside.

        Args:
            file: Only looked into where its ending leaves several kinds.
            made: See `kind_of_suffix`.

        Raises:
            UnknownNameError: Nobody writes or reads such files.
        """
        exporter = self.exporter_for_suffix(file.suffix)
        if len(exporter.spec.accepts) > 1 and not made and exporter.spec.reads:
            with contextlib.suppress(StudioError, OSError):
                return exporter().read(file).kind
        return self.kind_of_suffix(file.suffix, made)

    def entry_of(self, id_: str) -> Entry:
        """The entry of a ready generator or exporter."""
        return next(e for e in self.entries if e.id == id_ and e.state == "ready")

    def job_finished(self, job: JobSnapshot) -> None:
        """Tell every plugin, each by itself; one that raises is logged and no more."""
        for name, manager in self._managers.items():
            try:
                manager.hook.studio_job_finished(job=job)
            except KeyboardInterrupt:
                raise
            except BaseException:  # sys.exit() would end the thread that tells the others
                log.exception("plugin '%s' failed in studio_job_finished", name)

    def _find(self, role: str, id_: str) -> object:
        matching = [e for e in self.entries if e.role == role and e.id == id_]
        for entry in matching:
            if entry.state == "ready":
                return entry.target
        for entry in matching + [e for e in self.entries if e.role == "plugin" and e.id == id_]:
            raise PluginError(
                f"{role} '{id_}' is {entry.state}: {entry.reason}", culprit=entry.plugin
            )
        raise unknown_name(role, id_, {e.id for e in self.entries if e.role == role})

    def _ready(self, role: str) -> Sequence[object]:
        return [e.target for e in self.entries if e.role == role and e.state == "ready"]

    def _collect(self, name: str, manager: pluggy.PluginManager, role: str, origin: Any) -> None:
        hook = getattr(manager.hook, f"studio_{role}s")
        try:
            with _quiet():
                found = _classes(hook(), len(hook.get_hookimpls()))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._broken(name, f"{hook.name}() failed: {_sentence(error)}", error, **origin)
            return
        for cls in found:
            self._add_class(cls, role, name, origin)

    def _add_class(self, cls: Any, role: str, plugin: str, origin: Any) -> None:
        check = check_generator_class if role == "generator" else check_exporter_class
        id_ = str(getattr(getattr(cls, "spec", None), "id", "") or getattr(cls, "__name__", plugin))
        try:
            reason = check(cls)
        except Exception as error:  # a spec may hold anything
            reason = f"its spec cannot be read: {_sentence(error)}"
        other = next(
            (e for e in self.entries if (e.role, e.id, e.state) == (role, id_, "ready")), None
        )
        if not reason and other:
            reason = (
                f"plugin '{other.plugin}' already provides {role} '{id_}'; one of the two has to go"
            )
        self.entries.append(
            Entry(
                id_,
                cast("Any", role),
                plugin,
                state="broken" if reason else "ready",
                reason=reason,
                target=None if reason else cls,
                **origin,
            )
        )

    def _broken(
        self, name: str, reason: str, error: BaseException | None = None, **origin: Any
    ) -> None:
        details = "".join(traceback.format_exception(error)) if error else ""
        log.warning("plugin '%s' is broken: %s", name, reason)
        self.entries.append(
            Entry(name, "plugin", name, state="broken", reason=reason, details=details, **origin)
        )


def _entry_points() -> Iterator[metadata.EntryPoint]:
    """Every plugin's entry point; of two distributions of one name the first on the path counts.

    One that is damaged must not hide the others, so each is asked by itself.
    """
    seen = set()
    for dist in metadata.distributions():
        try:
            found = dist.entry_points.select(group=hookspecs.GROUP)
        except Exception as error:
            damaged = _field(dist, "Name") or dist.locate_file("")
            log.warning("the entry points of %s are damaged: %s", damaged, error)
            continue
        name = re.sub(r"[-_.]+", "-", _field(dist, "Name").lower()) if found else ""
        if found and name not in seen:
            seen.add(name or object())
            yield from found


def _field(dist: metadata.Distribution | None, name: str) -> str:
    """A line of a distribution's metadata; nothing where it is damaged."""
    with contextlib.suppress(Exception):
        return str(dist.metadata[name] or "") if dist else ""
    return ""


def check_generator_class(cls: Any) -> str:
    """Return what is wrong with a generator class, or ``""``."""
    reason = _check_class(cls, Generator, GeneratorSpec, "generator")
    if reason:
        return reason
    spec: GeneratorSpec = cls.spec
    if spec.output not in KINDS.values():
        return f"spec.output is {spec.output!r}, expected one of {_kinds()}"
    if any(kind not in KINDS.values() for kind in spec.accepts):
        return f"spec.accepts holds {spec.accepts!r}, expected asset types: {_kinds()}"
    if not 0 <= spec.min_inputs <= spec.max_inputs:
        return f"spec takes {spec.min_inputs} to {spec.max_inputs} inputs, which is no range"
    if spec.batch < 1:
        return f"spec.batch is {spec.batch}, expected how many items are made at once, 1 or more"
    if (spec.latent is not None) != issubclass(cls, LatentGenerator):
        return "a generator with spec.latent derives from LatentGenerator, and no other does"
    if spec.latent and (spec.latent.size < 1 or spec.latent.path not in ("linear", "spherical")):
        return f"spec.latent is {spec.latent}, expected a size of at least 1, linear or spherical"
    return _check_params(spec.params, "params") or _check_edits(spec)


def check_exporter_class(cls: Any) -> str:
    """Return what is wrong with an exporter class, or ``""``."""
    reason = _check_class(cls, Exporter, ExporterSpec, "exporter")
    if reason:
        return reason
    spec: ExporterSpec = cls.spec
    if not spec.accepts or any(kind not in KINDS.values() for kind in spec.accepts):
        return f"spec.accepts is {spec.accepts!r}, expected asset types: {_kinds()}"
    if not spec.suffixes or any(s != s.lower() or not s.startswith(".") for s in spec.suffixes):
        return f"spec.suffixes is {spec.suffixes!r}, expected lower-case endings such as '.png'"
    if spec.reads and spec.suffixes[0] != f".{spec.id}":
        return f"spec.suffixes begins with '{spec.suffixes[0]}', expected '.{spec.id}' as the id is"
    return _check_params(spec.options, "options")


def _check_class(cls: Any, base: type, spec_type: type[Any], what: str) -> str:
    if not (inspect.isclass(cls) and issubclass(cls, base)):
        return f"{cls!r} is no {what}; expected a class derived from studio.api.{base.__name__}"
    spec: Any = getattr(cls, "spec", None)
    if not isinstance(spec, spec_type):
        return f"{cls.__name__}.spec is {spec!r}, expected a {spec_type.__name__}"
    if not _ID.fullmatch(spec.id):
        return f"id '{spec.id}' is expected in lower-case letters, digits and single hyphens"
    if inspect.isabstract(cls):
        missing = ", ".join(sorted(getattr(cls, "__abstractmethods__", ())))
        return f"{cls.__name__} does not implement {missing}"
    return ""


def _check_params(params: Any, what: str) -> str:
    if not (inspect.isclass(params) and issubclass(params, Params)):
        return f"spec.{what} is {params!r}, expected a class that derives from studio.api.Params"
    try:
        describe(params)
    except Exception as error:
        return f"spec.{what}: {error}"
    return ""


def _check_edits(spec: GeneratorSpec) -> str:
    """What a generator that works on texts lacks for it."""
    if not spec.edits:
        return ""
    unknown = [edit for edit in spec.edits if edit not in get_args(Edit)]
    if unknown:
        return f"spec.edits holds '{unknown[0]}', expected some of {', '.join(get_args(Edit))}"
    if spec.output is not Text or Text not in spec.accepts or not spec.max_inputs:
        return "a generator with spec.edits makes Text and takes Text as an input"
    infos = {info.name: info for info in describe(spec.params)}
    for name in ("start", "end"):
        if name not in infos or infos[name].kind != "int":
            return f"a generator with spec.edits has a parameter '{name}' that is an int"
    missing = {"write", *spec.edits} - set(infos["task"].choices if "task" in infos else ())
    if missing:
        return f"spec.edits needs a parameter 'task' with the choice '{min(missing)}'"
    return ""


def _classes(answers: list[Any], asked: int) -> list[Any]:
    if len(answers) < asked:  # pluggy leaves None out
        raise TypeError("it returned None, expected a list of classes")
    for answer in answers:
        if isinstance(answer, (str, type)) or not isinstance(answer, Iterable):
            raise TypeError(f"it returned {answer!r}, expected a list of classes")
    return [cls for answer in answers for cls in answer]


def _quiet() -> contextlib.AbstractContextManager[Any]:
    """What a plugin prints goes to standard error; standard output may be somebody's JSON."""
    return contextlib.redirect_stdout(sys.stderr)


def _kinds() -> str:
    return ", ".join(cls.__name__ for cls in KINDS.values())


def _sentence(error: BaseException) -> str:
    """One line of an exception, with what it was where the message alone says little."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else ""
    if isinstance(error, ModuleNotFoundError):
        return f"{first}; `{sys.executable} -m pip install` what it needs"
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
