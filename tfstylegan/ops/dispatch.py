"""Choice between the composed form of an op (``keras.ops``) and its fused twin."""

IMPLEMENTATIONS = ("auto", "composed", "fused")


def check_implementation(impl: str) -> None:
    """Accepts ``"auto"`` and ``"composed"``; says why anything else cannot run.

    This release ships the composed forms only, so ``"auto"`` is ``"composed"``.

    Raises:
      ValueError: if ``impl`` is none of the three names.
      RuntimeError: if ``impl`` is ``"fused"``.
    """
    if impl not in IMPLEMENTATIONS:
        raise ValueError(f"impl must be one of {', '.join(IMPLEMENTATIONS)}; got {impl!r}")
    if impl == "fused":
        raise RuntimeError("impl='fused': this release has no fused op library; use impl='auto' or 'composed'")
