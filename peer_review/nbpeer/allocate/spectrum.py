"""The second singular value of an allocation: how far scores that one work's reviewers share spread through the cohort.

The matrix has a row for each work, a column for each reviewer and ones for tasks. Where everybody has k tasks its
largest singular value is k, and the second says how well the graph expands: near k, there are groups that review only
each other; random regular graphs have about 2 sqrt(k - 1) (Friedman 2008).
"""

import numpy as np

from nbpeer.allocate.wishes import Floats, Ints

DENSE = 300
"""Up to so many works or reviewers, the matrix is written out."""
BLOCK = 2
"""Vectors in a block: two, so that a second value that is equal to the first is found."""
STEPS = 80
CHECK = 8
"""Every so many steps the value is looked at."""
LITTLE = 0.01
"""What is left of a block less than this share is made orthogonal again."""
NOTHING = 1e-10
"""A block that brings less than this share of anything new ends the iteration: no other direction can be reached."""
TOLERANCE = 1e-3


def second_singular_value(work: Ints, reviewer: Ints, n: int, m: int) -> float:
    """Return the second largest singular value of the (n, m) matrix with ones at (work, reviewer); 0 where n or m < 2.

    Exact up to `DENSE`, beyond that from below, to within a percent or so: by block Krylov iteration
    (Musco and Musco 2015, algorithm 2) with a fixed start, until `CHECK` steps add less than `TOLERANCE` of the value.
    """
    if min(n, m) < 2 or not work.size:
        return 0.0
    if min(n, m) <= DENSE and max(n, m) <= 4 * DENSE:
        matrix = np.zeros((n, m))
        matrix[work, reviewer] = 1.0
        return float(np.linalg.svd(matrix, compute_uv=False)[1])
    return krylov(work, reviewer, n, m)


def krylov(work: Ints, reviewer: Ints, n: int, m: int) -> float:
    """Return the second singular value by block Lanczos on the matrix times its transpose, every basis vector kept."""

    def product(rows: Floats) -> Floats:
        """Multiply each of `rows` (block, n) by the matrix and its transpose."""
        columns = [np.bincount(reviewer, weights=row[work], minlength=m) for row in rows]
        return np.array([np.bincount(work, weights=column[reviewer], minlength=n) for column in columns])

    steps = min(STEPS, n // BLOCK)
    basis = np.empty((steps * BLOCK, n))
    projected = np.zeros((steps * BLOCK, steps * BLOCK))
    block = _orthonormal(np.random.default_rng(0).standard_normal((BLOCK, n)), basis[:0])[0]
    value = before = 0.0
    for done in range(0, steps * BLOCK, BLOCK):
        here, after = slice(done, done + BLOCK), slice(done + BLOCK, done + 2 * BLOCK)
        basis[here] = block
        image = product(block)
        projected[here, here] = block @ image.T
        block, beyond = _orthonormal(image, basis[: after.start])
        exhausted = after.start == len(basis) or np.abs(beyond).max() <= NOTHING * np.abs(image).max()
        if exhausted or done // BLOCK % CHECK == CHECK - 1:
            value = float(np.sqrt(max(np.linalg.eigvalsh(projected[: after.start, : after.start])[-2], 0.0)))
            if exhausted or value - before < TOLERANCE * value:
                break
            before = value
        projected[here, after], projected[after, here] = beyond, beyond.T
    return value


def _orthonormal(block: Floats, basis: Floats) -> tuple[Floats, Floats]:
    """Return orthonormal rows for the block without its share in `basis`, and (block, block) what they make of it.

    Done again where little is left, against rounding. A block that lies within the basis leaves arbitrary rows.
    """
    made_of = np.eye(len(block))
    for _again in range(3):
        shares = np.array([basis @ row for row in block])  # by rows, as thin products of matrices are slow
        orthogonal = block - shares @ basis
        columns, triangle = np.linalg.qr(orthogonal.T)
        left = np.abs(np.diag(triangle)).min() / max(float(np.abs(block).max()), 1.0)
        block, made_of = columns.T, triangle @ made_of
        if left > LITTLE:
            break
    return block, made_of.T
