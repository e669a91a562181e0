"""A parameter is declared once: type, range, unit, step, default and words.

From a `Params` class alone come the form in the app, the options on the command line, the error
messages and the reference docs.

    class TuneParams(Params):
        tempo: float = param(110, "speed of the tune", low=40, high=240, step=1, unit="bpm")
        key: Literal["C", "D", "E"] = param("C", "key note")
"""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from studio.errors import ParamError, PluginError, closest, nearest

Kind = Literal["int", "float", "bool", "choice", "text"]


class Params(BaseModel):
    """Base of every generator's parameters and every exporter's options. Values are frozen."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=True,
        defer_build=True,  # listing a hundred plugins must not build a hundred validators
    )


P = TypeVar("P", bound=Params)


def param(
    default: Any,
    words: str,
    *,
    low: float | None = None,
    high: float | None = None,
    step: float | None = None,
    unit: str = "",
    label: str = "",
    multiline: bool = False,
) -> Any:
    """Declare one field of a `Params` class.

    Args:
        default: The value used when nobody says otherwise; within the range.
        words: One line that says what it does, in a maker's words.
        low: Least number allowed; for text, the least length.
        high: Greatest number allowed; for text, the greatest length.
        step: What one notch of the slider moves.
        unit: Shown after the number, such as ``"bpm"`` or ``"px"``.
        label: Name in the form; by default the field's own name with spaces.
        multiline: The form shows a text box instead of a line.
    """
    look: dict[str, Any] = {"step": step, "unit": unit, "label": label, "multiline": multiline}
    bounds: dict[str, Any] = (
        {"min_length": low, "max_length": high}
        if isinstance(default, str)
        else {"ge": low, "le": high}
    )
    return Field(default, description=words, json_schema_extra={"studio": look}, **bounds)


@dataclass(frozen=True)
class ParamInfo:
    """What a form, a command line or a page of documentation needs to know of one parameter."""

    name: str
    kind: Kind
    default: Any
    words: str
    label: str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    multiline: bool = False
    optional: bool = False

    @property
    def expected(self) -> str:
        """What a right value looks like, in words."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "bool":
            return "yes or no"
        noun = {"int": "a whole number", "float": "a number", "text": "text"}[self.kind]
        length = " characters" if self.kind == "text" else (f" {self.unit}" if self.unit else "")
        if self.low is not None and self.high is not None:
            return f"{noun} from {_number(self.low)} to {_number(self.high)}{length}"
        if self.low is not None:
            return f"{noun} of at least {_number(self.low)}{length}"
        if self.high is not None:
            return f"{noun} of at most {_number(self.high)}{length}"
        return noun

    def nearest(self, value: Any) -> Any | None:
        """The right value closest to a wrong one, where there is such a thing."""
        if self.kind in ("int", "float"):
            return self._nearest_number(value)
        if self.kind == "choice":
            return closest(str(value), self.choices)
        return None

    def _nearest_number(self, value: Any) -> float | int | None:
        try:
            number = float(value)
        except OverflowError:  # a whole number beyond every float
            number = math.inf if value > 0 else -math.inf
        except (TypeError, ValueError):
            return None
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        clamped = min(max(number, low), high)
        if math.isnan(number) or math.isinf(clamped):
            return None
        return round(clamped) if self.kind == "int" else clamped


def describe(params: type[Params]) -> tuple[ParamInfo, ...]:
    """Describe every parameter of a class, in the order of its declaration.

    Raises:
        TypeError: A field has no default, or a type or range that no form can show.
    """
    return tuple(_describe(name, field) for name, field in params.model_fields.items())


def _describe(name: str, field: FieldInfo) -> ParamInfo:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    look: Any = extra.get("studio", {})
    kind, choices, optional = _kind(name, field.annotation)
    if field.is_required() or field.default_factory is not None:
        raise TypeError(f"parameter '{name}' needs a default")
    if kind == "text" and any(hasattr(m, "ge") or hasattr(m, "le") for m in field.metadata):
        raise TypeError(f"parameter '{name}' is text of bounded length; its default cannot be None")
    bounds = {
        side: next(
            (getattr(m, key) for m in field.metadata for key in keys if hasattr(m, key)), None
        )
        for side, keys in {"low": ("ge", "min_length"), "high": ("le", "max_length")}.items()
    }
    return ParamInfo(
        name=name,
        kind=kind,
        default=field.default,
        words=field.description or "",
        label=look.get("label") or name.replace("_", " "),
        step=look.get("step"),
        unit=look.get("unit") or "",
        multiline=bool(look.get("multiline")),
        choices=choices,
        optional=optional,
        **bounds,
    )


def _kind(name: str, annotation: Any) -> tuple[Kind, tuple[str, ...], bool]:
    optional = False
    if get_origin(annotation) in (Union, types.UnionType):
        members = [a for a in get_args(annotation) if a is not type(None)]
        optional = len(members) < len(get_args(annotation))
        annotation = members[0] if len(members) == 1 else annotation
    if get_origin(annotation) is Literal:
        choices = tuple(a for a in get_args(annotation) if a is not None)
        if not all(isinstance(choice, str) for choice in choices):
            raise TypeError(f"parameter '{name}' has choices {choices}; use strings")
        return "choice", choices, optional or None in get_args(annotation)
    kinds: dict[Any, Kind] = {bool: "bool", int: "int", float: "float", str: "text"}
    if annotation in kinds:
        return kinds[annotation], (), optional
    raise TypeError(
        f"parameter '{name}' has type {annotation}; use int, float, bool, str or Literal"
    )


def parse(params: type[P], values: Mapping[str, Any], *, who: str) -> P:
    """Make a frozen `Params` from loose values, such as words from a command line.

    Args:
        params: The class to make.
        values: Names and values; strings are read as the declared type.
        who: The generator or exporter, for the error message.

    Raises:
        ParamError: Names the parameter, what was expected and the nearest right value.
        PluginError: A validator of the plugin's own failed in a way that is no answer.
    """
    try:
        return params.model_validate(dict(values))
    except ValidationError as error:
        raise _param_error(params, error, who) from None
    except Exception as error:
        raise PluginError(
            f"{who} cannot check its parameters: {type(error).__name__}: {error}", culprit=who
        ) from error


def _param_error(params: type[Params], error: ValidationError, who: str) -> ParamError:
    first = error.errors()[0]
    reason = _own_reason(first["type"], first["msg"])
    if not first["loc"]:
        return ParamError(f"{who}: its parameters do not go together, expected {reason}")
    infos = {info.name: info for info in describe(params)}
    name, value = str(first["loc"][0]), first.get("input")
    info = infos.get(name)
    if info is None:
        hint = nearest(name, infos) or f"; it has: {', '.join(infos) or 'none'}"
        return ParamError(f"{who} has no parameter '{_short(name)}'{hint}", culprit=name)
    right = None if reason else info.nearest(value)
    hint = "" if right is None or right == value else f"; the nearest is {right}"
    said = f"{who}: {name} is {_shown(value)}, expected {reason or info.expected}{hint}"
    return ParamError(said, culprit=name)


def _own_reason(type_: str, said: str) -> str:
    """What a validator of the plugin's own said, which knows better than the range; or ``""``."""
    prefix = {"value_error": "Value error, ", "assertion_error": "Assertion failed, "}
    if type_ == "string_unicode":  # such as bytes of another encoding on the command line
        return "text in Unicode"
    return said.removeprefix(prefix[type_]).partition("\n")[0] if type_ in prefix else ""


def _number(value: float) -> str:
    """A bound as people write it: whole numbers in full."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e16 else f"{value:g}"


def _shown(value: Any) -> str:
    try:
        return _short(repr(value) if isinstance(value, str) else str(value))
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return "a number of thousands of digits"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
