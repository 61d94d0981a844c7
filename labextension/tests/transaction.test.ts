// The component: what it shows of a view, and what it asks for.

import assert from 'node:assert/strict';
import test, { mock } from 'node:test';

import { PATIENCE_MS } from '../src/components/actions';
import { LOST } from '../src/components/lost';
import { CHIPS, LINES, names, packed, pressed, shown, words } from './page';

/** More than are looked at without anybody scrolling. */
const MANY = LINES.flatMap(line => Array.from({ length: 10 }, () => line));
const DONE = [{ state: 6, label: '+ new', tone: 'gain', files: 8, bytes: 3000 }] as const;

test('it shows headline, counts and files, as text whatever they hold', () => {
  const { node } = shown({ headline: '<b>Would</b>' });
  assert.equal(node.querySelector('.jtr-headline')?.textContent, '<b>Would</b>');
  assert.equal(node.querySelector('.jtr-headline b'), null);
  assert.equal(node.querySelector('img'), null);
  assert.deepEqual(names(node), LINES.map(line => line.name));
  assert.equal(node.querySelector('[role=table]')?.getAttribute('aria-rowcount'), '5');
});

test('chips and the text field filter, headers sort', () => {
  const { node } = shown();
  const chip = pressed(node, 'conflict');
  assert.equal(chip.getAttribute('aria-pressed'), 'true');
  assert.deepEqual(names(node), ['b.csv']);
  pressed(node, 'conflict');
  pressed(node, 'Size');
  assert.equal(names(node)[0], 'a/Two.txt');
  assert.equal(node.querySelector('[aria-sort=descending]')?.textContent, 'Size');
  const field = node.querySelector('input') as HTMLInputElement;
  field.value = 'two';
  field.dispatchEvent(new Event('input'));
  assert.deepEqual(names(node), ['a/Two.txt']);
  assert.equal(node.querySelector('.jtr-found')?.textContent, '1 of 4 files');
});

test('rows come a block after the other, each asked for once; late ones of an older version are thrown away', () => {
  const { component, host, asked, node } = shown({ rows: 8 });
  pressed(node, 'Size');
  pressed(node, 'Size');
  pressed(node, 'Size');
  assert.deepEqual(asked, [{ kind: 'rows', version: 1, start: 4 }]);
  component.arrived({ kind: 'rows', version: 0, start: 4 }, packed(LINES));
  component.arrived({ kind: 'rows', version: 1, start: 0 }, packed(LINES));
  assert.equal(names(node).filter(name => name !== '…').length, 4);
  component.arrived({ kind: 'rows', version: 1, start: 4 }, packed(LINES));
  assert.equal(names(node).length, 8);
  assert.equal(asked.length, 1);
  host.current = { ...host.current, version: 2, rows: 4 };
  component.changed();
  assert.equal(names(node).length, 4);
});

test('a result is shown under the same filter and order, once all of it is there', () => {
  const { component, host, asked, node } = shown({ rows: 80 }, MANY);
  pressed(node, 'conflict');
  pressed(node, 'new');
  pressed(node, 'Size');
  const field = node.querySelector('input') as HTMLInputElement;
  field.value = 'e';
  field.dispatchEvent(new Event('input'));
  assert.equal(words(node, '.jtr-found'), '30 of 80 files, loading…');
  component.arrived({ kind: 'rows', version: 1, start: 40 }, packed(MANY));
  assert.equal(words(node, '.jtr-found'), '60 of 80 files');
  host.current = { ...host.current, version: 2, phase: 'done', can_apply: false, chips: [...DONE] };
  component.changed();
  assert.deepEqual(asked.slice(1), [{ kind: 'rows', version: 2, start: 40 }], 'nobody needs to touch it');
  component.arrived({ kind: 'rows', version: 2, start: 40 }, packed(MANY));
  assert.equal(words(node, '.jtr-found'), '40 of 80 files', 'the chip that is gone is no longer picked');
  assert.equal(names(node)[0], 'a/one.txt', 'the largest that is named so');
  assert.equal(asked.length, 2);
});

test('50,000 rows are at most 200 elements in the page', () => {
  const many = Array.from({ length: 50_000 }, (_, at) => ({ name: `f${at}`, state: 6, size: at }));
  const { node } = shown({ rows: many.length }, many);
  assert.ok(node.querySelectorAll('[role=row]').length <= 200);
  pressed(node, 'Size');
  assert.equal(names(node)[0], 'f49999');
});

test('what nothing is lost by is done at once; what loses something is asked first', () => {
  const plain = shown();
  pressed(plain.node, 'Apply');
  assert.deepEqual(plain.asked, [{ kind: 'apply' }]);

  const { node, asked } = shown({ can_apply: false, can_force: true, force_question: 'Overwrite 3 files?' });
  pressed(node, 'Force');
  assert.equal(node.querySelector('.jtr-question')?.textContent, 'Overwrite 3 files?');
  assert.equal(document.activeElement?.textContent, 'No');
  pressed(node, 'No');
  assert.deepEqual(asked, []);
  assert.equal(document.activeElement?.textContent, 'Force…');
  pressed(node, 'Force');
  pressed(node, 'Yes, overwrite 3 files');
  assert.deepEqual(asked, [{ kind: 'force' }]);
});

test('what Apply loses is asked too; a question about other files is no question any more', () => {
  const { component, host, asked, node } = shown({ apply_question: 'Delete 1 file?' });
  pressed(node, 'Apply…');
  assert.deepEqual(asked, []);
  assert.equal(words(node, '.jtr-question'), 'Delete 1 file?');
  host.current = { ...host.current, version: 2 };
  component.changed();
  assert.equal(words(node, '.jtr-question'), '');
  assert.throws(() => pressed(node, 'Yes'));
});

test('while it runs there is progress and Cancel; afterwards neither', () => {
  const { component, host, asked, node } = shown();
  pressed(node, 'Apply').focus();
  host.current = { ...host.current, phase: 'running', can_apply: false };
  component.changed();
  assert.equal(document.activeElement?.textContent, 'Cancel');
  assert.equal(node.querySelector('.jtr-words')?.textContent, 'Pushing · 1 of 4 files');
  assert.equal(node.querySelector('progress')?.value, 0.25);
  pressed(node, 'Cancel');
  assert.deepEqual(asked, [{ kind: 'apply' }, { kind: 'cancel' }]);
  host.current = { ...host.current, phase: 'done', headline: 'Pushed 4 files' };
  component.changed();
  assert.equal(node.querySelector<HTMLElement>('.jtr-actions')?.hidden, true);
  assert.equal(node.querySelector<HTMLElement>('.jtr-bar')?.hidden, true);
  assert.equal(node.querySelector('[role=status]')?.textContent, 'Pushed 4 files');
  assert.equal(document.activeElement?.textContent, 'Pushed 4 files');
});

test('a refusal says so and offers nothing', () => {
  const view = { phase: 'done', problem: 'changed since', hint: 'look again', can_apply: false } as const;
  const { node } = shown(view);
  assert.equal(node.querySelector('[role=alert].jtr-problem')?.textContent, 'changed since → look again');
  assert.equal(node.querySelector<HTMLElement>('.jtr-actions')?.hidden, true);
});

test('without a problem there is no place for one; chips say files and bytes', () => {
  const { node } = shown();
  assert.equal(node.querySelector<HTMLElement>('.jtr-problem')?.hidden, true);
  const chips = [...node.querySelectorAll('.jtr-chip')].map(chip => [...chip.children].map(each => each.textContent));
  assert.deepEqual(chips, [
    ['! conflict', '1', '5 B'],
    ['+ new', '3', '3.0 kB']
  ]);
});

test('chips come and go where they belong', () => {
  const { component, host, node } = shown();
  const chip = (state: number, label: string) => ({ ...DONE[0], state, label });
  const first = [chip(6, 'new'), chip(9, 'skipped')];
  for (const chips of [first, [chip(4, 'deleted'), chip(6, 'new'), chip(7, 'changed')]]) {
    host.current = { ...host.current, chips };
    component.changed();
    const labels = [...node.querySelectorAll('.jtr-chip-label')].map(each => each.textContent);
    assert.deepEqual(labels, chips.map(each => each.label));
  }
});

test('progress is said now and then, its beginning at once', () => {
  mock.timers.enable({ apis: ['Date'] });
  try {
    const { component, host, node } = shown({ phase: 'running', can_apply: false });
    const said: string[] = [];
    for (const seconds of [0, 1, 3, 5]) {
      host.words = { words: ['Pushing', `${seconds} of 9 files`], fraction: 0.5 };
      mock.timers.setTime(1000 * seconds);
      component.progressed();
      said.push(words(node, '[role=status].jtr-status'));
    }
    const first = 'Pushing, 1 of 4 files';
    assert.deepEqual(said, [first, first, first, 'Pushing, 5 of 9 files']);
  } finally {
    mock.timers.reset();
  }
});

test('a kernel that does not answer is waited for, and asked once', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { component, host, asked, node } = shown();
    const apply = pressed(node, 'Apply');
    apply.focus();
    mock.timers.tick(PATIENCE_MS - 1);
    assert.equal(words(node, '.jtr-waiting'), '');
    mock.timers.tick(1);
    assert.equal(words(node, '.jtr-waiting'), 'Waiting for the kernel…');
    assert.equal(words(node, '[role=status]'), 'Waiting for the kernel…');
    assert.equal(apply.getAttribute('aria-disabled'), 'true');
    pressed(node, 'Apply');
    assert.deepEqual(asked, [{ kind: 'apply' }]);
    host.current = { ...host.current, phase: 'running', can_apply: false };
    component.changed();
    assert.equal(words(node, '.jtr-waiting'), '');
    pressed(node, 'Cancel');
    component.changed();
    mock.timers.tick(PATIENCE_MS);
    assert.equal(words(node, '.jtr-waiting'), '', 'it answered in time');
    pressed(node, 'Cancel');
    component.progressed();
    mock.timers.tick(PATIENCE_MS);
    assert.equal(words(node, '.jtr-waiting'), 'Waiting for the kernel…', 'progress is no answer to Cancel');
  } finally {
    mock.timers.reset();
  }
});

test('of a kernel that is gone it says so, shows what it has, and offers nothing', () => {
  for (const [phase, wish] of [['planned', 'apply'], ['running', 'cancel']] as const) {
    const { asked, node, memory } = shown({ rows: 99, phase }, MANY);
    pressed(node, wish === 'apply' ? 'Apply' : 'Cancel');
    node.dispatchEvent(new Event(LOST));
    assert.equal(words(node, '.jtr-problem'), 'The kernel is gone → run the cell again');
    assert.equal(words(node, '.jtr-waiting'), '');
    assert.equal(node.querySelector<HTMLElement>('.jtr-actions')?.hidden, true);
    assert.equal(node.querySelector<HTMLElement>('.jtr-bar')?.hidden, true);
    assert.equal(node.querySelector('[role=table]')?.getAttribute('aria-rowcount'), '41');
    assert.equal(words(node, '.jtr-found'), '40 of 99 files, the others went with the kernel');
    pressed(node, 'Size');
    assert.deepEqual(asked, [{ kind: wish }], 'nobody is there to be asked');
    const again = shown({ rows: 99, phase }, MANY, memory);
    assert.equal(words(again.node, '.jtr-problem'), 'The kernel is gone → run the cell again');
  }
});

test('a result outlives its kernel', () => {
  const { node } = shown({ phase: 'done', headline: 'Pushed 4 files', can_apply: false });
  node.dispatchEvent(new Event(LOST));
  assert.equal(words(node, '.jtr-problem'), '');
  assert.equal(words(node, '.jtr-found'), '');
});

test('plain keys stay here, those with Ctrl or ⌘ go on to the notebook', () => {
  const { node } = shown();
  const heard: string[] = [];
  document.body.addEventListener('keydown', event => heard.push(event.key));
  const row = node.querySelector('.jtr-list > .jtr-row') as HTMLElement;
  const keys = [{ key: 'd' }, { key: 'A', shiftKey: true }, { key: 's', ctrlKey: true }, { key: 'p', metaKey: true }];
  for (const key of keys) {
    row.dispatchEvent(new KeyboardEvent('keydown', { ...key, bubbles: true }));
  }
  assert.deepEqual(heard, ['s', 'p']);
});

test('arrow keys walk through the rows', () => {
  const { node } = shown();
  const frame = node.querySelector('.jtr-frame') as HTMLElement;
  for (const key of ['ArrowDown', 'ArrowDown', 'End', 'ArrowUp']) {
    frame.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  }
  assert.equal(document.activeElement?.querySelector('.jtr-name')?.textContent, 'a/Two.txt');
});

test('a view made anew goes on where the last one was', () => {
  const first = shown();
  pressed(first.node, 'conflict');
  const again = shown({ chips: CHIPS }, LINES, first.memory);
  assert.deepEqual(names(again.node), ['b.csv']);
  assert.deepEqual(again.asked, []);
});

test('a view made anew takes the focus that the last one had', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const first = shown();
    (first.node.querySelector('.jtr-search') as HTMLElement).focus();
    first.node.remove();
    const again = shown({ phase: 'done', headline: 'Pushed 4 files' }, LINES, first.memory);
    mock.timers.tick(1000);
    assert.equal(document.activeElement, again.node.querySelector('.jtr-search'), 'whoever types goes on typing');
    pressed(again.node, 'conflict').focus();
    again.node.remove();
    const last = shown({ phase: 'running' }, LINES, again.memory);
    mock.timers.tick(1000);
    assert.equal(document.activeElement?.textContent, 'Cancel');
    last.node.remove();
    const other = shown();
    mock.timers.tick(1000);
    assert.equal(other.node.contains(document.activeElement), false, 'another summary takes nothing');
  } finally {
    mock.timers.reset();
  }
});

test('Cancel keeps the focus, and is pressed once', () => {
  const { component, host, asked, node } = shown({ phase: 'running', can_apply: false });
  const cancel = pressed(node, 'Cancel');
  cancel.focus();
  host.current = { ...host.current, phase: 'stopping' };
  component.changed();
  assert.equal(document.activeElement, cancel);
  assert.equal(pressed(node, 'Stopping…').getAttribute('aria-disabled'), 'true');
  assert.deepEqual(asked, [{ kind: 'cancel' }]);
});
