"""An adaptation refuses to replace what has changed."""

from types import ModuleType

import pytest

from vela.local.emulator.adaptations.replacement import EmulatorChanged, expected, replace


def module():
    made = ModuleType("emulator.service")
    made.fetch = lambda origin, method: (origin, method)  # type: ignore[attr-defined]  # made here
    return made


def test_a_part_that_looks_as_before_is_replaced():
    service = module()

    replace(service, "fetch", ("origin", "method"), lambda original: lambda *a: original(*a)[::-1])

    assert service.fetch(1, 2) == (2, 1)


def test_a_part_that_is_gone_is_named():
    with pytest.raises(EmulatorChanged, match=r"emulator\.service\.serve is gone"):
        expected(module(), "serve")


def test_a_part_that_takes_something_else_is_named_and_left():
    service = module()
    before = service.fetch

    with pytest.raises(EmulatorChanged, match=r"takes \(origin, method\), not \(origin\)"):
        replace(service, "fetch", ("origin",), lambda _original: None)

    assert service.fetch is before
