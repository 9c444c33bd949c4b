"""Text fragments as sentences: a capital at the start, a full stop at the end."""


def sentence(text: str) -> str:
    """Return a fragment as one sentence, "" for none; a text that ends a sentence already keeps it."""
    if not text:
        return ""
    stopped = text if text.endswith((".", "!", "?")) else f"{text}."
    return f"{stopped[0].upper()}{stopped[1:]}"
