"""Plane geometry for drawing: curves, strokes and ellipses as arrays of points.

A point is a complex number x + iy, with y downward. Moving is then addition, turning and scaling are
multiplication, and a mirror image is a conjugate. Every function returns a closed outline, complex128 [N],
unless it says that it returns a line.
"""

import functools

import numpy as np


def ellipse(center: complex, radius_x: float, radius_y: float, count: int = 40) -> np.ndarray:
    """Returns the outline of an ellipse with its axes along x and y."""
    circle = _circle(count)
    return center + radius_x * circle.real + 1j * radius_y * circle.imag


def half_ellipse(center: complex, radius_x: float, radius_y: float, count: int = 24) -> np.ndarray:
    """Returns the upper half of an ellipse as a line from its left end over the top to its right end."""
    arc = _arc(count)
    return center + radius_x * arc.real + 1j * radius_y * arc.imag


def clip_to_ellipse(points: np.ndarray, center: complex, radius_x: float, radius_y: float) -> np.ndarray:
    """Pulls the points that lie outside an ellipse back onto its edge, toward the centre."""
    offset = points - center
    distance = np.hypot(offset.real / radius_x, offset.imag / radius_y)
    return center + offset / np.maximum(distance, 1.0)


def closed_curve(control, steps: int = 8) -> np.ndarray:
    """Returns a smooth outline through control points (a Catmull-Rom spline), [len(control) * steps]."""
    control = np.asarray(control, np.complex128)
    return _spline_basis(len(control), steps, True) @ control


def curve(control, steps: int = 8) -> np.ndarray:
    """Returns a smooth line through three or more control points, ends included (a Catmull-Rom spline)."""
    control = np.asarray(control, np.complex128)
    return _spline_basis(len(control), steps, False) @ control


def mirrored(points) -> np.ndarray:
    """Mirrors a line in the axis x = 0 and reverses it, so that a left half continues in its right half."""
    return -np.conj(np.asarray(points, np.complex128)[::-1])


def symmetric(half) -> np.ndarray:
    """Returns ``half``, a line that ends at or left of the axis x = 0, followed by its mirror image."""
    half = np.asarray(half, np.complex128)
    image = mirrored(half)
    return np.concatenate([half, image[1:] if half[-1].real == 0 else image])


def stroke(line, width) -> np.ndarray:
    """Returns the outline of a brush stroke with round ends along a line.

    Args:
      line: complex [N], N >= 2, no two neighbours equal.
      width: the width of the stroke: a number, or [N] for one that swells and tapers.
    """
    line = np.asarray(line, np.complex128)
    tangent = np.empty_like(line)
    tangent[1:-1] = line[2:] - line[:-2]
    tangent[0], tangent[-1] = line[1] - line[0], line[-1] - line[-2]
    normal = tangent / np.abs(tangent) * (0.5j * np.asarray(width))
    cap = _cap()
    last, first = line[-1] + normal[-1] * cap, line[0] - normal[0] * cap
    return np.concatenate([line + normal, last, (line - normal)[::-1], first])


def ring(center: complex, radius: float, thickness: float, count: int = 48) -> np.ndarray:
    """Returns a circular band as one outline: once around outside, then back around inside."""
    circle = np.append(_circle(count), 1.0)
    return center + np.concatenate([circle * (radius + thickness / 2), circle[::-1] * (radius - thickness / 2)])


def between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Returns the outline of the area between two lines that run in the same direction."""
    return np.concatenate([first, second[::-1]])


def taper(count: int, ends: float = 0.15) -> np.ndarray:
    """Returns widths [count] that swell from ``ends`` to 1 and back, for :func:`stroke`."""
    return ends + (1 - ends) * np.sin(np.linspace(0, np.pi, count))


@functools.lru_cache
def _circle(count: int) -> np.ndarray:
    return _frozen(np.exp(2j * np.pi * np.arange(count) / count))


@functools.lru_cache
def _arc(count: int) -> np.ndarray:
    return _frozen(np.exp(1j * np.pi * (1 + np.arange(count) / (count - 1))))


@functools.lru_cache
def _cap() -> np.ndarray:
    """Turns that lead from the left to the right edge of a stroke around its end."""
    return _frozen(np.exp(-1j * np.pi * np.arange(1, 12) / 12))


@functools.lru_cache
def _spline_basis(count: int, steps: int, closed: bool) -> np.ndarray:
    """The matrix that takes control points to points on their Catmull-Rom spline."""
    t = np.arange(steps) / steps
    weights = 0.5 * np.stack(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3], axis=1
    )  # [steps, 4]: of the control points before, at, after and two after
    segments = count if closed else count - 1
    basis = np.zeros((segments * steps, count), np.complex128)
    for segment in range(segments):
        rows = basis[segment * steps : (segment + 1) * steps]
        for k in range(4):
            for point, share in _control_points(segment + k - 1, count, closed):
                rows[:, point] += share * weights[:, k]
    if not closed:
        basis = np.concatenate([basis, np.eye(count)[-1:]])
    return _frozen(basis)


def _control_points(position: int, count: int, closed: bool) -> list[tuple[int, int]]:
    """Control points and their shares at a position, which may be one before the first or one after the last.

    Around a closed curve that is a point of the other end. Beside a line it is where a parabola through the
    three nearest points would go on.
    """
    if closed or 0 <= position < count:
        return [(position % count, 1)]
    inward = 1 if position < 0 else -1
    end = 0 if position < 0 else count - 1
    return [(end, 3), (end + inward, -3), (end + 2 * inward, 1)]


def _frozen(array: np.ndarray) -> np.ndarray:
    """Makes an array that is kept for later callers safe from them."""
    array.flags.writeable = False
    return array
