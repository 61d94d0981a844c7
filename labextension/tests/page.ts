// A page for component tests, and blocks of rows as the kernel packs them.

import { Window } from 'happy-dom';

import type { ChipMessage, TransactionRequest, TransactionView } from '../src/generated/api';
import { nothingYet, Transaction, type Memory } from '../src/components/transaction';

/** A document of its own in place of the browser's. */
export function page(): HTMLElement {
  const window = new Window();
  Object.assign(globalThis, { document: window.document, Event: window.Event, KeyboardEvent: window.KeyboardEvent });
  return document.body;
}

export interface Line {
  name: string;
  state?: number;
  size?: number;
  reason?: string;
}

/** What widgets/rows.py makes of `lines`. */
export function packed(lines: readonly Line[]): DataView {
  const encoder = new TextEncoder();
  const names = lines.map(line => encoder.encode(line.name));
  const known = [...new Set(lines.map(line => line.reason ?? ''))];
  const reasons = encoder.encode(JSON.stringify(known));
  const nameBytes = names.reduce((sum, name) => sum + name.length, 0);
  // One byte before the block: what arrives is rarely aligned.
  const made = new DataView(new ArrayBuffer(1 + 16 + lines.length * 15 + nameBytes + reasons.length), 1);
  const bytes = new Uint8Array(made.buffer, 1);
  [lines.length, nameBytes, reasons.length].forEach((value, at) => made.setUint32(4 * at, value, true));
  const [ends, whys, states] = [16 + 8 * lines.length, 16 + 12 * lines.length, 16 + 14 * lines.length];
  let end = 0;
  lines.forEach((line, at) => {
    made.setFloat64(16 + 8 * at, line.size ?? -1, true);
    bytes.set(names[at] ?? new Uint8Array(), 16 + 15 * lines.length + end);
    end += names[at]?.length ?? 0;
    made.setUint32(ends + 4 * at, end, true);
    made.setUint16(whys + 2 * at, known.indexOf(line.reason ?? ''), true);
    made.setUint8(states + at, line.state ?? 0);
  });
  bytes.set(reasons, 16 + 15 * lines.length + nameBytes);
  return made;
}

export const CHIPS: ChipMessage[] = [
  { state: 1, label: '! conflict', tone: 'alarm', files: 1, bytes: 5 },
  { state: 6, label: '+ new', tone: 'gain', files: 3, bytes: 3000 }
];

export const PLAN: TransactionView = {
  phase: 'planned',
  headline: 'Would push 4 files',
  notes: ['A dry run: nothing was changed.'],
  problem: '',
  hint: '',
  chips: CHIPS,
  rows: 4,
  version: 1,
  can_apply: true,
  apply_question: '',
  can_force: false,
  force_question: ''
};

/** A component over a host that is a few values; `asked` is what it wanted of the kernel. */
export function shown(view: Partial<TransactionView> = {}, lines: readonly Line[] = LINES, memory: Memory = nothingYet()) {
  const asked: TransactionRequest[] = [];
  const host = {
    current: { ...PLAN, ...view },
    words: { words: ['Pushing', '1 of 4 files'], fraction: 0.25 },
    block: packed(lines)
  };
  const component = new Transaction(
    page(),
    {
      view: () => host.current,
      progress: () => host.words,
      first: () => host.block,
      ask: request => void asked.push(request)
    },
    memory
  );
  return { component, host, asked, node: component.node, memory };
}

export const LINES: readonly Line[] = [
  { name: 'b.csv', state: 1, size: 5, reason: 'target differs' },
  { name: 'a/one.txt', state: 6, size: 1000 },
  { name: 'a/Two.txt', state: 6, size: 1500 },
  { name: '<img src=x onerror=alert(1)>', state: 6, size: 500 }
];

/** What the element of `node` that `selector` finds says. */
export function words(node: HTMLElement, selector: string): string {
  return node.querySelector(selector)?.textContent ?? '';
}

/** The names in the page, from the top. */
export function names(node: HTMLElement): string[] {
  const rows = [...node.querySelectorAll<HTMLElement>('.jtr-list > .jtr-row')].filter(row => !row.hidden);
  rows.sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index));
  return rows.map(row => row.querySelector('.jtr-name')?.textContent ?? '');
}

/** The button that says `text`. */
export function pressed(node: HTMLElement, text: string): HTMLButtonElement {
  const found = [...node.querySelectorAll('button')].find(each => !each.hidden && each.textContent?.includes(text));
  if (!found) {
    throw new Error(`no button says ${text}`);
  }
  found.click();
  return found;
}
