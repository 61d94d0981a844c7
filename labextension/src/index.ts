// The JupyterLab plugins; here: command-palette entries that start a transfer line in the open notebook.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { DocumentWidget } from '@jupyterlab/docregistry';

import lasting from './lasting';

const LOAD = '%load_ext jupyter_resources';
const CATEGORY = 'Resources';
const PALETTE_CLOSES_MS = 100;

/** A palette entry and the magic line it starts; the cursor ends after `line`, where the path goes. */
interface Starter {
  id: string;
  label: string;
  caption: string;
  line: string;
}

const STARTERS: readonly Starter[] = [
  {
    id: 'jupyter-resources:start-push',
    label: 'Push Files to a Bucket…',
    caption: 'Insert a cell with %push below the active one; type the path and run it',
    line: '%push '
  },
  {
    id: 'jupyter-resources:start-pull',
    label: 'Pull Files from a Bucket…',
    caption: 'Insert a cell with %pull below the active one; type the path and run it',
    line: '%pull '
  },
  {
    id: 'jupyter-resources:start-buckets',
    label: 'List Buckets',
    caption: 'Insert a cell with %buckets list below the active one; run it',
    line: '%buckets list'
  }
];

/** The text of a new cell: loads the magics first, unless the notebook already does so somewhere. */
function cellText(app: JupyterFrontEnd, line: string): string {
  const current = app.shell.currentWidget;
  const loaded = current instanceof DocumentWidget && current.context.model.toString().includes(LOAD);
  return loaded ? line : `${LOAD}\n${line}`;
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-resources:starters',
  description: 'Palette entries that start a push or pull line in the open notebook.',
  autoStart: true,
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, palette: ICommandPalette | null): void => {
    const { commands } = app;
    for (const { id, label, caption, line } of STARTERS) {
      commands.addCommand(id, {
        label,
        caption,
        // The notebook's own commands do the work, so this bundle needs none of the notebook's packages.
        isEnabled: () =>
          commands.hasCommand('notebook:insert-cell-below') && commands.isEnabled('notebook:insert-cell-below'),
        execute: async () => {
          const text = cellText(app, line);
          await commands.execute('notebook:insert-cell-below');
          // The palette gives the focus back when it closes, a moment after it started us: without this pause the
          // new cell would lose it again, and the next keys typed would be taken as notebook shortcuts.
          await new Promise(resolve => setTimeout(resolve, PALETTE_CLOSES_MS));
          await commands.execute('notebook:enter-edit-mode');
          await commands.execute('notebook:replace-selection', { text });
        }
      });
      palette?.addItem({ command: id, category: CATEGORY });
    }
  }
};

export default [plugin, lasting];
