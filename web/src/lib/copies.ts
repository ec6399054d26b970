// What the share of copies means, said the same wherever it stands. The server counts it the same way in both places:
// 1 − texts that differ / posts, over texts without links, mentions and special characters.
export const kCopies = 'Share of posts that say what an earlier post of the same span says, once links, mentions and signs are taken away; a repost is a copy, too.';
