"""The whole platform, deployed once for all tests of this folder."""

from collections.abc import Iterator

import pytest
from e2e.deployed import Platform


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the tests of a module that is marked `in_order` in their order; the others are shuffled."""
    places = [n for n, item in enumerate(items) if item.get_closest_marker("in_order")]
    ordered = sorted((items[n] for n in places), key=_written)
    for place, item in zip(places, ordered, strict=True):
        items[place] = item


def _written(item: pytest.Item) -> tuple[str, int, int]:
    """Where a test is written, and which of its parameters it has."""
    path, line, _name = item.location
    callspec = getattr(item, "callspec", None)
    return path, line or 0, max(callspec.indices.values()) if callspec else 0


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A deployed, healthy platform that every test leaves healthy."""
    platform = Platform(home=tmp_path_factory.mktemp("home"))
    try:
        platform.up()
        yield platform
    finally:
        platform.stop()


@pytest.fixture
def website(platform: Platform) -> str:
    """The URL of the page."""
    return str(platform.status()["outputs"]["website_url"])
