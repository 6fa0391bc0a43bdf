import { setImmediate } from 'node:timers/promises'

/** How many rows one statement looks at. */
const WINDOW = 1000

/** Where a list goes on from, and how many of it are wanted. */
type Part = { limit: number; after?: string | undefined }

/**
 * The rows of a list that pass a test which no index answers, enough for a page, and one more where there are more. They are
 * looked at in the list's own order, a thousand with each statement, and others have their turn between two: so that what
 * nearly nothing passes takes its time, and holds nobody up.
 * @param window the next rows of the list: `limit` of them and one more, where there are as many
 */
export async function sifted<R extends { id: string }>(
  { limit, after }: Part,
  window: (part: Part) => Promise<R[]>,
  passes: (row: R) => boolean,
): Promise<R[]> {
  const found: R[] = []
  for (let from = after; ; await setImmediate()) {
    const rows = await window({ limit: WINDOW, after: from })
    for (const row of rows.slice(0, WINDOW)) {
      if (passes(row)) found.push(row)
      if (found.length > limit) return found
    }
    if (rows.length <= WINDOW) return found
    from = rows[WINDOW - 1]?.id
  }
}
