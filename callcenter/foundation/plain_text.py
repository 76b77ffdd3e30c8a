"""What people write, in the one form in which it is compared."""

import unicodedata


def without_space(text: str, most: int) -> str:
    """NFKC, without white space and control characters, at most `most` characters; NUL is no text to PostgreSQL."""
    folded = unicodedata.normalize("NFKC", text[: most * 2])
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c)[0] != "C")[:most]
