"""Numbers that may be below zero, as a person reads them."""


def change(share: float, digits: int = 1) -> str:
    """A change as a percentage with its sign: +2.4%, −0.7%."""
    return f"{share:+.{digits}%}".replace("-", "−")
