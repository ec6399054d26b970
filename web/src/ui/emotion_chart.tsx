// What was felt over time.
import { kEmotions, type Felt } from '../lib/emotions';
import { plural } from '../lib/format';
import type { Interval } from '../lib/range';
import type { Grid } from '../lib/series';
import type { PostFilter } from '../state/view';
import { CourseChart } from './course_chart';

export function EmotionChart({ felt, ...rest }: { felt: Felt; grid: Grid; view: Interval; filter: PostFilter }) {
  const { grid } = rest;
  return (
    <CourseChart {...rest} title="Emotion" kind="emotions" of={felt.read} read={grid.read} unread="emotions were not looked for"
      courses={kEmotions.map((e) => ({ key: e, name: e, colour: e, posts: felt.counts[e], counts: grid.emotions[e], filter: { emotion: e } }))}
      rest={{ key: 'none', name: 'none', colour: 'none', posts: felt.none, filter: { emotion: 'none' } }}
      hint={<>the strongest in each of {plural(felt.read, 'post')}; all rows have one scale</>}
      note={felt.unread > 0 && <>{plural(felt.unread, 'post')} of this span came before emotions were looked for, and {felt.unread === 1 ? 'is' : 'are'} not counted here.</>} />
  );
}
