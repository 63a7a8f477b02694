"""Heights of many things that stand under each other."""

from __future__ import annotations

from collections.abc import Iterable


class Heights:
    """A Fenwick tree: changing one height, summing those before it, finding a line: O(log n)."""

    __slots__ = ("_heights", "_tree", "total")

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._heights = list(heights)
        tree = [0, *self._heights]
        for index in range(1, len(tree)):
            parent = index + (index & -index)
            if parent < len(tree):
                tree[parent] += tree[index]
        self._tree = tree
        self.total = sum(self._heights)

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    def __setitem__(self, index: int, height: int) -> None:
        change = height - self._heights[index]
        if not change:
            return
        self._heights[index] = height
        self.total += change
        tree = self._tree
        index += 1
        while index < len(tree):
            tree[index] += change
            index += index & -index

    def append(self, height: int) -> None:
        """Put one more under the last."""
        index = len(self._tree)
        self._tree.append(self.total + height - self.before(index - (index & -index)))
        self._heights.append(height)
        self.total += height

    def truncate(self, count: int) -> None:
        """Keep only so many, from the top."""
        self.total = self.before(count)
        del self._heights[count:], self._tree[count + 1 :]

    def before(self, index: int) -> int:
        """The sum of the heights of all before this one: the line on which it starts."""
        total = 0
        tree = self._tree
        while index:
            total += tree[index]
            index &= index - 1
        return total

    def find(self, line: int) -> tuple[int, int]:
        """Which one this line falls into, and the line within it. Beyond the end: the last."""
        if not 0 <= line < self.total:
            last = max(0, len(self._heights) - 1)
            return (last, line - self.before(last)) if line > 0 else (0, line)
        index = 0
        step = 1 << (len(self._heights).bit_length() - 1)
        tree = self._tree
        while step:
            probe = index + step
            if probe < len(tree) and tree[probe] <= line:
                index = probe
                line -= tree[probe]
            step >>= 1
        return index, line


def estimates(texts: Iterable[str], width: int) -> list[int]:
    """Roughly the lines that messages with these texts take; costs next to nothing."""
    width += 12
    return [3 + text.count("\n") + len(text) // width for text in texts]
