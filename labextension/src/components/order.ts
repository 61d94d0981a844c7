// Which rows are shown, and in which order: pure functions over columns.

import type { Columns } from './columns';

/** The columns that can be sorted by. */
export type Key = 'state' | 'name' | 'size' | 'reason';

/** What the user asked to see. No states means all of them; no key means the kernel's order. */
export interface Query {
  text: string;
  states: ReadonlySet<number>;
  key: Key | null;
  descending: boolean;
}

export const EVERYTHING: Query = { text: '', states: new Set(), key: null, descending: false };

/** Whether `query` shows every row in the kernel's order, so that nothing needs to be looked at. */
export function isEverything(query: Query): boolean {
  return !query.text.trim() && query.states.size === 0 && query.key === null;
}

/** The indexes of the rows that `query` asks for, in its order. Each word of its text must occur in name or reason. */
export function select(columns: Columns, query: Query): Uint32Array {
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  const found: number[] = [];
  for (let index = 0; index < columns.length; index++) {
    if (query.states.size && !query.states.has(columns.states[index] ?? 0)) {
      continue;
    }
    if (words.length) {
      const line = `${columns.names[index]}\n${columns.reasons[index]}`.toLowerCase();
      if (!words.every(word => line.includes(word))) {
        continue;
      }
    }
    found.push(index);
  }
  const order = Uint32Array.from(found);
  if (query.key) {
    const compare = comparison(columns, query.key);
    const sign = query.descending ? -1 : 1;
    // Equal ones stay in the kernel's order, whichever way the others go.
    order.sort((a, b) => sign * compare(a, b) || a - b);
  }
  return order;
}

function comparison(columns: Columns, key: Key): (a: number, b: number) => number {
  if (key === 'state' || key === 'size') {
    const values = key === 'state' ? columns.states : columns.sizes;
    return (a, b) => (values[a] ?? 0) - (values[b] ?? 0);
  }
  const values = key === 'name' ? columns.names : columns.reasons;
  return (a, b) => {
    const [one, other] = [values[a] ?? '', values[b] ?? ''];
    return one < other ? -1 : one > other ? 1 : 0;
  };
}

/** What a click on the column of `key` asks for: up, down, and back to the kernel's order. */
export function turned(query: Query, key: Key): Query {
  if (query.key !== key) {
    return { ...query, key, descending: key === 'size' };
  }
  const second = key === 'size' ? !query.descending : query.descending;
  return second ? { ...query, key: null, descending: false } : { ...query, descending: !query.descending };
}
