import { shortcuts } from '../state/prefs';
import { Dialog } from './dialog';

const kKeys: [string, [string, string][]][] = [
  ['Anywhere', [['space', 'pause, and follow now again'], ['g then p r o l s t h', 'Pulse, Trends, Posts, Log, SQL, Try, Health'], ['t', 'choose a task'], ['m', 'manage tasks'], ['/', 'search posts'], ['d', 'light or dark'], ['?', 'this list'], ['Esc', 'leave a field, close']]],
  ['Time', [['[ and ]', 'earlier, later by half the span'], ['+ and −', 'zoom in, out'], ['Back', 'the range before (browser)']]],
  ['In a chart', [['← →', 'walk from window to window'], ['Page Up, Page Down, Home, End', 'walk faster'], ['Enter', 'the posts of this window'], ['Shift + ← →', 'mark a span; Enter zooms into it'], ['drag', 'zoom with the mouse']]],
  ['Posts', [['j and k', 'next, previous post'], ['Enter', 'details of the post']]],
  ['SQL', [['Ctrl + Enter', 'run the query']]],
  ['Wall', [['← →', 'previous, next picture'], ['space', 'hold this picture']]],
];

export function Help({ close }: { close: () => void }) {
  return (
    <Dialog title="Keys" close={close} wide>
      <div class="keys">
        {kKeys.map(([group, rows]) => (
          <section key={group}><h3>{group}</h3><dl>{rows.map(([key, what]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div>)}</dl></section>
        ))}
      </div>
      <label class="check"><input type="checkbox" checked={shortcuts.value === 'on'} onChange={(e) => { shortcuts.value = e.currentTarget.checked ? 'on' : 'off'; }} /> Single keys act anywhere on the page</label>
    </Dialog>
  );
}
