"""Tables in text and in html, from the same rows."""

from __future__ import annotations

import re

from jupyter_resources.report.tables import Cell, html_table, text_table


def test_text_columns_are_aligned() -> None:
    """Two spaces between columns, numbers to the right, a column of nothing left out."""
    rows = [("default", "local", "", "3 files"), ("数据", "s3", "", "2,000 files")]
    assert text_table(rows, ("name", "kind", "base", "holds"), right=(3,)).splitlines() == [
        "name     kind         holds",
        "default  local      3 files",
        "数据     s3     2,000 files",
    ]


def test_html_is_plain_and_escaped() -> None:
    """Only table, tr, td, b and span; markup in a cell is text."""
    drawn = html_table([("<b>x</b>", Cell("2.0 kB", title='2,000 "bytes"'))], ("name", "size"), right=(1,))
    plain = re.sub(r' style="[^"]*"', "", drawn)
    assert plain.split("\n") == [
        "<table>",
        '<tr><td><b>name</b></td><td align="right"><b>size</b></td></tr>',
        '<tr><td>&lt;b&gt;x&lt;/b&gt;</td><td title="2,000 &quot;bytes&quot;" align="right">2.0 kB</td></tr>',
        "</table>",
    ]


def test_no_rows_no_table() -> None:
    """Headers over nothing say nothing."""
    assert text_table([], ("name",)) == html_table([], ("name",)) == ""
