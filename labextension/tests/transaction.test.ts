// The component: what it shows of a view, and what it asks for.

import assert from 'node:assert/strict';
import test, { mock } from 'node:test';

import { CHIPS, LINES, names, packed, pressed, shown } from './page';

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
