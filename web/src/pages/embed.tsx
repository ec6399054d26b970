// One card without chrome, for another page's frame: `?embed=1`, and `card=` where a page has several.
import { useSeries } from '../state/series';
import { params, path, task } from '../state/view';
import { Failure, Skeleton } from '../ui/parts';
import { TimeChart } from '../ui/time_chart';
import { Feed, Rising, TaskSheet, usePulse } from './pulse';

export function EmbedPage() {
  const card = params.value.get('card') ?? (path.value.startsWith('/task/') ? 'course' : path.value === '/trends' ? 'rising' : path.value === '/posts' ? 'newest' : 'tasks');
  return <main id="main" class="embed"><h1 class="vh">heartbeat</h1>{card === 'course' ? <Course /> : <PulseCard card={card} />}</main>;
}
function Course() {
  const series = useSeries(task.value);
  if (series.error && !series.data) return <Failure error={series.error} retry={series.reload} what="The course" />;
  return series.data ? <TimeChart title={task.value === '*' ? 'The whole stream' : task.value} grid={series.grid} view={series.view} filter={{ task: task.value }} height={220} plain /> : <Skeleton lines={4} height={360} />;
}
function PulseCard({ card }: { card: string }) {
  const pulse = usePulse();
  if (pulse.error && !pulse.data) return <Failure error={pulse.error} retry={pulse.reload} what="The pulse" />;
  if (!pulse.data) return <Skeleton lines={5} height={300} />;
  if (card === 'rising') return <Rising trends={pulse.data.rising} />;
  if (card === 'newest') return <Feed first={pulse.data.newest} />;
  return <TaskSheet pulse={pulse.data} />;
}
