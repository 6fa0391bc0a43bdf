import type { Job } from '../../background/job.ts'
import type { FilesPlace } from '../../config/files.ts'
import type { Log } from '../../core/log.ts'
import { OWN_UPSTREAM } from '../../core/offer.ts'
import type { Upstream } from '../upstreams/forwarding.ts'
import { Bucket } from './bucket/bucket.ts'
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
  /** Those that it runs; null: it keeps nothing. */
  batches: KeptBatches | null
  /** What is to be done beside calls: by one of all who share the store, which is one of all who share the database. */
  jobs: readonly Job[]
}

export const NOTHING_KEPT: Kept = { servers: new Map(), batches: null, jobs: [] }

/**
 * Opens the store of what the gate keeps itself.
 * @throws Error where that cannot be written to: a start that would refuse every file is none
 */
export async function openKept(
  place: FilesPlace,
  parts: { now: () => number; log: Pick<Log, 'info' | 'warn'> },
): Promise<Kept> {
  const { now, log } = parts
  const store = await openStore(place, log)
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

async function openStore(place: FilesPlace, log: Pick<Log, 'warn'>): Promise<Store> {
  if ('folder' in place)
    return await Folder.open(place.folder).catch((cause: Error) => {
      throw new Error(`GATEHOUSE_FILES: ${place.folder} cannot be written to: ${cause.message}`, { cause })
    })
  return await Bucket.open(place, log).catch((cause: Error) => {
    throw new Error(`GATEHOUSE_FILES: s3://${place.bucket}/${place.prefix} cannot be used: ${cause.message}`, { cause })
  })
}
