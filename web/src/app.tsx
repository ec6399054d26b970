// Routes, keys and the dialogs that any page can open.
import { useEffect, useState } from 'preact/hooks';
import { Route, Switch } from 'wouter-preact';
import { getJson, tokenNeeded } from './api/client';
import type { Status } from './api/types';
import { topicName } from './lib/topics';
import { useResource } from './state/resource';
import { embed, followTask, go, href, live, panBy, path, pause, resume, setParams, status, task, wall, zoomBy } from './state/view';
import { shortcuts, toggleTheme } from './state/prefs';
import { PulsePage } from './pages/pulse';
import { PostsPage } from './pages/posts';
import { TaskPage } from './pages/task';
import { Shell, TokenForm } from './ui/shell';
import { Help } from './ui/help';
import { TasksDialog } from './ui/tasks';
import { TagPage, TopicPage } from './pages/subject';
import { TrendsPage } from './pages/trends';
import { LogPage } from './pages/log';
import { SqlPage } from './pages/sql';
import { TryPage } from './pages/try';
import { HealthPage } from './pages/health';
import { WallPage } from './pages/wall';
import { EmbedPage } from './pages/embed';

const kGo: Record<string, string> = { p: '/', r: '/trends', o: '/posts', l: '/log', s: '/sql', t: '/try', h: '/health' };
const kTitles: Record<string, string> = { '/': 'Pulse', '/trends': 'Trends', '/posts': 'Posts', '/log': 'Log', '/sql': 'SQL', '/try': 'Try', '/health': 'Health' };

/// The router leaves %26 as it is, and topics have an ampersand.
const topicOf = (place: string): string => safeDecode(place.slice('/topic/'.length));
const safeDecode = (text: string): string => { try { return decodeURIComponent(text); } catch { return text; } };

/// Plain clicks on links within the dashboard change the page without loading it again.
function onClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const anchor = (event.target as Element | null)?.closest?.('a[href]') as HTMLAnchorElement | null;
  if (!anchor || anchor.target || anchor.hasAttribute('download') || anchor.origin !== location.origin) return;
  if (anchor.pathname.startsWith('/api/') || anchor.pathname === '/openapi.json' || anchor.pathname === '/metrics') return;
  event.preventDefault();
  const same = anchor.pathname === location.pathname;
  go(anchor.pathname + anchor.search);
  if (!same) {
    scrollTo(0, 0);
    document.getElementById('main')?.focus({ preventScroll: true });
  }
}

export function App() {
  const [help, setHelp] = useState(false);
  const openTasks = () => setParams({ tasks: 1 });

  useEffect(() => {
    document.addEventListener('click', onClick);
    return () => document.removeEventListener('click', onClick);
  }, []);
  const info = useResource<Status>('status', (abort) => getJson('/api/v1/status', {}, abort), { everyMs: 10_000, always: true });
  useEffect(() => { if (info.data) status.value = info.data; }, [info.data]);
  useEffect(() => followTask(), [task.value]);
  useEffect(() => {
    const topic = path.value.startsWith('/topic/');
    const place = kTitles[path.value] ?? (path.value.startsWith('/task/') ? task.value : topic ? topicName(topicOf(path.value)) : safeDecode(path.value.slice(5)));
    document.title = `${path.value.startsWith('/tag/') ? '#' : ''}${place} · heartbeat`;
    document.body.classList.toggle('is-embed', embed.value);
    document.body.classList.toggle('is-wall', wall.value);
  });

  useEffect(() => {
    let pending = 0;
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || target.closest('dialog[open]')) return;
      if (event.key === 'Escape' && target.matches('input,textarea,select')) { target.blur(); return; }
      if (target.matches('input,textarea,select,[contenteditable]') || shortcuts.value === 'off') return;
      if (event.key === ' ' && target.matches('button,a,summary,[role=button]')) return;
      if (performance.now() - pending < 1500 && kGo[event.key]) { pending = 0; go(href(kGo[event.key]!)); scrollTo(0, 0); event.preventDefault(); return; }
      switch (event.key) {
        case 'g': pending = performance.now(); return;
        case ' ': if (live.value) pause(); else resume(); break;
        case '?': setHelp(true); break;
        case '/': if (path.value !== '/posts') go(href('/posts')); setTimeout(() => document.getElementById('search')?.focus(), 30); break;
        case 't': document.getElementById('task-choice')?.focus(); break;
        case 'd': toggleTheme(); break;
        case '[': panBy(-0.5); break;
        case ']': panBy(0.5); break;
        case '+': case '=': zoomBy(0.5); break;
        case '-': zoomBy(2); break;
        case 'm': openTasks(); break;
        default: return;
      }
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  const pages = (
    <Switch>
      <Route path="/" component={PulsePage} />
      <Route path="/posts" component={PostsPage} />
      <Route path="/task/*">{(p: { '*': string }) => <TaskPage tag={p['*']} key={p['*']} />}</Route>
      <Route path="/tag/*">{(p: { '*': string }) => <TagPage tag={p['*']} key={p['*']} />}</Route>
      <Route path="/topic/*">{() => <TopicPage topic={topicOf(path.value)} key={path.value} />}</Route>
      <Route path="/trends" component={TrendsPage} />
      <Route path="/log" component={LogPage} />
      <Route path="/sql" component={SqlPage} />
      <Route path="/try" component={TryPage} />
      <Route path="/health" component={HealthPage} />
      <Route><NotFound /></Route>
    </Switch>
  );
  return (
    <>
      {tokenNeeded.value && (embed.value || wall.value) ? <TokenForm /> : embed.value ? <EmbedPage /> : wall.value ? <WallPage /> : <Shell openTasks={openTasks} openHelp={() => setHelp(true)}>{pages}</Shell>}
      {!embed.value && !wall.value && <TasksDialog />}
      {help && <Help close={() => setHelp(false)} />}
    </>
  );
}

function NotFound() {
  return (
    <main id="main" class="page narrow" tabIndex={-1}>
      <div class="state"><h1>There is no such page</h1><p>The address may be mistyped. Begin at <a href={href('/')}>Pulse</a>, or look for <a href={href('/posts')}>posts</a>.</p></div>
    </main>
  );
}
