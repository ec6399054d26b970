// Data that a component shows: fetched when its key changes, again while live, kept on screen meanwhile.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { connection, resets, updates } from '../api/live';
import { live } from './view';

export interface Resource<T> {
  data: T | null;
  error: ApiError | null;
  /// True until there is something to show for this key (older data may still be on screen).
  loading: boolean;
  reload: () => void;
}
export interface ResourceOptions {
  /// Fetch again after this long while the page is live and updates arrive; 0 for never.
  everyMs?: number;
  /// Also when the page is paused: figures of the program itself (health, log).
  always?: boolean;
}

const kRetryMs = 3000;

/// `key` names what is fetched; null fetches nothing. Data of an older key stays until the new arrives, so that the
/// layout never collapses; a failed refresh keeps what there is and tells the error beside it.
export function useResource<T>(key: string | null, load: (abort: AbortSignal) => Promise<T>, options: ResourceOptions = {}): Resource<T> {
  const [state, setState] = useState<{ key: string | null; data: T | null; error: ApiError | null }>({ key: null, data: null, error: null });
  const [round, setRound] = useState(0);
  const loader = useRef(load);
  loader.current = load;
  const { everyMs = 0, always = false } = options;

  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    let busy = false;
    let last = 0;
    let timer: number | undefined;
    const fetchNow = async () => {
      if (busy) return;
      busy = true;
      try {
        const data = await loader.current(abort.signal);
        if (!abort.signal.aborted) setState({ key, data, error: null });
      } catch (error) {
        if (abort.signal.aborted) return;
        const problem = error instanceof ApiError ? error : new ApiError(0, 'The answer could not be read', String((error as Error).message));
        setState((old) => ({ key, data: old.key === key ? old.data : null, error: problem }));
        if (problem.status === 0 || problem.status >= 500) timer = window.setTimeout(() => void fetchNow(), kRetryMs);
      } finally {
        busy = false;
        last = performance.now();
      }
    };
    void fetchNow();
    const tick = () => {
      if ((always || live.peek()) && everyMs > 0 && !document.hidden && performance.now() - last >= everyMs) void fetchNow();
    };
    let firstReset = true;
    const stops = [
      updates.subscribe(() => tick()),
      resets.subscribe(() => { if (!firstReset) void fetchNow(); firstReset = false; }),
    ];
    // Without a live stream the figures would stand still in silence; ask slowly instead.
    const slow = everyMs > 0 ? window.setInterval(() => { if (connection.peek() !== 'open') tick(); }, Math.max(everyMs, 1000)) : undefined;
    return () => {
      abort.abort();
      clearTimeout(timer);
      clearInterval(slow);
      stops.forEach((stop) => stop());
    };
  }, [key, round, everyMs, always]);

  const fits = state.key === key;
  return { data: state.data, error: fits ? state.error : null, loading: key !== null && !(fits && (state.data !== null || state.error !== null)), reload: () => setRound((n) => n + 1) };
}
