"""The CloudFront function, run for real: CloudFront's runtime and Node read the same JavaScript."""

import json
import shutil
import subprocess

import pytest

from vela.infra.constructs.distribution import SPA_FALLBACK

PAGE = "/index.html"
PATHS = {
    "/": PAGE,
    "/words": PAGE,
    "/words/42/edit": PAGE,
    "/words/": PAGE,
    "/v1.2/words": PAGE,
    "/apiary": PAGE,
    "/words/api": PAGE,
    "/API/health": PAGE,
    "/index.html": "/index.html",
    "/style.css": "/style.css",
    "/assets/page.3f2a.js": "/assets/page.3f2a.js",
    "/.well-known/security.txt": "/.well-known/security.txt",
    "/api": "/api",
    "/api/": "/api/",
    "/api/health": "/api/health",
    "/api/internal/dsql-health": "/api/internal/dsql-health",
}


@pytest.fixture(scope="module")
def answers():
    code = SPA_FALLBACK.read_text(encoding="utf-8") + (
        "const paths = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "const asked = (uri) => handler({ request: { uri, method: 'GET', querystring: {} } });"
        "console.log(JSON.stringify(paths.map(asked)));"
    )
    node = shutil.which("node")
    assert node, "node is needed; see the README"
    done = subprocess.run(
        [node, "-e", code],
        input=json.dumps(list(PATHS)),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(PATHS, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("path", PATHS)
def test_a_path_of_the_application_gets_its_page_and_everything_else_itself(path, answers):
    assert answers[path]["uri"] == PATHS[path]


@pytest.mark.parametrize("path", PATHS)
def test_only_the_path_is_rewritten(path, answers):
    assert answers[path] | {"uri": ""} == {"uri": "", "method": "GET", "querystring": {}}


def test_the_deployed_function_is_this_one_in_runtime_2_0(development):
    (function,) = development.resources("AWS::CloudFront::Function").values()

    assert function["Properties"]["FunctionCode"] == SPA_FALLBACK.read_text(encoding="utf-8")
    assert function["Properties"]["FunctionConfig"]["Runtime"] == "cloudfront-js-2.0"


def test_the_function_is_within_cloudfronts_limit_of_10_kilobytes():
    assert SPA_FALLBACK.stat().st_size <= 10 * 1024
