"""How long a page takes from the first that it hears of a summary to the first rows that can be seen."""

from __future__ import annotations

from tests.browser.lab import Opened

__all__ = ["first_paint"]

MARKS = """() => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    performance.clearMarks();
    const arrived = (_, {msg, direction}) => {
        if (direction === 'recv' && msg.header.msg_type === 'comm_open') {
            kernel.anyMessage.disconnect(arrived);
            performance.mark('arrived');
            observer.observe(document.body, {childList: true, subtree: true, characterData: true});
        }
    };
    const observer = new MutationObserver(() => {
        if (document.querySelector('.jtr-list > .jtr-row > .jtr-name:not(:empty)')) {
            observer.disconnect();
            // A frame's callbacks run before it is painted; a message sent from one is handled after that.
            requestAnimationFrame(() => {
                const {port1, port2} = new MessageChannel();
                port1.onmessage = () => performance.mark('painted');
                port2.postMessage('');
            });
        }
    });
    kernel.anyMessage.connect(arrived);
}"""
TAKEN = """() => {
    const [arrived, painted] = ['arrived', 'painted'].map(name => performance.getEntriesByName(name)[0]);
    return painted ? painted.startTime - arrived.startTime : null;
}"""


def first_paint(opened: Opened, cell: int) -> float:
    """Milliseconds, by the page's own clock, that the summary of this cell takes; it must be the page's first one."""
    opened.page.evaluate(MARKS)
    opened.run(cell)
    return float(opened.page.wait_for_function(TAKEN).json_value())
