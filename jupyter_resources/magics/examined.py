"""What an examined bucket looks like: a line for each finding, and under it what to do. Nothing is shortened."""

from __future__ import annotations

from jupyter_resources.api.messages import DoctorMessage
from jupyter_resources.report.visible import escaped, pad, visible

__all__ = ["html", "text"]

_CELL = ' style="text-align:left;vertical-align:top;overflow-wrap:anywhere"'
_ALARM = ' style="color:var(--jp-error-color1,#d9453d)"'


def text(answer: DoctorMessage) -> str:
    """For terminals."""
    widest = max(len(each.check) for each in answer.findings)
    lines = [visible(_head(answer))]
    for each in answer.findings:
        lines.append(f"  {pad(each.state, 9)}{pad(each.check, widest + 2)}{visible(each.text)}")
        if each.fix:
            lines.append(f"{' ' * (widest + 13)}→ {visible(each.fix)}")
    return "\n".join(lines)


def html(answer: DoctorMessage) -> str:
    """For notebooks."""
    rows = []
    for each in answer.findings:
        state = escaped(each.state) if each.state == "ok" else f"<b>{escaped(each.state)}</b>"
        state = f"<span{_ALARM}>{state}</span>" if each.state == "failed" else state
        said = escaped(each.text) + (f"<br>→ {escaped(each.fix)}" if each.fix else "")
        cells = "".join(f"<td{_CELL}>{cell}</td>" for cell in (state, escaped(each.check), said))
        rows.append(f"<tr>{cells}</tr>")
    return "\n".join([f"<div>{escaped(_head(answer))}</div>", "<table>", *rows, "</table>"])


def _head(answer: DoctorMessage) -> str:
    count = sum(each.state != "ok" for each in answer.findings)
    said = "all is well" if not count else "1 thing to look at" if count == 1 else f"{count} things to look at"
    where = f" ({answer.location})" if answer.location else ""
    return f"Bucket {answer.bucket!r}{where}: {said}"
