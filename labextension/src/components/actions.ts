// The buttons below a plan: apply, force, cancel; what can't be taken back is asked once more, in place.

import type { TransactionView } from '../generated/api';
import { button, make, say } from './dom';

/** What a button asks for. */
export type Wish = 'apply' | 'force' | 'cancel';

/** The buttons in `parent`; `ask` is told what was pressed, and confirmed where there is a question. */
export class Actions {
  readonly node: HTMLElement;
  private readonly question: HTMLElement;
  private readonly buttons: Record<Wish | 'yes' | 'no', HTMLButtonElement>;
  private asking: Wish | null = null;
  private view: TransactionView | null = null;

  constructor(
    parent: Node,
    private readonly ask: (wish: Wish) => void
  ) {
    this.node = make(parent, 'div', { class: 'jtr-actions' });
    this.question = make(this.node, 'span', { class: 'jtr-question', attributes: { role: 'alert' } });
    this.buttons = {
      yes: button(this.node, 'Yes', 'jtr-button jtr-danger', () => this.answer(true)),
      no: button(this.node, 'No', 'jtr-button', () => this.answer(false)),
      apply: button(this.node, 'Apply', 'jtr-button jtr-primary', () => this.press('apply')),
      force: button(this.node, 'Force…', 'jtr-button jtr-danger', () => this.press('force')),
      cancel: button(this.node, 'Cancel', 'jtr-button', () => this.press('cancel'))
    };
  }

  /** The button that stops, while there is something to stop. */
  get cancel(): HTMLButtonElement | null {
    return this.buttons.cancel.hidden ? null : this.buttons.cancel;
  }

  /** What `view` allows. */
  draw(view: TransactionView): void {
    if (view.phase !== 'planned' || view.version !== this.view?.version) {
      this.asking = null;
    }
    this.view = view;
    const { yes, no, apply, force, cancel } = this.buttons;
    const asks = this.asking !== null;
    say(this.question, asks ? this.words(view) : '');
    yes.hidden = no.hidden = !asks;
    say(yes, `Yes, ${this.words(view).replace(/\?$/, '').toLowerCase()}`);
    apply.hidden = !view.can_apply || asks;
    say(apply, view.apply_question ? 'Apply…' : 'Apply');
    force.hidden = !view.can_force || asks;
    cancel.hidden = view.phase !== 'running' && view.phase !== 'stopping';
    // Not `disabled`: it would lose the focus.
    cancel.setAttribute('aria-disabled', String(view.phase === 'stopping'));
    say(cancel, view.phase === 'stopping' ? 'Stopping…' : 'Cancel');
    this.node.hidden = [yes, no, apply, force, cancel].every(each => each.hidden);
  }

  private words(view: TransactionView): string {
    return this.asking === 'force' ? view.force_question : view.apply_question;
  }

  private press(wish: Wish): void {
    const view = this.view;
    if (!view || view.phase === 'stopping') {
      return;
    }
    const question = wish === 'force' ? view.force_question : wish === 'apply' ? view.apply_question : '';
    if (!question) {
      this.ask(wish);
      return;
    }
    this.asking = wish;
    this.draw(view);
    // Not on "yes": whoever pressed Enter twice has not answered.
    this.buttons.no.focus();
  }

  private answer(yes: boolean): void {
    const wish = this.asking;
    this.asking = null;
    if (this.view) {
      this.draw(this.view);
    }
    if (yes && wish) {
      // The pressed button is gone; what was asked for goes on in the whole.
      this.node.closest('.jtr-transaction')?.querySelector<HTMLElement>('.jtr-headline')?.focus({ preventScroll: true });
      this.ask(wish);
    } else if (wish) {
      this.buttons[wish].focus();
    }
  }
}
