"""Frozen values to plain JSON values and back, strictly by their declared types.

A number that is declared as a float is always written as one (``3.0``, never ``3``), times are
written in UTC, minus zero as zero: one value has one way to be written.
"""

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeVar

from hengjian.terms.errors import Refused

Write = Callable[[Any], Any]
Read = Callable[[Any], Any]
T = TypeVar("T")


class WrongShapeError(ValueError):
    """A plain value that does not have the declared shape; says which field."""


@cache
def writer(kind: Any) -> Write:
    """How values of a declared type are written.

    Clause: SPEC F3
    """
    if dataclasses.is_dataclass(kind):
        return _record_writer(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    return _inner_writer(typing.get_origin(kind), typing.get_args(kind))


def _inner_writer(origin: Any, arguments: tuple[Any, ...]) -> Write:
    if origin is tuple:
        return _each(writer(arguments[0]))
    if issubclass_safe(origin, Mapping):
        inner = writer(arguments[1])
        return lambda held: {str(key): inner(value) for key, value in held.items()}
    if origin in OPTIONAL:
        some = writer(_some(arguments))
        return lambda held: None if held is None else some(held)
    return lambda held: held


def _some(arguments: tuple[Any, ...]) -> Any:
    """The type of an optional value when it is there."""
    return next(argument for argument in arguments if argument is not type(None))


def issubclass_safe(origin: Any, base: type) -> bool:
    """Whether a type's origin is a class below ``base``.

    Clause: SPEC F3
    """
    return isinstance(origin, type) and issubclass(origin, base)


def _each(inner: Write) -> Write:
    return lambda held: [inner(value) for value in held]


def _number(held: float) -> float:
    value = float(held) + 0.0
    if not math.isfinite(value):
        raise Refused("记录中有 NaN 或无穷大，不能存证", do="缺失值请留空", code="canonical.nan")
    return value


def _instant(held: datetime) -> str:
    if held.tzinfo is None:
        raise Refused("时间没有时区", do="请给出带时区的时间", code="canonical.naive_time")
    return held.astimezone(UTC).isoformat()


OPTIONAL = (types.UnionType, typing.Union)
PLAIN: Mapping[Any, Write] = {float: _number, datetime: _instant, date: date.isoformat}


def _record_writer(kind: Any) -> Write:
    hints = typing.get_type_hints(kind)
    fields = [(f.name, writer(hints[f.name])) for f in dataclasses.fields(kind)]
    return lambda held: {name: write(getattr(held, name)) for name, write in fields}


@cache
def reader(kind: Any) -> Read:
    """How plain values become values of a declared type; anything else is refused.

    Clause: SPEC F3
    Raises: WrongShapeError naming the field.
    """
    if dataclasses.is_dataclass(kind):
        return _record_reader(kind)
    if kind is float:
        return _read_number
    if kind in {date, datetime}:
        return _read_time(kind)
    return _inner_reader(kind, typing.get_origin(kind), typing.get_args(kind))


def _inner_reader(kind: Any, origin: Any, arguments: tuple[Any, ...]) -> Read:
    if origin is tuple:
        return _read_each(reader(arguments[0]))
    if origin is typing.Literal:
        return _read_literal(arguments)
    if origin in OPTIONAL:
        some = reader(_some(arguments))
        return lambda held: None if held is None else some(held)
    if issubclass_safe(origin, Mapping):
        return _read_mapping(reader(arguments[1]))
    return _read_plain(kind)


def _read_number(held: Any) -> float:
    if isinstance(held, bool) or not isinstance(held, float) or not math.isfinite(held):
        raise WrongShapeError("应为小数")
    return held


def _read_plain(kind: Any) -> Read:
    def read(held: Any) -> Any:
        if type(held) is not kind:
            raise WrongShapeError(f"应为 {kind.__name__}")
        return held

    return read


def _read_time(kind: Any) -> Read:
    def read(held: Any) -> Any:
        try:
            return kind.fromisoformat(held)
        except (TypeError, ValueError):
            raise WrongShapeError("应为日期或时间") from None

    return read


def _read_each(inner: Read) -> Read:
    def read(held: Any) -> Any:
        if not isinstance(held, list):
            raise WrongShapeError("应为列表")
        return tuple(inner(value) for value in held)

    return read


def _read_mapping(inner: Read) -> Read:
    def read(held: Any) -> Any:
        if not isinstance(held, dict):
            raise WrongShapeError("应为映射")
        return {key: inner(value) for key, value in held.items()}

    return read


def _read_literal(allowed: tuple[Any, ...]) -> Read:
    def read(held: Any) -> Any:
        if held not in allowed:
            raise WrongShapeError(f"应为 {'、'.join(map(str, allowed))} 之一")
        return held

    return read


def _record_reader(kind: Any) -> Read:
    hints = typing.get_type_hints(kind)
    fields = {f.name: reader(hints[f.name]) for f in dataclasses.fields(kind)}

    def read(held: Any) -> Any:
        if not isinstance(held, dict):
            raise WrongShapeError("应为记录")
        if held.keys() != fields.keys():
            odd = sorted(held.keys() ^ fields.keys())
            raise WrongShapeError(f"字段不符：{'、'.join(odd[:5])}")
        found = {}
        for name, inner in fields.items():
            try:
                found[name] = inner(held[name])
            except WrongShapeError as error:
                raise WrongShapeError(f"{name} {error}") from None
        return kind(**found)

    return read
