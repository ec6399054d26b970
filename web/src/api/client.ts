// One door to the HTTP API: parameters, token, problem documents (RFC 9457).
import { signal } from '@preact/signals';

export class ApiError extends Error {
  constructor(
    readonly status: number, readonly title: string, readonly detail: string,
    readonly hint: string | undefined = undefined, readonly column: number | undefined = undefined,
  ) {
    super(detail || title);
  }
}

/// Off loopback the server wants a token. It lives as long as the tab and is sent as a header only.
const kTokenKey = 'heartbeat.token';
export const tokenNeeded = signal(false);
/// The token that was given is not the right one.
export const tokenRefused = signal(false);
let token = '';
try { token = sessionStorage.getItem(kTokenKey) ?? ''; } catch { /* storage is switched off: ask again next time */ }
export function setToken(value: string): void {
  token = value.trim();
  try { sessionStorage.setItem(kTokenKey, token); } catch { /* as above */ }
  tokenNeeded.value = false;
  tokenRefused.value = false;
}
export function needToken(): void {
  tokenRefused.value = token !== '';
  tokenNeeded.value = true;
}
export function authHeaders(): Record<string, string> {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

export type Params = Record<string, string | number | boolean | null | undefined>;
export function withParams(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value !== undefined && value !== null && value !== '') query.set(key, String(value));
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

async function problemOf(response: Response): Promise<ApiError> {
  if (response.status === 401) needToken();
  try {
    const body = (await response.json()) as Record<string, unknown>;
    const text = (key: string) => (typeof body[key] === 'string' ? (body[key] as string) : undefined);
    return new ApiError(
      response.status, text('title') ?? response.statusText, text('detail') ?? '', text('hint'),
      typeof body.column === 'number' ? body.column : undefined,
    );
  } catch {
    return new ApiError(response.status, response.statusText || `HTTP ${response.status}`, '');
  }
}

export async function fetchApi(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers: { Accept: 'application/json', ...authHeaders(), ...(init.headers as object) } });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new ApiError(0, 'No answer', 'The program does not answer.', 'Is heartbeat still running? This page tries again by itself.');
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

export async function getJson<T>(path: string, params?: Params, abort?: AbortSignal): Promise<T> {
  const response = await fetchApi(withParams(path, params), abort ? { signal: abort } : {});
  return (await response.json()) as T;
}

export async function sendJson<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, abort?: AbortSignal): Promise<T> {
  const init: RequestInit = { method };
  if (abort) init.signal = abort;
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  const response = await fetchApi(path, init);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/// Saves an answer as a file; used for exports, which may need the token and so cannot be a plain link.
export async function download(path: string, filename: string, init: RequestInit = {}): Promise<void> {
  const response = await fetchApi(path, { ...init, headers: { Accept: '*/*', ...(init.headers as object) } });
  const url = URL.createObjectURL(await response.blob());
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = filename;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
