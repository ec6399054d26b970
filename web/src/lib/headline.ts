// The sentence on top of Pulse: what is going on, from the figures alone. Pure, so that it can be checked.
import type { Pulse, PulseTask } from '../api/types';
import { count, percent, plural, rate, signed } from './format';
import { total } from './series';

export interface Headline { text: string; detail: string; calm: boolean }

const average = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((v): v is number => typeof v === 'number');
  return known.length ? known.reduce((a, b) => a + b, 0) / known.length : null;
};
/// The pace of the last 15 minutes against the hour before that, from posts a minute.
export function pace(spark: readonly number[]): number | null {
  const recent = average(spark.slice(-16, -1));
  const before = average(spark.slice(0, -16));
  return recent !== null && before !== null && before >= 0.5 ? recent / before : null;
}
export function paceWords(ratio: number | null): string {
  if (ratio === null) return '';
  if (ratio >= 3) return 'far busier than in the hour before';
  if (ratio >= 1.4) return 'busier than in the hour before';
  if (ratio <= 0.33) return 'far quieter than in the hour before';
  if (ratio <= 0.7) return 'quieter than in the hour before';
  return 'at its usual pace';
}
export function moodWords(mood: number | null): string {
  if (mood === null) return '';
  if (mood >= 0.25) return 'clearly positive';
  if (mood >= 0.08) return 'leaning positive';
  if (mood <= -0.25) return 'clearly negative';
  if (mood <= -0.08) return 'leaning negative';
  return 'balanced';
}

/// Over 15 minutes, or over the hour where that is too few posts to call it a mood.
export const kFewPosts = 20;
export const recentMood = (task: PulseTask): number | null => average(task.mood.slice(task.last_15m.posts < kFewPosts ? -60 : -15));

/// `over`: the stream has come to its end, as a replay does; its last hour is told of.
export function headline(pulse: Pulse, tag: string, over = false): Headline {
  const task: PulseTask | undefined = pulse.tasks.find((t) => t.tag === tag) ?? pulse.tasks[0];
  if (!task || (task.posts_total === 0 && total(task.last_day.labels ?? task.last_day) === 0)) {
    return { text: 'Listening. No posts yet.', detail: '', calm: true };
  }
  const ratio = pace(task.spark);
  const mood = recentMood(task);
  const subject = task.tag === '*' ? 'The stream' : task.tag;
  const first = task.rate_now > 0 || task.last_15m.posts > 0
    ? `${subject} ${over ? 'ended' : 'is'} ${paceWords(ratio) || (over ? 'after few posts' : 'speaking')}${mood === null ? '' : `, its mood ${moodWords(mood)}`}.`
    : `${subject} ${over ? 'was silent in the end' : 'is silent'}: no posts in the last 15 minutes.`;
  const lead = over ? undefined : pulse.rising[0];
  const second = tag === '*' && lead ? ` #${lead.key} is rising.` : '';
  const parts = [`${rate(task.rate_now)} posts a second`, `${plural(task.last_hour.posts, 'post')} in the last hour`];
  if (mood !== null) parts.push(`mood ${signed(mood)}`);
  if (lead && tag === '*') parts.push(`#${lead.key}: ${count(lead.count)} in 15 min, usually ${count(lead.baseline)}`);
  return { text: first + second, detail: parts.join(' · '), calm: ratio === null || (ratio < 1.4 && ratio > 0.7) };
}
export { percent };
