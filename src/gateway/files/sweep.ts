import { lstat, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Log } from '../../core/log.ts'
import { isMissing, storageFailure } from './failures.ts'
import type { FileObject } from './file-objects.ts'
import type { Folder } from './folder.ts'
import type { KeptBatches } from './kept-batches.ts'
import type { KeptUploads } from './kept-uploads.ts'

/** Milliseconds after which nobody writes any more to what nobody has written to: a client that stands still is cut long before. */
const LEFT_MS = 3_600_000

export type SweepParts = {
  folder: Folder
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
  const { folder, log } = parts
  let removed = 0
  let failed: unknown = null
  const each = async (place: string, isOver: (place: string) => Promise<boolean>) => {
    try {
      if (!(await isOver(place))) return
      await folder.remove(place)
      removed++
    } catch (error) {
      // Somebody else may have taken it away.
      if (!isMissing(error)) failed ??= error
    }
  }
  for (const draft of await folder.drafts()) {
    if (signal.aborted) return
    await each(draft, isLeft)
  }
  for await (const file of folder.all('files')) {
    if (signal.aborted) return
    await each(file, (place) => isFileOver(parts, place))
  }
  for await (const upload of folder.all('uploads')) {
    if (signal.aborted) return
    await each(upload, (place) => parts.uploads.isOver(basename(place)))
  }
  for await (const batch of folder.all('batches')) {
    if (signal.aborted) return
    await each(batch, (place) => parts.batches.isOver(basename(place)))
  }
  if (removed > 0) log.info({ removed }, 'files that are over were taken away')
  if (failed !== null) throw storageFailure(failed)
}

/** Whether what is in a folder has not been written to for long. By the file system's own time: nobody sets that. */
async function isLeft(place: string): Promise<boolean> {
  const within = await readdir(place).catch(() => [])
  let newest = 0
  for (const path of [place, ...within.map((name) => join(place, name))]) {
    const { mtimeMs } = await lstat(path)
    newest = Math.max(newest, mtimeMs)
  }
  return newest < Date.now() - LEFT_MS
}

async function isFileOver({ folder, now }: SweepParts, place: string): Promise<boolean> {
  const id = basename(place)
  const file = (await folder.describe('files', id)) as FileObject | null | undefined
  if (file === null) return isLeft(place)
  if (file === undefined) return false
  // Whoever asks at this moment is still told that it is gone, and not that it is elsewhere.
  if (file.expires_at !== null && file.expires_at <= now()) await folder.delete('files', id)
  return false
}
