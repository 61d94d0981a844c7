// A table of which only the rows that can be seen are in the page. Arrow keys walk through it.

import { make, say } from './dom';
import { frame, height, reveal, ROW_PIXELS } from './frame';
import type { Key } from './order';
import { size } from './words';

/** What one row shows; `null` for a row that hasn't arrived yet. */
export interface Shown {
  label: string;
  tone: string;
  name: string;
  bytes: number;
  reason: string;
}

/** Where the table's rows come from, and who is told what the user does. */
export interface Source {
  rows: () => number;
  row: (index: number) => Shown | null;
  sort: (key: Key) => void;
  /** Rows up to `end` are looked at, so they should be there. */
  wanted: (end: number) => void;
}

const COLUMNS: readonly (readonly [Key, string])[] = [
  ['state', 'State'],
  ['name', 'File'],
  ['size', 'Size'],
  ['reason', 'Why']
];
const MOST_SEEN = 12;

/** The table in `parent`. `draw` after anything has changed. */
export class Table {
  readonly node: HTMLElement;
  private readonly frame: HTMLElement;
  private readonly list: HTMLElement;
  private readonly heads = new Map<Key, HTMLElement>();
  private readonly pool: HTMLElement[] = [];
  private current = -1;

  constructor(
    parent: Node,
    private readonly source: Source
  ) {
    this.node = make(parent, 'div', { class: 'jtr-table', attributes: { role: 'table', 'aria-label': 'Files' } });
    this.node.setAttribute('aria-colcount', String(COLUMNS.length));
    const group = make(this.node, 'div', { class: 'jtr-heads', attributes: { role: 'rowgroup' } });
    const head = make(group, 'div', { class: 'jtr-row jtr-head', attributes: { role: 'row', 'aria-rowindex': '1' } });
    for (const [key, title] of COLUMNS) {
      const cell = make(head, 'div', { class: `jtr-${key}`, attributes: { role: 'columnheader' } });
      const sort = make(cell, 'button', { class: 'jtr-sort', text: title, attributes: { type: 'button' } });
      sort.addEventListener('click', () => source.sort(key));
      this.heads.set(key, cell);
    }
    const attributes = { role: 'rowgroup', tabindex: '0', 'aria-label': 'Files, arrow keys move through them' };
    this.frame = make(this.node, 'div', { class: 'jtr-frame', attributes });
    this.list = make(this.frame, 'div', { class: 'jtr-list', attributes: { role: 'presentation' } });
    this.frame.addEventListener('scroll', () => this.draw(), { passive: true });
    this.frame.addEventListener('keydown', event => this.key(event));
    this.frame.addEventListener('focusout', () => this.node.classList.remove('jtr-walking'));
  }

  /** Mark the column that is sorted by. */
  sorted(key: Key | null, descending: boolean): void {
    for (const [each, cell] of this.heads) {
      const order = each !== key ? 'none' : descending ? 'descending' : 'ascending';
      cell.setAttribute('aria-sort', order);
    }
  }

  /** Back to the first row. */
  restart(): void {
    this.current = -1;
    this.frame.scrollTop = 0;
    this.draw();
  }

  /** Put the rows that are seen into the page. */
  draw(): void {
    const rows = this.source.rows();
    const high = Math.min(rows, MOST_SEEN) * ROW_PIXELS;
    this.frame.style.height = `${high}px`;
    this.list.style.height = `${height(rows)}px`;
    this.node.setAttribute('aria-rowcount', String(rows + 1));
    this.node.hidden = rows === 0;
    const { start, end, top } = frame(rows, this.frame.scrollTop, this.frame.clientHeight || high);
    this.source.wanted(end);
    while (this.pool.length < end - start) {
      this.pool.push(this.made());
    }
    const drawn = new Set<HTMLElement>();
    for (let index = start; index < end; index++) {
      // By its number, so that a row keeps its element, and with it the focus, while it is seen.
      const element = this.pool[index % this.pool.length] as HTMLElement;
      element.style.transform = `translateY(${top + (index - start) * ROW_PIXELS}px)`;
      this.fill(element, index);
      drawn.add(element);
    }
    for (const element of this.pool) {
      element.hidden = !drawn.has(element);
    }
  }

  private made(): HTMLElement {
    const row = make(this.list, 'div', { class: 'jtr-row', attributes: { role: 'row', tabindex: '-1' } });
    row.addEventListener('mousedown', () => {
      this.current = Number(row.dataset.index);
    });
    for (const [key] of COLUMNS) {
      make(row, 'div', { class: `jtr-${key}`, attributes: { role: 'cell' } });
    }
    return row;
  }

  private fill(element: HTMLElement, index: number): void {
    if (element.dataset.index !== String(index)) {
      element.dataset.index = String(index);
      element.setAttribute('aria-rowindex', String(index + 2));
      if (element === document.activeElement) {
        this.frame.focus({ preventScroll: true });
      }
    }
    const shown = this.source.row(index);
    const [state, name, bytes, reason] = [...element.children] as HTMLElement[];
    if (!state || !name || !bytes || !reason) {
      return;
    }
    element.dataset.tone = shown?.tone ?? 'calm';
    say(state, shown?.label ?? '');
    say(name, shown?.name ?? '…');
    say(bytes, shown && shown.bytes >= 0 ? size(shown.bytes) : '');
    say(reason, shown?.reason ?? '');
    name.title = shown?.name ?? '';
    reason.title = shown?.reason ?? '';
    bytes.title = shown && shown.bytes >= 1000 ? `${shown.bytes.toLocaleString('en-US')} bytes` : '';
  }

  private key(event: KeyboardEvent): void {
    const rows = this.source.rows();
    const page = Math.max(Math.floor(this.frame.clientHeight / ROW_PIXELS) - 1, 1);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -rows,
      End: rows
    };
    const step = steps[event.key];
    if (step === undefined || !rows || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    event.preventDefault();
    this.current = Math.min(Math.max(this.current + step, 0), rows - 1);
    this.frame.scrollTop = reveal(this.current, rows, this.frame.scrollTop, this.frame.clientHeight);
    this.draw();
    this.node.classList.add('jtr-walking');
    this.pool[this.current % this.pool.length]?.focus({ preventScroll: true });
  }
}
