"""What the documentation says of the formats is what their headers say."""

from docs import log_formats


def test_the_pages_are_up_to_date() -> None:
    for document in log_formats.DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        assert log_formats.filled(text) == text, "run: python -m docs.log_formats"
