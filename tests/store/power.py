"""A power cut: what was asked of the disk is recorded, and every state that may be left is built.

The rules are POSIX's, and nothing more is taken for granted: fsync brings one file's bytes (and its
times) or one folder's names to the disk. All else may be there or not, each by itself: writes in
any order and torn, files that have their length and no bytes, names that were given, taken or
changed. One thing is taken for granted, as every file system with a journal gives it: what a
rename takes from one folder is not lost before the other has it, unless an fsync asks for it.
"""

from __future__ import annotations

import os
import stat
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, Final, NamedTuple

from copilot_tui.store import Disk


class Site(NamedTuple):
    """Where in the store's source an fsync is asked for."""

    file: str
    line: int


@dataclass(frozen=True)
class Written:
    node: int
    data: bytes


@dataclass(frozen=True)
class Touched:
    node: int
    moment: float


@dataclass(frozen=True, eq=False)
class Named:
    """A change of a folder's names: one was given, one was taken, or both in one step."""

    folder: str
    given: tuple[str, int | None] | None = None
    """The name, and the file that has it now; None: a folder."""
    taken: str | None = None
    after: Named | None = None
    """The other half, in another folder, that comes first."""


@dataclass(frozen=True)
class Synced:
    what: int | str
    """A file, or a folder's path."""
    site: Site


@dataclass(frozen=True)
class Promised:
    """From here on this holds, whatever is cut."""

    what: str
    holds: Callable[[Any], bool]


Event = Written | Touched | Named | Synced | Promised


class Recorder(Disk):
    """Does what it is asked for, and writes it down. Nothing is brought to the disk itself."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._nodes: dict[tuple[int, int], int] = {}
        self._folders: dict[tuple[int, int], str] = {}
        self._count = 0

    def promise(self, what: str, holds: Callable[[Any], bool]) -> None:
        """From now on this is to hold, in place of what was promised by the same name."""
        self.events.append(Promised(what, holds))

    def open(self, path: Path, flags: int) -> int:
        descriptor = super().open(path, flags)
        status = os.fstat(descriptor)
        key = status.st_dev, status.st_ino
        if stat.S_ISDIR(status.st_mode):
            self._folders[key] = str(path)
        elif flags & os.O_CREAT:
            self._count += 1
            self._nodes[key] = self._count
            self.events.append(Named(str(path.parent), given=(path.name, self._count)))
        return descriptor

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        taken = super().write(descriptor, data)
        self.events.append(Written(self._node(os.fstat(descriptor)), bytes(data[:taken])))
        return taken

    def fsync(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        is_folder = stat.S_ISDIR(status.st_mode)
        what = self._folders[status.st_dev, status.st_ino] if is_folder else self._node(status)
        self.events.append(Synced(what, _site(sys._getframe(1))))

    def replace(self, source: Path, target: Path) -> None:
        super().replace(source, target)
        given = (target.name, self._node(os.lstat(target)))
        if source.parent == target.parent:
            self.events.append(Named(str(target.parent), given, source.name))
            return
        arrived = Named(str(target.parent), given)
        self.events += [arrived, Named(str(source.parent), taken=source.name, after=arrived)]

    def unlink(self, path: Path) -> None:
        super().unlink(path)
        self.events.append(Named(str(path.parent), taken=path.name))

    def mkdir(self, path: Path) -> None:
        super().mkdir(path)
        self.events.append(Named(str(path.parent), given=(path.name, None)))

    def touch(self, path: Path, moment: float) -> None:
        super().touch(path, moment)
        self.events.append(Touched(self._node(os.lstat(path)), moment))

    def _node(self, status: os.stat_result) -> int:
        return self._nodes[status.st_dev, status.st_ino]


def _site(frame: FrameType | None) -> Site:
    """Who asked for it: `sync_folder` asks in the name of its caller."""
    while frame is not None and frame.f_code.co_name == "sync_folder":
        frame = frame.f_back
    assert frame is not None
    return Site(Path(frame.f_code.co_filename).name, frame.f_lineno)


def without(events: Sequence[Event], site: Site) -> list[Event]:
    """The same, as if the fsync at this place were not in the code."""
    return [each for each in events if not (isinstance(each, Synced) and each.site == site)]


class File(NamedTuple):
    """What a file holds after the cut."""

    data: bytes
    moment: float | None


State = tuple[tuple[str, File | None], ...]
"""All paths below the root, sorted; None: a folder."""


@dataclass
class Pending:
    """What was asked for up to a moment: what is on the disk, and what may be."""

    names: list[Named] = field(default_factory=list)
    written: dict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    touched: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    safe_names: set[int] = field(default_factory=set)
    """Places in `names`."""
    safe_writes: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    safe_touches: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    promises: dict[str, Callable[[Any], bool]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """One more thing was asked for."""
        match event:
            case Named():
                self.names.append(event)
            case Written(node, data):
                self.written[node].append(data)
            case Touched(node, moment):
                self.touched[node].append(moment)
            case Promised(what, holds):
                self.promises[what] = holds
            case Synced(int(node)):
                self.safe_writes[node] = len(self.written[node])
                self.safe_touches[node] = len(self.touched[node])
            case Synced(folder):
                self.safe_names |= {
                    place for place, each in enumerate(self.names) if each.folder == folder
                }

    def left(self, root: Path, chance: Random, names: float, writes: float) -> State:
        """A state that a cut may leave; how likely each name and each write is to be there."""
        there = self._names(chance, names)
        folders: dict[str, dict[str, int | None]] = defaultdict(dict)
        for place, each in enumerate(self.names):
            if place in there:
                if each.taken is not None:
                    folders[each.folder].pop(each.taken, None)
                if each.given is not None:
                    folders[each.folder][each.given[0]] = each.given[1]
        found: dict[str, File | None] = {}
        waiting = [str(root)]
        while waiting:
            folder = waiting.pop()
            for name, node in folders[folder].items():
                path = f"{folder}/{name}"
                found[os.path.relpath(path, root)] = (
                    None if node is None else self._file(node, chance, writes)
                )
                if node is None:
                    waiting.append(path)
        return tuple(sorted(found.items(), key=lambda item: item[0]))

    def _names(self, chance: Random, likely: float) -> set[int]:
        there = set(self.safe_names)
        for place, each in enumerate(self.names):
            if place not in there and chance.random() < likely:
                there.add(place)
                if each.after is not None:
                    there.add(self.names.index(each.after))
        return there

    def _file(self, node: int, chance: Random, likely: float) -> File:
        pieces = []
        for number, data in enumerate(self.written[node]):
            if number < self.safe_writes[node] or chance.random() < likely:
                pieces.append(data)
            else:
                pieces.append(_torn(data, chance))
        while len(pieces) > self.safe_writes[node] and not pieces[-1].strip(b"\0"):
            if chance.random() < 0.3:
                break  # its length came to the disk, and its bytes did not
            pieces.pop()
        if len(pieces) > self.safe_writes[node] and chance.random() > likely:
            pieces[-1] = pieces[-1][: chance.randrange(len(pieces[-1]) + 1)]
        times = self.touched[node]
        earliest = self.safe_touches[node]
        if len(times) > earliest and chance.random() >= likely:
            times = times[:earliest]
        return File(b"".join(pieces), times[-1] if times else None)


def _torn(data: bytes, chance: Random) -> bytes:
    """What is left of a write that did not come to the disk, where a later one may have."""
    kept = chance.randrange(len(data) + 1) if chance.random() < 0.5 else 0
    return data[:kept] + b"\0" * (len(data) - kept)


ALL: Final = 1.0
NONE: Final = 0.0


def cuts(
    events: Sequence[Event], root: Path, *, seed: int, each: int
) -> Iterator[tuple[State, dict[str, Callable[[Any], bool]]]]:
    """States that a power cut may leave at any moment, none twice, with what is promised then.

    At each moment: all and nothing of what is pending, names without bytes, bytes without names,
    and `each` mixtures.
    """
    chance = Random(seed)
    seen: set[tuple[State, int]] = set()
    pending = Pending()
    extremes = [(ALL, ALL), (NONE, NONE), (ALL, NONE), (NONE, ALL)]
    for event in events:
        pending.take(event)
        promised = hash(tuple(map(id, pending.promises.values())))
        mixtures = [(chance.random(), chance.random()) for _ in range(each)]
        for names, writes in extremes + mixtures:
            state = pending.left(root, chance, names, writes)
            if (state, promised) not in seen:
                seen.add((state, promised))
                yield state, dict(pending.promises)


def build(state: State, folder: Path) -> None:
    """Make the state on a real disk."""
    folder.mkdir(0o700)
    for path, file in state:
        target = folder / path
        if file is None:
            target.mkdir(0o700)
            continue
        target.write_bytes(file.data)
        if file.moment is not None:
            os.utime(target, (file.moment, file.moment))
