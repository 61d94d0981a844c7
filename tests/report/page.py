"""A page as a browser reads it: its elements, the cells of its tables, what is bold."""

from __future__ import annotations

from html.parser import HTMLParser

__all__ = ["Page"]


class Page(HTMLParser):
    """`elements` in order with the names of their attributes, `rows` of cells, the text of each `bold` element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.rows: list[list[str]] = []
        self.bold: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(" ".join([tag, *(name for name, _ in attrs)]))
        self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")
        elif tag == "b":
            self.bold.append("")

    def handle_endtag(self, tag: str) -> None:
        while tag in self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "td" in self._open:
            self.rows[-1][-1] += data
        if "b" in self._open:
            self.bold[-1] += data
