import { existsSync } from 'node:fs'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { openKept } from '../../../src/gateway/files/open.ts'
import { serve, until } from '../../process/gatehouse.ts'
import { type Asked, BUCKET, startBucket, type TestBucket } from '../../support/bucket/bucket.ts'
import { type DatabaseKind, openTestDatabase } from '../../support/databases.ts'
import { ADMIN_KEY } from '../../support/harness.ts'
import type { HeldAct } from '../../support/held-files.ts'
import { projectAt } from '../owned/forms.ts'
import { bucketStore, folderStore, keptFolder, type StoreKind } from './kept.ts'

/*
 * A server as a process of its own that keeps files itself: it can be killed at a moment of its work in its store, and another begin where it was.
 */

/** A moment of a server's work, in a folder and in a bucket: before something is done there, or when it is done and the server has not heard. */
export type StoreMoment = {
  /** An act on the file system with its paths: `open …`, `rename … …`. */
  folder: string
  /** What a bucket is asked, and of which key. */
  bucket: [name: string, key: string]
  moment: HeldAct['moment']
}

/** Until the work comes to it. It stays there. */
type Hold = (moment: StoreMoment) => Promise<{ isReached: () => boolean }>

const HELD_FILES = new URL('../../support/held-files.ts', import.meta.url).href
/** After which nobody writes any more to what a server has left, whatever the store. */
const OLD_MS = 2 * 86_400_000

export async function startKeptKillable(database: DatabaseKind, kind: StoreKind) {
  await using stack = new AsyncDisposableStack()
  const own = stack.use(await openTestDatabase(database))
  const place = stack.use(kind === 'folder' ? await inFolder() : await inBucket())
  const env = {
    ...{ GATEHOUSE_DATABASE_URL: own.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY, ...place.store.env, ...place.env },
    ...{ GATEHOUSE_UPSTREAM_URL: 'http://127.0.0.1:9/v1', GATEHOUSE_WORKERS: '2' },
  }
  let server = await serve({ env })
  stack.defer(() => server[Symbol.asyncDispose]())
  const [a, b] = [await projectAt(server.url, ADMIN_KEY), await projectAt(server.url, ADMIN_KEY)]
  const clientOf = (apiKey: string) => new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 })
  const rest = stack.move()
  return {
    store: place.store,
    /** What is left of uploads, by any names. */
    uploads: place.uploads,
    url: () => server.url,
    key: a.key,
    /** At the server that runs now: the project's, and another's. */
    client: () => clientOf(a.key),
    stranger: () => clientOf(b.key),
    hold: place.hold,
    async kill(): Promise<void> {
      server.signal('SIGKILL')
      await server.ended
    },
    async startAgain(): Promise<void> {
      await place.letGo()
      server = await serve({ env })
    },
    /** Looks once, as servers do by and by, for what is over by then. What was begun has been left for long. */
    async sweepLater(): Promise<void> {
      await place.age()
      const now = () => Date.now() + OLD_MS
      const { jobs } = await openKept(place.at, { now, log: { info() {}, warn() {} } })
      for (const { run } of jobs) await run(new AbortController().signal)
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

async function inFolder() {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await keptFolder())
  const beside = await mkdtemp(join(tmpdir(), 'gatehouse-held-'))
  stack.defer(() => rm(beside, { recursive: true, force: true }))
  const heldAt = join(beside, 'act.json')
  const say = (act: HeldAct | null) => writeFile(heldAt, JSON.stringify(act))
  await say(null)
  const hold: Hold = async ({ folder: act, moment }) => {
    await say({ act, moment })
    return { isReached: () => existsSync(`${heldAt}.reached`) }
  }
  const rest = stack.move()
  return {
    store: folderStore(folder),
    at: { folder: folder.path },
    env: { NODE_OPTIONS: `--import=${HELD_FILES}`, HELD_AT: heldAt },
    uploads: async () => (await folder.list('uploads')).filter((path) => path.includes('upload_')),
    hold,
    async letGo() {
      await say(null)
      await rm(`${heldAt}.reached`, { force: true })
    },
    async age() {
      const old = new Date(Date.now() - OLD_MS)
      for (const path of await folder.list('drafts')) await utimes(join(folder.path, 'drafts', path), old, old)
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

async function inBucket() {
  const bucket: TestBucket = await startBucket()
  const { objects } = bucket
  const hold: Hold = async ({ bucket: [name, key], moment }) => {
    let isReached = false
    const reach = () => {
      isReached = true
    }
    bucket.fail((asked: Asked) => {
      if (asked.name !== name || !new RegExp(key).test(asked.key)) return undefined
      if (moment === 'answer') return { isDone: reach }
      reach()
      return 'silent'
    })
    return { isReached: () => isReached }
  }
  return {
    store: bucketStore(bucket),
    at: { bucket: BUCKET, prefix: 'gate/', isPathStyle: true },
    env: {},
    uploads: async () => objects.keys('gate/uploads/'),
    hold,
    letGo: async () => bucket.heal(),
    async age() {
      for (const upload of objects.uploads.values()) upload.at -= OLD_MS
    },
    [Symbol.asyncDispose]: () => bucket[Symbol.asyncDispose](),
  }
}

/** Kills a server when it has come to a moment. @returns what becomes of a call that it will never answer */
export async function killAt(
  it: Awaited<ReturnType<typeof startKeptKillable>>,
  moment: StoreMoment,
  call: () => Promise<unknown>,
): Promise<unknown> {
  const hold = await it.hold(moment)
  const untold = call().catch(() => null)
  await until(hold.isReached, `the server to come to ${moment.folder}`)
  await it.kill()
  return untold
}
