// Outputs that outlive their kernel: the widget while its model is there, the saved html otherwise.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';
import { Panel, Widget } from '@lumino/widgets';

const LASTING = 'application/vnd.jupyter-resources.lasting+json';
const WIDGET = 'application/vnd.jupyter.widget-view+json';
/** Before the widget's own renderer (-10), which says "model not found" where the kernel is gone. */
const RANK = -20;

/** What we use of a notebook's registry of renderers. */
interface Renderers {
  addFactory: (factory: IRenderMime.IRendererFactory, rank?: number) => void;
  removeMimeType: (mimeType: string) => void;
  createRenderer: (mimeType: string) => IRenderMime.IRenderer;
  getFactory: (mimeType: string) => IRenderMime.IRendererFactory | undefined;
}

/** Shows the html until the widget is really there. */
class Lasting extends Panel implements IRenderMime.IRenderer {
  private observer: MutationObserver | null = null;

  constructor(private readonly renderers: Renderers) {
    super();
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const before = [...this.widgets];
    const html = this.renderers.createRenderer('text/html');
    await html.renderModel(model);
    this.observer?.disconnect();
    if (this.renderers.getFactory(WIDGET)) {
      const live = this.renderers.createRenderer(WIDGET);
      // Until its view is there, the widget's renderer holds words only.
      const choose = (): void => {
        const there = live.node.firstElementChild !== null;
        live.setHidden(!there);
        html.setHidden(there);
      };
      this.observer = new MutationObserver(choose);
      this.observer.observe(live.node, { childList: true });
      this.addWidget(live as Widget);
      choose();
      void live.renderModel(model).finally(choose);
    }
    this.addWidget(html as Widget);
    before.forEach(widget => widget.dispose());
  }

  override dispose(): void {
    this.observer?.disconnect();
    super.dispose();
  }
}

/** Teaches each notebook's own registry. */
const extension: DocumentRegistry.WidgetExtension = {
  createNew(panel: Widget): IDisposable {
    const renderers = (panel as Widget & { content?: { rendermime?: Renderers } }).content?.rendermime;
    renderers?.addFactory(
      { safe: false, mimeTypes: [LASTING], createRenderer: () => new Lasting(renderers) },
      RANK
    );
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
