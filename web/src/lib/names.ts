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
/// A source's name for people: its kind, and where several are of one kind the end of the identity that the log knows it by.
export function sourceTitle(source: { name: string; kind: string; title?: string }, all: readonly { kind: string }[]): string {
  if (source.title) return source.title;
  if (all.filter((s) => s.kind === source.kind).length < 2) return source.kind;
  return `${source.kind} ${source.name.split(':').pop()!.slice(-6)}`;
}
/// Only http and https become links; everything else stays text.
export function safeUrl(url: string): string | null {
  try {
    const parsed = new URL(url);
    return parsed.protocol === 'https:' || parsed.protocol === 'http:' ? parsed.href : null;
  } catch { return null; }
}
