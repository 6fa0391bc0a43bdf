import type { Log } from '../../core/log.ts'
import { isMissing, storageFailure } from './failures.ts'
import type { FileObject } from './file-objects.ts'
import type { KeptBatches } from './kept-batches.ts'
import type { KeptUploads } from './kept-uploads.ts'
import { type Shelf, type Store, shelves } from './store.ts'

export type SweepParts = {
  store: Store
  uploads: Pick<KeptUploads, 'isOver'>
  batches: Pick<KeptBatches, 'isOver'>
  /** Unix seconds. */
  now: () => number
  log: Pick<Log, 'info' | 'warn'>
}

/**
 * Takes away what nobody can have any more: what was begun and not ended, as where a server was killed, what has expired, and what is left of what
 * was deleted. It may run anywhere at any time, and beside itself.
 * @param signal ends it behind the thing at hand
 */
export async function sweep(parts: SweepParts, signal: AbortSignal): Promise<void> {
  const { store, log } = parts
  let removed = 0
  let failed: unknown = null
  const note = (error: unknown) => {
    // Somebody else may have taken it away.
    if (!isMissing(error)) failed ??= error
  }
  removed += await store.removeLeft(signal).catch((error) => {
    note(error)
    return 0
  })
  const overOn: Record<Shelf, (id: string) => Promise<boolean>> = {
    files: (id) => isFileOver(parts, id),
    uploads: (id) => parts.uploads.isOver(id),
    batches: (id) => parts.batches.isOver(id),
  }
  for (const shelf of shelves) {
    for await (const id of store.all(shelf)) {
      if (signal.aborted) return
      try {
        if (!(await overOn[shelf](id))) continue
        await store.remove(shelf, id)
        removed++
      } catch (error) {
        note(error)
      }
    }
  }
  if (removed > 0) log.info({ removed }, 'files that are over were taken away')
  if (failed !== null) throw storageFailure(failed)
}

async function isFileOver({ store, now }: SweepParts, id: string): Promise<boolean> {
  const file = (await store.describe('files', id)) as FileObject | null | undefined
  if (file === null) return store.isLeft('files', id)
  if (file === undefined) return false
  // Whoever asks at this moment is still told that it is gone, and not that it is elsewhere.
  if (file.expires_at !== null && file.expires_at <= now()) await store.delete('files', id)
  return false
}
