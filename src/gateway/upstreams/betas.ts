/*
 * What a client may turn on by `anthropic-beta` (the values of @anthropic-ai/sdk 1.14). Most have the model server take fields
 * and tools, which are judged where they stand, and pass. Some change a call by themselves.
 */

/** A window of so much input, or answers of so much: they lift the bounds that a call was reckoned with. */
const SIZED = /(^|-)\d+[kmg]($|-)/

/** Words of those that reach what the account has stored, another model, or who else pays, and for which nothing passes here. */
const REACHING: ReadonlySet<string> = new Set([
  ...['fallback', 'fallbacks', 'files', 'skills', 'threads', 'thread', 'memory', 'agents', 'dreaming', 'batches'],
  ...['profiles', 'billing', 'tunnels', 'workspaces', 'compact', 'compaction', 'diagnosis'],
])

/** What of the header goes on to a model server; empty where nothing does. */
export function betasSent(header: string): string {
  const values = header.split(',').map((value) => value.trim())
  const sent = values.filter((value) => value !== '' && !widens(value))
  return sent.length === values.length ? header : sent.join(',')
}

function widens(value: string): boolean {
  const name = value.toLowerCase()
  return SIZED.test(name) || name.split(/[^a-z0-9]+/).some((word) => REACHING.has(word))
}
