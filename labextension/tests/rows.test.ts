// Columns, their order, and the arithmetic of a scrolled frame.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Columns } from '../src/components/columns';
import { frame, height, MOST_PIXELS, reveal, ROW_PIXELS } from '../src/components/frame';
import { EVERYTHING, select, turned, type Query } from '../src/components/order';
import { size } from '../src/components/words';
import { LINES, packed } from './page';

function columns(): Columns {
  const made = new Columns();
  made.append(packed(LINES));
  return made;
}

function chosen(query: Partial<Query>): string[] {
  const all = columns();
  return [...select(all, { ...EVERYTHING, ...query })].map(index => all.row(index).name);
}

test('a block comes out as it went in, wherever it begins', () => {
  const all = columns();
  all.append(packed([{ name: 'ünï·код', reason: 'why' }]));
  assert.deepEqual(all.row(0), { name: 'b.csv', state: 1, size: 5, reason: 'target differs' });
  assert.deepEqual(all.row(4), { name: 'ünï·код', state: 0, size: -1, reason: 'why' });
  assert.throws(() => all.append(new DataView(packed(LINES).buffer, 1, 20)), RangeError);
});

test('words, states and columns choose and order', () => {
  assert.deepEqual(chosen({ text: 'TXT two' }), ['a/Two.txt']);
  assert.deepEqual(chosen({ text: 'differs' }), ['b.csv']);
  assert.deepEqual(chosen({ states: new Set([6]), key: 'size', descending: true }), [
    'a/Two.txt',
    'a/one.txt',
    '<img src=x onerror=alert(1)>'
  ]);
  assert.deepEqual(chosen({ key: 'state', descending: true })[3], 'b.csv');
  assert.deepEqual(chosen({ key: 'name' })[1], 'a/Two.txt');
  assert.deepEqual(chosen({ text: 'nothing has this' }), []);
});

test('a third click takes the order back', () => {
  for (const key of ['name', 'size'] as const) {
    const first = turned(EVERYTHING, key);
    const third = turned(turned(first, key), key);
    assert.equal(first.key, key);
    assert.notEqual(turned(first, key).descending, first.descending);
    assert.equal(third.key, null);
  }
});

test('a frame holds what is seen and little more, up to the last of a million rows', () => {
  for (const rows of [1, 12, 50_000, 1_000_000]) {
    const end = height(rows);
    assert.ok(end <= MOST_PIXELS);
    for (const at of [0, end / 3, end]) {
      const found = frame(rows, at, 336);
      assert.ok(found.end - found.start <= 40 && found.start >= 0 && found.end <= rows);
    }
    assert.equal(frame(rows, 0, 336).start, 0);
    assert.equal(frame(rows, end, 336).end, rows);
  }
});

test('a row is revealed by the shortest way', () => {
  assert.equal(reveal(3, 50_000, 0, 336), 0);
  assert.equal(reveal(12, 50_000, 0, 336), ROW_PIXELS);
  const last = reveal(999_999, 1_000_000, 0, 336);
  assert.equal(frame(1_000_000, last, 336).end, 1_000_000);
});

test('sizes read as they do in Python', () => {
  const expected: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1234, '1.2 kB'],
    [999_960, '1.0 MB'],
    [123_456_789, '123 MB']
  ];
  for (const [bytes, words] of expected) {
    assert.equal(size(bytes), words);
  }
});
