// A post's text cut into plain parts and parts that lead somewhere (#tag, @name, link). Pure: the cutting uses what
// the analysis found and falls back to a simple look; whatever is left over is text.
export interface Segment { kind: 'text' | 'tag' | 'mention' | 'link'; text: string; value: string }

const kPattern = /https?:\/\/[^\s<>"'“”]+|[#＃][\p{L}\p{M}\p{N}_]+|@[A-Za-z0-9_]+(?:\.[A-Za-z0-9_.-]*[A-Za-z0-9_])?/gu;
const kLongest = 100_000;

export function segments(content: string): Segment[] {
  const out: Segment[] = [];
  const text = content.slice(0, kLongest);
  let end = 0;
  for (const match of text.matchAll(kPattern)) {
    const start = match.index;
    let found = match[0];
    const before = start > 0 ? text[start - 1] ?? '' : '';
    const isLink = found.startsWith('http');
    if (isLink) found = found.replace(/[.,;:!?)\]]+$/, '');
    else if (/[\p{L}\p{N}_&/]/u.test(before)) continue; // Inside a word or an address: no tag.
    else if (/^[#＃]\p{N}+$/u.test(found)) continue;    // "#1" is a number.
    if (start > end) out.push({ kind: 'text', text: text.slice(end, start), value: '' });
    out.push({ kind: isLink ? 'link' : found.startsWith('@') ? 'mention' : 'tag', text: found, value: isLink ? found : found.slice(1) });
    end = start + found.length;
  }
  if (end < content.length) out.push({ kind: 'text', text: content.slice(end), value: '' });
  return out;
}
/// The beginning of a text, never half a character.
export function beginning(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most);
}
/// The parts of a text, by code points, that a rule error or an explanation points at.
export function codePoints(text: string): string[] { return Array.from(text); }
