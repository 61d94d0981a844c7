// Outputs that outlive their kernel: the widget while its model is there, the saved html otherwise.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';
import { Panel, Widget } from '@lumino/widgets';

import { LOST } from './components/lost';

const LASTING = 'application/vnd.jupyter-resources.lasting+json';
const WIDGET = 'application/vnd.jupyter.widget-view+json';
/** Before the widget's own renderer (-10), which says "model not found" where the kernel is gone. */
const RANK = -20;

/** States of a session after which its kernel knows nothing of what it knew. */
const ENDS: readonly string[] = ['terminating', 'restarting', 'autorestarting', 'dead'];

/** What we use of a notebook. */
interface Notebook extends Widget {
  content?: { rendermime?: Renderers };
  sessionContext?: {
    statusChanged: Told<string>;
    kernelChanged: Told<{ oldValue: unknown }>;
  };
}

interface Told<T> {
  connect: (slot: (sender: unknown, value: T) => void) => boolean;
}

/** What we use of a notebook's registry of renderers. */
interface Renderers {
  addFactory: (factory: IRenderMime.IRendererFactory, rank?: number) => void;
  removeMimeType: (mimeType: string) => void;
  createRenderer: (mimeType: string) => IRenderMime.IRenderer;
  getFactory: (mimeType: string) => IRenderMime.IRendererFactory | undefined;
}

/** Shows the html until the widget is really there. */
class Lasting extends Panel implements IRenderMime.IRenderer {
  private html: Widget | null = null;
  private live: Widget | null = null;
  private shown: unknown = null;
  private observer: MutationObserver | null = null;

  constructor(
    private readonly renderers: Renderers,
    private readonly all: Set<Lasting>
  ) {
    super();
    all.add(this);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const made = this.renderers.createRenderer('text/html');
    await made.renderModel(model);
    this.html?.dispose();
    this.html = made as Widget;
    // As where html is all there is: Lab's own style sheet puts tables to the left only there.
    this.html.addClass('jp-OutputArea-output');
    this.addWidget(this.html);
    const view = model.data[WIDGET] as { model_id?: string } | undefined;
    // A widget shows by itself what is new: drawn again it would lose the focus, and what is read aloud.
    if (this.renderers.getFactory(WIDGET) && (this.live === null || view?.model_id !== this.shown)) {
      this.shown = view?.model_id;
      this.draw(model);
    }
    this.choose();
  }

  /** Tell the widget, which asks its kernel nothing by itself, that there is none to be asked. */
  lost(): void {
    this.live?.node.querySelector('.jtr-transaction')?.dispatchEvent(new Event(LOST));
  }

  override dispose(): void {
    this.all.delete(this);
    this.observer?.disconnect();
    super.dispose();
  }

  private draw(model: IRenderMime.IMimeModel): void {
    this.observer?.disconnect();
    this.live?.dispose();
    const live = this.renderers.createRenderer(WIDGET);
    this.live = live as Widget;
    this.observer = new MutationObserver(() => this.choose());
    this.observer.observe(live.node, { childList: true });
    this.insertWidget(0, this.live);
    void live.renderModel(model).finally(() => this.choose());
  }

  /** Until its view is there, the widget's renderer holds words only. */
  private choose(): void {
    const there = this.live !== null && this.live.node.firstElementChild !== null;
    this.live?.setHidden(!there);
    this.html?.setHidden(there);
  }
}

/** Teaches each notebook's own registry. */
const extension: DocumentRegistry.WidgetExtension = {
  createNew(panel: Notebook): IDisposable {
    const renderers = panel.content?.rendermime;
    const all = new Set<Lasting>();
    renderers?.addFactory(
      { safe: false, mimeTypes: [LASTING], createRenderer: () => new Lasting(renderers, all) },
      RANK
    );
    // Not looked for in the page: a cell that is scrolled away may not be in it.
    const lost = (): void => all.forEach(each => each.lost());
    panel.sessionContext?.statusChanged.connect((_, status) => ENDS.includes(status) && lost());
    panel.sessionContext?.kernelChanged.connect((_, { oldValue }) => oldValue && lost());
    return new DisposableDelegate(() => renderers?.removeMimeType(LASTING));
  }
};

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-resources:lasting',
  description: 'Shows the saved html of a summary whose kernel is gone.',
  autoStart: true,
  activate: (app: JupyterFrontEnd): void => {
    app.docRegistry.addWidgetExtension('Notebook', extension);
  }
};

export default plugin;
