// Tasks: added, changed and removed here; the rule is explained while it is typed.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ApiError, getJson, sendJson } from '../api/client';
import type { RuleCheck, Task } from '../api/types';
import { ago, count, millis, percent, plural } from '../lib/format';
import { codePoints } from '../lib/segments';
import { useResource } from '../state/resource';
import { go, href, now, params, path, setParams, task as chosenTask, taskHref } from '../state/view';
import { Dialog } from './dialog';
import { Empty, Failure, Skeleton } from './parts';
import { PostCard } from './post';

/// `?tasks=1` lists, `?tasks=TAG` changes one, `?tasks=+` adds one: also a view with an address.
export function TasksDialog() {
  const what = params.value.get('tasks');
  const list = useResource<{ tasks: Task[] }>(what ? 'tasks-dialog' : null, (abort) => getJson('/api/v1/tasks', {}, abort), { everyMs: 5000, always: true });
  if (!what) return null;
  const close = () => setParams({ tasks: null });
  const tasks = list.data?.tasks ?? [];
  const edited = what === '1' || what === '+' ? null : tasks.find((t) => t.tag === what) ?? null;
  const done = () => { list.reload(); dispatchEvent(new Event('heartbeat-tasks')); setParams({ tasks: 1 }, true); };
  const editing = what === '+' || (what !== '1' && list.data !== null);
  return (
    <Dialog title={what === '+' ? 'New task' : edited ? `Task ${edited.tag}` : 'Tasks'} close={close} wide>
      {list.error && !list.data ? <Failure error={list.error} retry={list.reload} what="The tasks" /> : !list.data ? <Skeleton lines={4} /> : editing
        ? <Editor key={what} task={edited} taken={tasks.map((t) => t.tag)} wanted={what === '+' || edited ? '' : what} done={done} back={() => setParams({ tasks: 1 }, true)} />
        : <List tasks={tasks} reload={list.reload} />}
    </Dialog>
  );
}

function List({ tasks, reload }: { tasks: Task[]; reload: () => void }) {
  const [asking, setAsking] = useState<string | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const remove = async (tag: string) => {
    try {
      await sendJson('DELETE', `/api/v1/tasks/${encodeURIComponent(tag)}`);
      setAsking(null);
      setProblem(null);
      dispatchEvent(new Event('heartbeat-tasks'));
      reload();
      if (chosenTask.value === tag) go(path.value.startsWith('/task/') ? '/?tasks=1' : href(path.value, { task: null, tasks: 1 }), true);
    } catch (error) { setProblem(error as ApiError); }
  };
  return (
    <>
      <p class="dim">A task is a rule. Each post is held against every rule as it comes in, and counts for each that it matches. Changes apply to posts from now on.</p>
      {problem && <Failure error={problem} what="The task" />}
      {tasks.length === 0 ? <Empty title="No task yet"><p>Begin with a word or a hashtag you want to follow, for example <code>ferry OR #NightFerry</code>.</p></Empty> : (
        <ul class="task-list">
          {tasks.map((t) => (
            <li key={t.tag}>
              <div><a class="task-name" dir="auto" href={taskHref(t.tag)}>{t.tag}</a><code dir="auto">{t.rule}</code><p class="dim">{t.posts_24h !== undefined && <>{plural(t.posts_24h, 'post')} in 24 h · </>}{t.revision !== undefined && <>revision {t.revision} · </>}{t.since ? <>since {ago(millis(t.since), now.value)}</> : null}{t.active === false && <b class="is-warn"> · not active</b>}</p></div>
              <p class="inline-form">
                {asking === t.tag ? (
                  <><span>Its posts stay. Remove the rule?</span><button type="button" class="button danger" onClick={() => void remove(t.tag)}>Remove</button><button type="button" class="button" onClick={() => setAsking(null)}>Keep</button></>
                ) : (
                  <><button type="button" class="button" onClick={() => setParams({ tasks: t.tag }, true)}>Change<span class="vh"> {t.tag}</span></button><button type="button" class="button" onClick={() => setAsking(t.tag)}>Remove<span class="vh"> {t.tag}</span></button></>
                )}
              </p>
            </li>
          ))}
        </ul>
      )}
      <p><button type="button" class="button primary" onClick={() => setParams({ tasks: '+' }, true)}>Add a task</button></p>
    </>
  );
}

function Editor({ task, taken, wanted, done, back }: { task: Task | null; taken: string[]; wanted: string; done: () => void; back: () => void }) {
  const [tag, setTag] = useState(task?.tag ?? wanted);
  const [rule, setRule] = useState(task?.rule ?? '');
  const [check, setCheck] = useState<{ rule: string; answer: RuleCheck } | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [saving, setSaving] = useState(false);
  const abort = useRef<AbortController | null>(null);
  const form = useRef<HTMLFormElement>(null);
  // The list may come after the dialog has opened and put the focus on its close button.
  useLayoutEffect(() => { form.current?.querySelector<HTMLElement>('input[type=text], textarea')?.focus(); }, []);

  useEffect(() => {
    abort.current?.abort();
    if (!rule.trim()) { setCheck(null); return; }
    const mine = new AbortController();
    abort.current = mine;
    const timer = setTimeout(async () => {
      try {
        const answer = await sendJson<RuleCheck>('POST', '/api/v1/rules/check', { rule }, mine.signal);
        setCheck({ rule, answer });
        setProblem(null);
      } catch (error) {
        if (mine.signal.aborted) return;
        const e = error as ApiError;
        // Some servers answer a bad rule with a problem document; it says the same.
        if (e.status === 400) setCheck({ rule, answer: { valid: false, error: e.detail || e.title, column: e.column, hint: e.hint } });
        else setProblem(e);
      }
    }, 220);
    return () => { clearTimeout(timer); mine.abort(); };
  }, [rule]);

  const fresh = check?.rule === rule;
  const answer = check?.answer ?? null;
  const name = tag.trim();
  const double = !task && taken.includes(name);
  const ready = name !== '' && name !== '*' && !double && rule.trim() !== '' && fresh && answer?.valid === true;
  const save = async (event: Event) => {
    event.preventDefault();
    if (!ready || saving) return;
    setSaving(true);
    try {
      if (task) await sendJson('PUT', `/api/v1/tasks/${encodeURIComponent(task.tag)}`, { rule });
      else await sendJson('POST', '/api/v1/tasks', { tag: name, rule });
      done();
    } catch (error) { setProblem(error as ApiError); } finally { setSaving(false); }
  };
  return (
    <form class="rule-editor" ref={form} onSubmit={(e) => void save(e)}>
      {!task && <label>Name <input type="text" autofocus value={tag} maxLength={64} dir="auto" autocomplete="off" spellcheck={false} aria-invalid={double} aria-describedby="tag-note" onInput={(e) => setTag(e.currentTarget.value)} /></label>}
      {!task && <p id="tag-note" class="note">{double ? <span class="is-warn">There is a task of this name. Change that one, or choose another name.</span> : 'Short and lasting: it is in every link to this task.'}</p>}
      <label>Rule <textarea class="code" autofocus={task !== null} rows={3} value={rule} dir="auto" spellcheck={false} autocapitalize="off" aria-invalid={fresh && answer?.valid === false} aria-describedby="rule-answer" placeholder={'(ferry OR "night boat" OR #NightFerry) lang:en -is:repost'} onInput={(e) => setRule(e.currentTarget.value)} /></label>
      <p class="note">Words, "exact phrases", #tag, @user, $CASH, lang:en, is:reply, has:links; OR between, − before to exclude, parentheses to group.</p>
      <div id="rule-answer" class="rule-answer" aria-live="polite">
        {!rule.trim() ? <p class="dim">The rule is explained here while you type.</p> : !answer ? <p class="dim">Checking…</p> : answer.valid ? <Explained answer={answer} /> : <Pointed rule={check!.rule} answer={answer} />}
      </div>
      {problem && <Failure error={problem} what="The task" />}
      <p class="inline-form"><button type="submit" class="button primary" disabled={!ready || saving}>{saving ? 'Saving…' : task ? 'Save the rule' : 'Add the task'}</button><button type="button" class="button" onClick={back}>Back to the list</button></p>
    </form>
  );
}

function Explained({ answer }: { answer: RuleCheck }) {
  const matched = answer.matched_last_hour;
  const tried = answer.of ?? 0;
  const left = (answer.posts_last_hour ?? 0) - tried;
  return (
    <>
      <p class="explained"><b class="is-positive">✓</b> Picks <span dir="auto">{answer.explanation}</span>{answer.needs?.length ? <span class="dim"> Needs {answer.needs.join(', ')}.</span> : null}</p>
      {typeof matched === 'number' && (
        <p><b>{count(matched)}</b> of the {left > 0 ? 'newest ' : ''}{plural(tried, 'post')}{left > 0 ? '' : ' of the last hour'} would have matched{tried ? ` (${percent(matched / tried)})` : ''}.{left > 0 && <> There was no time to try the other {count(left)} of the last hour.</>}{matched === 0 && <span class="is-warn"> None: perhaps the rule is too narrow.</span>}{tried > 0 && matched / tried > 0.8 ? <span class="is-warn"> Nearly all: perhaps it is too wide.</span> : null}</p>
      )}
      {answer.examples?.slice(0, 3).map((p) => <PostCard key={p.id} post={p} compact />)}
    </>
  );
}

/// The rule again, with the place of the error marked: columns count code points, as the server does.
function Pointed({ rule, answer }: { rule: string; answer: RuleCheck }) {
  const points = codePoints(rule);
  const at = Math.min(points.length, Math.max(0, (answer.column ?? 1) - 1));
  return (
    <>
      <pre class="code pointed" dir="ltr" aria-hidden="true"><bdi>{points.slice(0, at).join('')}</bdi><mark>{points[at] ?? ' '}</mark><bdi>{points.slice(at + 1).join('')}</bdi></pre>
      <p class="is-warn"><b>Column {answer.column ?? 1}:</b> <span dir="auto">{answer.error}</span></p>
      {answer.hint && <p class="dim" dir="auto">{answer.hint}</p>}
    </>
  );
}
