// Cuts a text at the words that weigh, or at the names in it. Offsets count code points; where they do not fit the words are looked up in
// order, so that a mark never lands on another word. Pure.
import type { Weight } from '../api/types';

export interface Piece { text: string; type: string | null }
/// The text whole, in pieces: those of `names` have their type. A name whose offsets do not hold its text, or that begins
/// in one before it, is left out.
export function namePieces(text: string, names: readonly { text: string; type: string; begin: number; end: number }[]): Piece[] {
  const points = Array.from(text);
  const out: Piece[] = [];
  let at = 0;
  for (const name of [...names].sort((a, b) => a.begin - b.begin)) {
    if (name.begin < at || name.end <= name.begin || points.slice(name.begin, name.end).join('') !== name.text) continue;
    if (name.begin > at) out.push({ text: points.slice(at, name.begin).join(''), type: null });
    out.push({ text: name.text, type: name.type });
    at = name.end;
  }
  if (at < points.length) out.push({ text: points.slice(at).join(''), type: null });
  return out;
}

export interface Mark { text: string; pull: number | null; raw: number }
const kMostMarks = 60;
/// Of the strongest pull: what pulls less is no reason, and commas would be marked.
const kLeastShare = 0.06;

export function marks(text: string, weights: readonly Weight[]): Mark[] {
  const points = Array.from(text);
  const pulls = weights
    .map((w) => ({ ...w, raw: w.positive - w.negative }))
    .filter((w) => Number.isFinite(w.raw) && w.raw !== 0 && w.text)
    .sort((a, b) => Math.abs(b.raw) - Math.abs(a.raw))
    .slice(0, kMostMarks);
  const strongest = Math.max(1e-9, ...pulls.map((p) => Math.abs(p.raw)));
  const found: { begin: number; end: number; raw: number }[] = [];
  const taken = new Array<boolean>(points.length).fill(false);
  const place = (begin: number, end: number, raw: number): boolean => {
    for (let i = begin; i < end; i++) if (taken[i]) return false;
    taken.fill(true, begin, end);
    found.push({ begin, end, raw });
    return true;
  };
  for (const p of pulls) {
    if (Math.abs(p.raw) < kLeastShare * strongest) break; // In order of weight.
    const length = Array.from(p.text).length;
    if (points.slice(p.begin, p.end).join('') === p.text && place(p.begin, p.end, p.raw)) continue;
    const wanted = p.text.toLowerCase();
    for (let i = 0; i + length <= points.length; i++) {
      if (points.slice(i, i + length).join('').toLowerCase() === wanted && place(i, i + length, p.raw)) break;
    }
  }
  found.sort((a, b) => a.begin - b.begin);
  const out: Mark[] = [];
  let at = 0;
  for (const f of found) {
    if (f.begin > at) out.push({ text: points.slice(at, f.begin).join(''), pull: null, raw: 0 });
    out.push({ text: points.slice(f.begin, f.end).join(''), pull: f.raw / strongest, raw: f.raw });
    at = f.end;
  }
  if (at < points.length) out.push({ text: points.slice(at).join(''), pull: null, raw: 0 });
  return out;
}
