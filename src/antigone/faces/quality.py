"""How fit a face is for comparison, from what can be measured on it."""

from __future__ import annotations

from antigone.types import Float32Array, Quality, Uint8Array


def measure_quality(crop: Uint8Array, landmarks: Float32Array, length: float) -> Quality:
    """Placeholder."""
    s = min(100.0, max(0.0, length * 7))
    return Quality(score=s, size=s, sharpness=s, light=s, pose=s, occlusion=s)
