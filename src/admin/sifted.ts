import { setImmediate } from 'node:timers/promises'
import type { Db } from '../db/tables.ts'
import { type IsLeft, left } from './left.ts'

/** How many rows one statement looks at, at most. */
const WINDOW = 1000

/** What looks at many rows needs of its call. `now` in Unix seconds. */
export type Looking = { db: Db; now: number; isLeft: IsLeft }

/** Where a list goes on from, how many of it are wanted, and in which direction. */
export type Part = { limit: number; after?: string | undefined; order?: 'asc' | 'desc' }

/**
 * The rows of a list that pass a test which no index answers, enough for a page, and one more where there are more. They are
 * looked at in the list's own order, a thousand with one statement at most, and others have their turn between two: so that
 * what nearly nothing passes takes its time, and holds nobody up.
 * @param isLeft asked between two statements: for who has left no more is looked at
 * @param window the next rows of the list: `limit` of them and one more, where there are as many
 */
export async function sifted<R extends { id: string }>(
  isLeft: IsLeft,
  { limit, ...part }: Part,
  window: (part: Part) => Promise<R[]>,
  passes: (row: R) => boolean,
): Promise<R[]> {
  const found: R[] = []
  let after = part.after
  // What is left out is little as a rule: then the first is enough.
  for (let size = limit; ; size = Math.min(4 * Math.max(size, 16), WINDOW)) {
    const rows = await window({ ...part, limit: size, after })
    for (const row of rows) {
      if (passes(row)) found.push(row)
      if (found.length > limit) return found
    }
    if (rows.length <= size) return found
    after = rows.at(-1)?.id
    await setImmediate()
    if (isLeft()) throw left()
  }
}

/** Whether names hold a text, in whatever letter case and whichever of several ways their characters are written. */
export function searching(text: string | undefined): (...names: (string | null)[]) => boolean {
  if (text === undefined) return () => true
  const wanted = folded(text)
  return (...names) => names.some((name) => name !== null && folded(name).includes(wanted))
}

const folded = (text: string) => text.normalize('NFKC').toLowerCase()
