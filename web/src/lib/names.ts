// Names of languages and countries, in English, from the browser's own tables.
const languages = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

export function languageName(code: string): string {
  if (!code || code === 'und' || code === '??') return 'not told';
  try { return languages.of(code) ?? code; } catch { return code; }
}
export function countryName(code: string): string {
  if (!code) return 'not told';
  try { return regions.of(code.toUpperCase()) ?? code; } catch { return code; }
}
/// A source's name for people: its title; where several share one, with the end of the identity that the log knows it by.
export function sourceTitle(source: { name: string; kind: string; title?: string }, all: readonly { kind: string; title?: string }[]): string {
  const title = (s: { kind: string; title?: string }) => s.title || s.kind;
  if (all.filter((s) => title(s) === title(source)).length < 2) return title(source);
  return `${title(source)} (${source.name.split(':').pop()!.slice(-6)})`;
}
/// The tag of a gap that a backfill left in the past of a task; null for any other gap.
export function backfilled(source: string): string | null {
  return /^\w+:backfill:(.+)$/.exec(source)?.[1] ?? null;
}
/// Only http and https become links; everything else stays text.
export function safeUrl(url: string): string | null {
  try {
    const parsed = new URL(url);
    return parsed.protocol === 'https:' || parsed.protocol === 'http:' ? parsed.href : null;
  } catch { return null; }
}
