"""A module that lies beside the notebooks."""

RATE = 3


def double(number: int) -> int:
    return 2 * number


def share(cake: int, people: int) -> float:
    return cake / people


class Shape:
    """Has sides."""

    sides = 0

    def __repr__(self) -> str:
        return f"a shape with {self.sides} sides"
