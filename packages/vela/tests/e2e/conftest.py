"""The whole platform, deployed once for all tests of this folder."""

from collections.abc import Iterator

import pytest
from e2e.deployed import Platform


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
