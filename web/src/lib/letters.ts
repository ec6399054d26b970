// Dead letters and what became of them when they were tried again. Pure.
import type { DeadLetter, Replayed } from '../api/types';
import { plural } from './format';

export interface Outcome { state: 'running' | 'used' | 'failed' | 'refused'; text: string }

/// As `--format` names them.
export const kFormats = ['auto', 'csv', 'tsv', 'json', 'x_v2', 'x_v1', 'jetstream', 'export'] as const;
/// The list gives so many bytes of a letter at most.
const kShownBytes = 16 * 1024;

export interface Context { format: string; header: string; map: string; tabular: boolean }
/// How the letter's file was read; "" is JSON that is recognised by itself.
export function contextOf(letter: DeadLetter): Context {
  let known: Record<string, unknown> = {};
  try { known = (JSON.parse(letter.context || '{}') ?? {}) as Record<string, unknown>; } catch { /* as if it said nothing */ }
  const text = (name: string): string => (typeof known[name] === 'string' ? (known[name] as string) : '');
  const format = text('format') || 'auto';
  return { format, header: text('header'), map: text('map'), tabular: format === 'csv' || format === 'tsv' || text('header') !== '' };
}

/// Whether the row can be written anew here, and with what to begin.
export function editable(letter: DeadLetter): { can: boolean; raw: string; why: string } {
  if (letter.raw.includes('\uFFFD')) return { can: false, raw: '', why: 'Its bytes are no text, so they cannot be mended here: heartbeat deadletters replay ID --raw-file FILE takes any bytes.' };
  if (letter.cut && (letter.bytes ?? 0) > kShownBytes) return { can: true, raw: '', why: 'It is too long to be shown whole. Left empty, it is replayed as it was kept.' };
  if (letter.cut) return { can: true, raw: letter.raw, why: 'Only its beginning was kept. Put the rest behind it: as it is, it cannot be replayed.' };
  return { can: true, raw: letter.raw, why: '' };
}
/// A text field has only one kind of line end; a row that was not touched keeps its own.
const asField = (text: string): string => text.replace(/\r\n?/g, '\n');

/// Only what is otherwise than the letter says goes to the server.
export function changesOf(letter: DeadLetter, wanted: { raw: string; map: string; format: string }): { map?: string; format?: string; raw?: string } {
  const { can, raw } = editable(letter);
  const mended = can && asField(wanted.raw) !== asField(raw) && wanted.raw !== '';
  return {
    ...(mended ? { raw: wanted.raw } : {}),
    ...(wanted.map.trim() !== contextOf(letter).map ? { map: wanted.map.trim() } : {}),
    ...(wanted.format ? { format: wanted.format } : {}),
  };
}

/// What became of one letter, from the answer and the two lists after it.
export function outcomeOf(before: DeadLetter, answer: Replayed, waiting: readonly DeadLetter[], used: readonly DeadLetter[]): Outcome {
  if (answer.already?.some((a) => a.id === before.id)) return { state: 'used', text: 'Was used before: nothing to do' };
  if (answer.cut?.includes(before.id)) return { state: 'refused', text: 'Not tried: only its beginning was kept. Mend it with the whole row' };
  if (answer.unknown?.includes(before.id)) return { state: 'refused', text: 'Not tried: there is no such letter any more' };
  // Where all fared alike the counts say it.
  const queued = answer.queued > 0 ? answer.queued : -1;
  if (answer.used === queued || used.some((l) => l.id === before.id)) return { state: 'used', text: 'Used: it is a post now' };
  const after = waiting.find((l) => l.id === before.id);
  if (answer.failed === queued) return { state: 'failed', text: `Failed again, try ${Math.max(after?.attempts ?? 0, (before.attempts ?? 0) + 1)}` };
  if (after && (after.attempts ?? 0) > (before.attempts ?? 0)) return { state: 'failed', text: `Failed again, try ${after.attempts}` };
  // Longer lists than one answer holds: what the counts leave open is not guessed.
  return { state: 'running', text: 'Queued: its outcome is not known yet' };
}
export function summary(answer: Replayed): string {
  const used = answer.used ?? 0;
  const failed = answer.failed ?? 0;
  const parts: string[] = [];
  if (answer.queued > 0) parts.push(`${plural(answer.queued, 'letter')} replayed: ${used} used, ${failed} failed again${used + failed < answer.queued ? `, ${answer.queued - used - failed} still on the way` : ''}.`);
  if (answer.already?.length) parts.push(`${plural(answer.already.length, 'letter')} had been used before.`);
  if (answer.cut?.length) parts.push(`${plural(answer.cut.length, 'letter')} of which only the beginning was kept ${answer.cut.length === 1 ? 'was' : 'were'} not tried.`);
  return parts.join(' ');
}

/// The fresh list, with those of the old one that `hold` names kept where they stood.
export function heldInPlace(old: readonly DeadLetter[], fresh: readonly DeadLetter[], hold: (id: string) => boolean): DeadLetter[] {
  const ids = new Set(fresh.map((l) => l.id));
  const out = [...fresh];
  old.forEach((letter, i) => {
    if (ids.has(letter.id) || !hold(letter.id)) return;
    const before = i > 0 ? out.findIndex((l) => l.id === old[i - 1]!.id) : -1;
    const after = out.findIndex((l) => old.slice(i + 1).some((o) => o.id === l.id));
    out.splice(before >= 0 ? before + 1 : after >= 0 ? after : out.length, 0, letter);
    ids.add(letter.id);
  });
  return out;
}
