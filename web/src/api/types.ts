// The answers of the HTTP API, as the dashboard relies on them. Fields that a server may leave out are optional.

export type Label = 'negative' | 'neutral' | 'positive' | 'mixed';
export type Labels = Partial<Record<Label, number>>;
/// What is felt in a post; `none` of these in most.
export type Emotion = 'anger' | 'joy' | 'optimism' | 'sadness';
export type Emotions = Partial<Record<Emotion, number>>;
export interface KeyCount { key: string; count: number }

export interface Post {
  id: string; key?: string | number; time: string; source: string; task: string; tasks?: string[];
  lang?: string; content: string; author?: string; handle?: string; country?: string; kind?: string;
  hashtags?: string[]; mentions?: string[]; urls?: string[];
  /// "person:Angela Merkel"; null in rows from before names were read.
  entities?: string[] | null; emotion?: Emotion | 'none'; emotions?: Emotions;
  /// Likeliest first; not there where none were looked for.
  topics?: string[];
  neg?: number; neu?: number; pos?: number; mixed?: number; label?: Label; label4?: Label;
  polarity?: number; subjectivity?: number; models?: Record<string, string>;
}

/// Of a source whose posts are paid for.
export interface Meter {
  today: number; month: number; cost: number; cap: number | null; month_end: string | null; forecast: number | null;
  /// Those that bring most.
  rules: { task: string; month: number; forecast: number }[];
  /// As the network itself counts.
  network: { month: number; cap: number } | null;
  /// What is done so that the month's posts last, or empty.
  budget: string;
}
export interface SourceStatus {
  name: string; kind: string; title?: string; state: 'running' | 'waiting' | 'done' | 'failed'; detail?: string;
  posts: number; rate: number; watermark?: string | null; last_post?: string | null; dead_letters?: number;
  meter?: Meter;
}
export interface StageStatus { name: string; lag: number; rate: number; batches?: number; busy?: number }
export interface Gap { source: string; from: string; to: string; cause: string; refilled?: boolean | string | null; refilled_share?: number }
export interface Message { level: 'info' | 'warning' | 'error'; text: string; since?: string }
export interface Status {
  version: string; now: string; mode: 'live' | 'replay' | 'done'; uptime_s: number; ready?: boolean;
  replay?: { rows: number; bytes_done: number; bytes_total: number; percent: number; eta_s: number | null } | null;
  sources: SourceStatus[]; stages: StageStatus[];
  models: { task: string; name: string; version: string | number; card?: string }[];
  memory_bytes: number; peak_memory_bytes: number;
  disk: { log_bytes: number; store_bytes: number; free_bytes: number };
  dead_letters: number; gaps: Gap[]; posts_total: number; rate: number; messages: Message[];
}

export interface Task { tag: string; rule: string; revision?: number; active?: boolean; since?: string; posts_24h?: number }
export interface RuleCheck {
  valid: boolean; explanation?: string; needs?: string[]; matched_last_hour?: number | null; of?: number; posts_last_hour?: number; examples?: Post[];
  error?: string; column?: number; hint?: string;
}

export interface PostsPage { posts: Post[]; next: string | null; scanned_to?: string | null; complete: boolean; took_ms: number }

export interface WindowRow {
  start: string; posts: number; authors?: number; authors_approximate?: boolean;
  neg?: number; neu?: number; pos?: number; mixed?: number; polarity?: number | null; subjectivity?: number | null;
  labels?: Labels; emotions?: Emotions; completeness?: number; final?: boolean; revision?: number;
  /// Posts about each of the series' topics.
  topics?: number[];
}
/// `topics`: the most frequent, where they were asked for.
export interface Series { task: string; size_ms: number; from: string; to: string; topics?: string[]; windows: WindowRow[] }

export interface Summary {
  task: string; from: string; to: string; posts: number; authors: number; authors_approximate?: boolean; labels: Labels; emotions?: Emotions;
  neg?: number; neu?: number; pos?: number; mixed?: number; polarity?: number | null; subjectivity?: number | null;
  kinds?: Record<string, number>; languages?: KeyCount[]; countries?: KeyCount[]; hashtags?: KeyCount[]; words?: KeyCount[]; entities?: KeyCount[]; topics?: KeyCount[];
  approximate?: boolean;
}

export interface Span { from?: string; to?: string; posts: number; labels?: Labels; negative?: number; neutral?: number; positive?: number; mixed?: number }
export interface PulseTask {
  tag: string; rule?: string; posts_total: number; rate_now: number; spark: number[]; mood: (number | null)[];
  last_hour: Span; last_day: Span; last_15m: Span;
}
export interface Trend {
  key: string; kind: string; scope: string; count: number; baseline: number; score: number; authors: number;
  duplicate_share?: number; languages?: (string | KeyCount)[]; examples?: string[]; since?: string | null; time?: string; active?: boolean; spark?: number[]; reason: string;
}
export interface Pulse { now: string; tasks: PulseTask[]; rising: Trend[]; newest: Post[] }

/// All about one hashtag, or one topic.
export interface SubjectPage {
  tag?: string; topic?: string; posts: number; authors: number; authors_approximate?: boolean; labels: Labels; emotions?: Emotions; polarity?: number | null;
  first_posts: Post[]; newest: Post[]; cohashtags?: KeyCount[]; hashtags?: KeyCount[]; words: KeyCount[]; entities?: KeyCount[]; topics?: KeyCount[]; languages: KeyCount[];
  /// Different texts: posts that say nearly the same count once. copy_share is 1 - texts / posts.
  texts?: number; copy_share?: number;
  trend?: Trend | null; size_ms: number;
  series: { start: string; posts: number; neg?: number; neu?: number; pos?: number; mixed?: number; polarity?: number | null; labels?: Labels; emotions?: Emotions }[];
}

export interface Keywords { lang: string; posts: number; texts: number; keywords: { text: string; score: number; count: number }[] }

export interface Topic {
  name: string; partitions: { partition: number; begin: number; end: number; bytes: number }[]; records: number; bytes: number;
  retention_ms?: number | null; groups?: { group: string; committed: Record<string, number>; processed?: Record<string, number>; lag: number }[];
}
export interface LogRecord {
  partition: number; offset: number; arrival: string; timestamp: string; key: string; value: unknown; value_base64?: string; bytes: number; blanked?: boolean;
}
export interface RecordsPage { records: LogRecord[]; next: number | null; end: number }
export interface DeadLetter {
  id: string; time: string; source: string; location: string; reason: string; raw: string; raw_base64?: string; cut?: boolean;
  bytes?: number; context?: string; attempts?: number; tried?: string | null; replayed?: string;
}
export interface Replayed { queued: number; used?: number; failed?: number; already?: { id: string; replayed: string }[]; unknown?: string[]; cut?: string[] }
export interface DeadLetterPage { dead_letters: DeadLetter[]; next: string | null; total: number }

export interface SqlResult { columns: { name: string; type: string }[]; rows: unknown[][]; truncated: boolean; seconds: number }
export interface SchemaTable { name: string; kind: 'table' | 'view'; columns: { name: string; type: string; help?: string }[] }

export interface Weight { text: string; begin: number; end: number; negative: number; neutral: number; positive: number }
export interface Analysis {
  sentiment?: { neg: number; neu: number; pos: number; label: Label; model?: string }; mixed?: number; label4?: Label; polarity?: number; subjectivity?: number;
  lang?: string; hashtags?: string[]; mentions?: string[]; cashtags?: string[]; links?: string[]; emoji?: string[];
  entities?: { text: string; type: string; begin: number; end: number }[]; keywords?: { text: string; score: number }[];
  topics?: { name: string; score: number }[];
  emotion?: { label: Emotion | 'none'; none?: number } & Emotions; tone?: { irony?: number; offensive?: number; hate?: number };
  explain?: { sentiment?: Weight[]; polarity?: { text: string; polarity: number; subjectivity: number }[] };
}

export interface StatsEvent { now: string; rate: number; posts_total: number; tasks: Record<string, { posts: number; neg?: number; neu?: number; pos?: number; mixed?: number }> }
export interface WindowEvent { windows: (WindowRow & { task: string; size_ms: number })[] }
