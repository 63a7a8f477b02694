"""Search: every message of every conversation, and their titles.

The index is brought in step with the files by their stamps, in the background and in small
transactions. Where it cannot be used (locked, on a disk that takes nothing), and for what is not
in it yet, the files themselves are read.
"""

from __future__ import annotations

import sys
from contextlib import closing, suppress
from threading import Event, Lock
from typing import TYPE_CHECKING, Final

from copilot_tui.errors import StoreError, UnreadableDocument
from copilot_tui.search_query import Query, parse
from copilot_tui.store.found import LIMIT, Found, Order, never
from copilot_tui.store.matching import best_of, count_for, hit_of, is_meant, newest_of
from copilot_tui.store.messages import Messages
from copilot_tui.store.pace import Pace
from copilot_tui.store.prompts import CHARS_MOST, FILES_MOST, Prompts, distinct, query_for
from copilot_tui.store.texts import Page, page_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from copilot_tui.store.documents import Documents
    from copilot_tui.store.files import Disk, Stamp
    from copilot_tui.store.texts import Text

BATCH_CHARS: Final = 4 << 20
BATCH_PAGES: Final = 500
"""A transaction takes about a quarter of a second; it ends at the first of the two."""


class Search:
    """The index of one store, and the files that it is made of. Any thread may use it."""

    def __init__(
        self,
        path: Path,
        documents: Documents,
        disk: Disk,
        *,
        has_fts: bool | None = None,
        pace: Pace | None = None,
    ) -> None:
        """`pace`: of what is done in the background."""
        self._documents = documents
        self._pace = pace or Pace()
        self._writer = Messages(path, disk, has_fts=has_fts, pace=self._pace)
        self._writing = Lock()
        self._reader = Messages(path, disk, has_fts=has_fts)
        self._reading = Lock()
        self._is_damaged = False
        self._stopped = Event()
        self._unread = 0

    def stop(self) -> None:
        """End an update that is under way, soon, and every other one until `close`."""
        self._stopped.set()

    def close(self) -> None:
        """End what is under way and give back the files; the index may be used again."""
        self.stop()
        with self._writing, self._reading:
            self._writer.close()
            self._reader.close()
            self._stopped.clear()

    # In step with the files

    def update(self, progress: Callable[[int, int], None] | None = None) -> bool:
        """Read what is new or changed; whether there was anything.

        `progress` is told how many conversations are read, of how many. Raises StoreError if the
        folder cannot be read. An index that is locked stays as it is.
        """
        import sqlite3

        stamps, _ = self._documents.listed(self._documents.folder)
        with self._writing:
            for _ in range(2):
                if self._is_damaged:
                    self._delete()
                try:
                    return self._update(stamps, progress)
                except sqlite3.OperationalError as error:
                    self._writer.close()
                    if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                        return False  # locked, read-only, full: nothing is wrong with the file
                    self._is_damaged = True  # with another schema
                except sqlite3.DatabaseError:
                    self._is_damaged = True
                except OSError:
                    return False
        return False

    def _delete(self) -> None:
        with self._reading:
            self._reader.close()  # Windows deletes nothing that is open
        self._writer.delete()
        self._is_damaged = False

    def _update(
        self, stamps: dict[str, Stamp], progress: Callable[[int, int], None] | None
    ) -> bool:
        known = self._writer.stamps()
        gone = [id_ for id_ in known if id_ not in stamps]
        changed = [id_ for id_, stamp in stamps.items() if known.get(id_) != stamp]
        changed.sort(key=lambda id_: stamps[id_].mtime_ns, reverse=True)
        self._unread = len(changed)
        if gone:
            self._writer.write(gone, [])
        for pages in _batches(self._pace.paced(self._pages(changed, stamps))):
            self._writer.write((), pages)
            self._unread -= len(pages)
            if progress is not None:
                progress(len(changed) - self._unread, len(changed))
        if not self._stopped.is_set():
            self._unread = 0
            self._writer.finish()
        return bool(gone or changed)

    def _pages(self, ids: Iterable[str], stamps: dict[str, Stamp]) -> Iterator[Page]:
        for id_ in ids:
            if self._stopped.is_set():
                return
            try:
                path = self._documents.path(id_)
                yield page_of(*self._documents.read(path, patiently=True), self._pace.paced)
            except UnreadableDocument:
                yield Page(id_, stamps[id_], [])
            except StoreError:
                continue  # gone meanwhile, or it may be read the next time

    # What is found

    def find(
        self,
        words: str,
        *,
        order: Order = "newest",
        limit: int = LIMIT,
        whole: bool = False,
        cancelled: Callable[[], bool] = never,
    ) -> Found:
        """The first hits for the user's words; see `search_query`.

        `whole`: what is not in the index yet is read from the files. `cancelled` is asked now and
        then; what was found so far is given then.
        """
        query = parse(words)
        if query.is_empty:
            return Found([])
        wanted = count_for(order, limit)
        texts = self._from_index(query, wanted, cancelled)
        if texts is None or whole:
            texts = self._with_files(query, texts, wanted, cancelled)
        hits = best_of(texts, query, order)[:limit]
        return Found(
            [hit_of(text, query) for text in hits],
            len(texts) > limit,
            0 if whole else self._unread,
        )

    def prompts(
        self, words: str, *, limit: int = LIMIT, cancelled: Callable[[], bool] = never
    ) -> Prompts:
        """The newest prompts with these words; no words: of all.

        Of what is not in the index yet, the FILES_MOST conversations changed last are read.
        """
        query = query_for(words)
        texts = self._from_index(query, limit, cancelled, room=CHARS_MOST)
        texts = self._with_files(query, texts, limit, cancelled, files=FILES_MOST)
        return Prompts(distinct(texts, query), len(texts) >= limit, self._unread)

    def _from_index(
        self, query: Query, wanted: int, cancelled: Callable[[], bool], *, room: int = sys.maxsize
    ) -> list[Text] | None:
        """What the index has, at most so many texts and characters; None: it cannot be used."""
        import sqlite3

        with self._reading:
            if not self._reader.exists:
                return None
            try:
                with closing(self._reader.candidates(query)) as candidates:
                    return self._chosen(candidates, query, wanted, cancelled, room)
            except sqlite3.OperationalError as error:
                self._reader.close()
                self._is_damaged |= error.sqlite_errorcode == sqlite3.SQLITE_ERROR
            except sqlite3.DatabaseError:
                self._reader.close()
                self._is_damaged = True
            except OSError:
                self._reader.close()
            return None

    def _chosen(
        self,
        texts: Iterable[Text],
        query: Query,
        wanted: int,
        cancelled: Callable[[], bool],
        room: int,
    ) -> list[Text]:
        """The first of these texts that are what the query asks for, and still there."""
        found: list[Text] = []
        are_there: dict[str, bool] = {}
        for text in Pace().paced(texts):
            if cancelled():
                break
            if not is_meant(text, query):
                continue
            id_ = text.conversation_id
            if id_ not in are_there:
                are_there[id_] = self._documents.stamp(self._documents.path(id_)) is not None
            if are_there[id_]:
                found.append(text)
                room -= len(text.text)
                if len(found) == wanted or room <= 0:
                    break
        return found

    def _with_files(
        self,
        query: Query,
        texts: list[Text] | None,
        wanted: int,
        cancelled: Callable[[], bool],
        *,
        files: int | None = None,
    ) -> list[Text]:
        """The same with what is in the files that the index does not have, or has no more.

        `files`: how many are read at most.
        """
        known = self._known() if texts is not None else {}
        stamps, _ = self._documents.listed(self._documents.folder)
        ids = {id_ for id_, stamp in stamps.items() if known.get(id_) != stamp}
        found = [text for text in reversed(texts or []) if text.conversation_id not in ids]
        newest_first = sorted(ids, key=lambda id_: stamps[id_].mtime_ns, reverse=True)
        for id_ in newest_first[:files]:
            if cancelled():
                break
            with suppress(StoreError):
                page = page_of(*self._documents.read(self._documents.path(id_)))
                found += (text for text in page.texts if is_meant(text, query))
        return newest_of(found)[:wanted]

    def _known(self) -> dict[str, Stamp]:
        import sqlite3

        with self._reading, suppress(sqlite3.Error, OSError):
            return self._reader.stamps()
        return {}


def _batches(pages: Iterable[Page]) -> Iterator[list[Page]]:
    waiting: list[Page] = []
    size = 0
    for page in pages:
        waiting.append(page)
        size += sum(len(text.text) for text in page.texts)
        if size >= BATCH_CHARS or len(waiting) >= BATCH_PAGES:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting
