import type { Job } from '../../background/job.ts'
import type { Log } from '../../core/log.ts'
import { OWN_UPSTREAM } from '../../core/offer.ts'
import type { Upstream } from '../upstreams/forwarding.ts'
import { Folder } from './folder.ts'
import { KeptBatches } from './kept-batches.ts'
import { KeptFiles } from './kept-files.ts'
import { KeptUploads } from './kept-uploads.ts'
import { ownServer } from './own-server.ts'
import type { Store } from './store.ts'
import { sweep } from './sweep.ts'

/** What the gate keeps itself. */
export type Kept = {
  /** The server that has it, by its name. */
  servers: ReadonlyMap<string, Upstream>
  /** Those that it runs; null: there is no folder. */
  batches: KeptBatches | null
  /** What is to be done beside calls: by one of all who share the folder, which is one of all who share the database. */
  jobs: readonly Job[]
}

export const NOTHING_KEPT: Kept = { servers: new Map(), batches: null, jobs: [] }

/**
 * Opens the folder of what the gate keeps itself.
 * @throws Error where that cannot be written to: a start that would refuse every file is none
 */
export async function openKept(
  path: string,
  { now, log }: { now: () => number; log: Pick<Log, 'info' | 'warn'> },
): Promise<Kept> {
  const store: Store = await Folder.open(path).catch((cause: Error) => {
    throw new Error(`GATEHOUSE_FILES: ${path} cannot be written to: ${cause.message}`, { cause })
  })
  const seconds = () => Math.floor(now() / 1000)
  const files = new KeptFiles(store, seconds)
  const uploads = new KeptUploads(files, seconds)
  const batches = new KeptBatches(files, seconds)
  const run = (signal: AbortSignal) => sweep({ store, uploads, batches, now: seconds, log }, signal)
  return {
    servers: new Map([[OWN_UPSTREAM, ownServer({ files, uploads, batches, log })]]),
    batches,
    jobs: [{ name: 'files that are over', everyMs: store.sweepMs, run }],
  }
}
