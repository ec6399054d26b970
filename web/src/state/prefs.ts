// What this reader prefers, kept in this browser only.
import { effect, signal } from '@preact/signals';
import type { Zone } from '../lib/format';

export type Theme = 'auto' | 'light' | 'dark';
function stored<T extends string>(key: string, fallback: T, allowed: readonly T[]) {
  let first = fallback;
  try {
    const text = localStorage.getItem('heartbeat.' + key);
    first = allowed.find((v) => v === text) ?? fallback;
  } catch { /* storage is switched off */ }
  const value = signal<T>(first);
  effect(() => { try { localStorage.setItem('heartbeat.' + key, value.value); } catch { /* as above */ } });
  return value;
}

export const theme = stored<Theme>('theme', 'auto', ['auto', 'light', 'dark']);
export const zone = stored<Zone>('zone', 'local', ['local', 'utc']);
/// Single-key shortcuts can be switched off (WCAG 2.1.4).
export const shortcuts = stored<'on' | 'off'>('shortcuts', 'on', ['on', 'off']);
export const shape = stored<'share' | 'count'>('shape', 'count', ['share', 'count']);
/// Of emotions and topics the share is asked for first: how many speak is told by the sentiment above it.
export const courseShape = stored<'share' | 'count'>('emotion-shape', 'share', ['share', 'count']);

const darkMedia = matchMedia('(prefers-color-scheme: dark)');
/// Changes when colours do: canvases are drawn anew.
export const painted = signal(0);
effect(() => {
  const root = document.documentElement;
  if (theme.value === 'auto') root.removeAttribute('data-theme');
  else root.setAttribute('data-theme', theme.value);
  queueMicrotask(() => painted.value++);
});
darkMedia.addEventListener('change', () => painted.value++);
export const isDark = () => (theme.value === 'auto' ? darkMedia.matches : theme.value === 'dark');
export function toggleTheme(): void { theme.value = isDark() ? 'light' : 'dark'; }
