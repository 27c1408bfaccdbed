"""What is looked for in pages would be found."""

import pytest

from tests.hostile.pages import active_parts, text_of


@pytest.mark.parametrize(
    "page",
    [
        "<script>EVIL()</script>",
        "<p><img src=x onerror='EVIL()'></p>",
        "<a href=' java\tscript:EVIL()'>x</a>",
        "<iframe srcdoc='x'></iframe>",
        "<a href='data:text/html,<script>'>x</a>",
        "<img src='https://evil.example/x.png'>",
        "<style>@import 'https://evil.example/x'</style>",
    ],
)
def test_active_parts_are_found(page: str) -> None:
    assert len(active_parts(page)) == 1


def test_what_is_harmless_is_not_found() -> None:
    page = "<script>ours()</script><p>&lt;script&gt;EVIL()</p><img src='data:image/png;base64,AAAA'><a href='#x'>x</a>"

    assert active_parts(page) == []
    assert text_of(page) == "<script>EVIL()x"
