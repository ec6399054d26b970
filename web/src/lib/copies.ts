// What copies are, said the same wherever it stands. The server counts them the same way in both places: posts whose
// words nearly agree are one text; the share is 1 - texts / posts.
import { count, percent, plural } from './format';

export const kCopies = 'Share of posts that say, word for word or nearly, what an earlier post of the same span says. Links, mentions and emoji do not count; a repost is a copy, too.';

/// The same for people: how many posts, and how many texts they come down to.
export function copyWords(posts: number, texts: number): string {
  const copies = Math.max(0, posts - texts);
  if (posts === 0) return '';
  if (copies === 0) return posts === 1 ? 'One post, which copies no other.' : `Each of these ${count(posts)} posts says something of its own.`;
  return `${plural(posts, 'post')}, ${plural(texts, 'text')}: ${count(copies)} ${copies === 1 ? 'post' : 'posts'} (${percent(copies / posts)}) ${copies === 1 ? 'says' : 'say'}, word for word or nearly, what another says.`;
}
