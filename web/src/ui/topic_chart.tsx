// What was spoken of over time: the most frequent topics. A post may be about several.
import { plural } from '../lib/format';
import type { Interval } from '../lib/range';
import type { Grid } from '../lib/series';
import { topicName, type TopicCourse } from '../lib/topics';
import type { PostFilter } from '../state/view';
import { CourseChart } from './course_chart';

export function TopicChart({ courses, posts, ...rest }: { courses: TopicCourse[]; posts: number; grid: Grid; view: Interval; filter: PostFilter }) {
  return (
    <CourseChart {...rest} title="Topics" kind="topics" of={posts} read={rest.grid.posts} unread="no topics were counted"
      courses={courses.map((c) => ({ ...c, name: topicName(c.key), colour: 'topic', filter: { topic: c.key } }))}
      hint={<>of {plural(posts, 'post')}, each about none, one or several; all rows have one scale</>} />
  );
}
