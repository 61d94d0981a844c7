// The transaction summary as an anywidget: the host is a kernel, behind synced state and custom messages.

import type { RenderProps } from '@anywidget/types';

import { nothingYet, Transaction, type Memory } from '../components/transaction';
import type { ProgressMessage, RowsMessage, TransactionRequest, TransactionView } from '../generated/api';

interface State {
  view: TransactionView;
  progress: Partial<ProgressMessage>;
  first: DataView;
}

/** One view; `memory` is what the model's views share. */
function render({ model, el }: RenderProps<State>, memory: Memory): () => void {
  const ask = (request: TransactionRequest): void => {
    try {
      model.send(request);
    } catch {
      // Not at once: it may be asked for while a view is made, which isn't there yet.
      queueMicrotask(() => shown.lost());
    }
  };
  const host = {
    view: () => model.get('view'),
    progress: () => model.get('progress'),
    first: () => model.get('first'),
    ask
  };
  const shown = new Transaction(el, host, memory);
  const changed = (): void => shown.changed();
  const progressed = (): void => shown.progressed();
  const arrived = (message: RowsMessage, buffers: DataView[]): void => {
    const [block] = buffers;
    if (message.kind === 'rows' && block) {
      shown.arrived(message, block);
    }
  };
  model.on('change:view', changed);
  model.on('change:progress', progressed);
  model.on('msg:custom', arrived);
  return () => {
    model.off('change:view', changed);
    model.off('change:progress', progressed);
    model.off('msg:custom', arrived);
  };
}

/**
 * What anywidget calls once for each model. The memory outlives a view: a display is drawn anew when its saved html becomes
 * the result, and the new view goes on where the old one was.
 */
export default () => {
  const memory = nothingYet();
  return { render: (props: RenderProps<State>) => render(props, memory) };
};
