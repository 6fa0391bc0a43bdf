/**
 * Paths of the gate that do not begin with `/v1/`: model servers have these at their root, and their users call them there. The
 * gate declares none that does not stand here, so that the listener knows them all.
 */
export const rootPaths = [
  ...(['/rerank', '/reranking', '/v2/rerank', '/score'] as const),
  ...(['/tokenize', '/detokenize', '/classify', '/pooling'] as const),
] as const
export type RootPath = (typeof rootPaths)[number]

const known: ReadonlySet<string> = new Set(rootPaths)

/** Whether a path, as it was received, is one of them. @param url with its query */
export function isRootPath(url: string): boolean {
  const mark = url.indexOf('?')
  return known.has(mark < 0 ? url : url.slice(0, mark))
}
