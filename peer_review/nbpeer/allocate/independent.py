"""Which of many changes can be made at once, so that each does what it would do alone."""

import numpy as np

from nbpeer.allocate.wishes import Bools, Ints


def independent(size: int, writes: Ints, reads: Ints) -> Bools:
    """Choose changes of which none writes what another reads or writes; earlier ones come first.

    `writes` (changes, a) and `reads` (changes, b) are indices in 0..size; index `size` is nothing and is shared freely.
    """
    number = np.arange(len(writes))
    first_writer = np.full(size + 1, len(writes))
    np.minimum.at(first_writer, writes, number[:, None])
    first_user = first_writer.copy()
    np.minimum.at(first_user, reads, number[:, None])
    first_writer[size] = len(writes)
    alone = (first_user[writes] == number[:, None]).all(axis=1)
    chosen: Bools = alone & (first_writer[reads] >= number[:, None]).all(axis=1)
    return chosen
