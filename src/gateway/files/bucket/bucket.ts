import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import type { BucketPlace } from '../../../config/files.ts'
import { Bounded } from '../../../core/bounded.ts'
import type { Log } from '../../../core/log.ts'
import { freeOn, Room } from '../room.ts'
import { isKeptId, type Shelf, type Store } from '../store.ts'
import { checkBucket } from './check.ts'
import { bucketFailure } from './failures.ts'
import { type Listed, Objects, type Stretch } from './objects.ts'
import { Segments } from './segments.ts'
import { Spooled } from './spooled.ts'

/** What stands in the place of something that was deleted, until it is swept away: shorter than any description. */
const DELETED = Buffer.from('deleted\n')
const NEWLINE = 0x0a
/** Bytes that are read for a description, and of the longest. */
const [FIRST_LOOK, MOST_OBJECT] = [8192, 65_536]
/** Bytes of a content that are read at once: no connection is held for a client that is slow. */
const AT_ONCE = 524_288
/** Each look asks for every file. */
const SWEEP_MS = 6 * 3_600_000
/** As in a folder; and what is put in parts may take a day. */
const [LEFT_MS, LEFT_PARTS_MS] = [3_600_000, 86_400_000]
/** Segments whose beginnings are read ahead. */
const READ_AHEAD = 8
/** Things of which it is remembered where their contents begin. */
const BEGINNINGS = 1000

/** The first line of an object. */
type Head = {
  /** A name of whoever has put it: so they know it for theirs, where they did not hear that it was put. */
  by: string
  object: object
}

/**
 * A store that is a bucket. A thing is one object, whose first line is its description, and the rest its content: it is put where nothing is, and is there whole or not
 * at all. Nothing that a client says is ever part of a key.
 */
export class Bucket implements Store {
  readonly name: string
  readonly sweepMs = SWEEP_MS
  readonly #objects: Objects
  readonly #log: Pick<Log, 'warn'>
  /** Of this node's disk, where drafts are. */
  readonly #room = new Room(() => freeOn(tmpdir()))
  /** Where the content of a thing begins, by its key, and where it ends: neither ever changes. */
  readonly #contents = new Bounded<string, { begin: number; end: number }>(BEGINNINGS)
  #probing: Promise<void> | null = null

  private constructor(objects: Objects, log: Pick<Log, 'warn'>) {
    this.name = objects.name
    this.#objects = objects
    this.#log = log
  }

  /** @throws Error where the bucket cannot be reached, or something is not allowed that is needed, or its server has not what is needed */
  static async open(place: BucketPlace, log: Pick<Log, 'warn'>): Promise<Bucket> {
    const objects = await Objects.open(place)
    await checkBucket(objects)
    return new Bucket(objects, log)
  }

  async draft(): Promise<Spooled> {
    await this.#room.take(0)
    await this.checkRoom()
    return this.endDraft()
  }

  async endDraft(): Promise<Spooled> {
    return new Spooled(this.#room, this.#put)
  }

  /** A bucket does not say what is left in it: it is asked where the last was refused. */
  async checkRoom(): Promise<void> {
    if (!this.#objects.isDoubtful) return
    this.#probing ??= this.#objects.put('check', Buffer.from('Whether more can be written.\n')).finally(() => {
      this.#probing = null
    })
    await this.#asking(() => this.#probing)
  }

  #put = async (draft: Spooled, object: object, shelf: Shelf, id: string, within?: string): Promise<boolean> => {
    const key = keyOf(shelf, id, within)
    const by = randomBytes(16).toString('hex')
    const head = Buffer.from(`${JSON.stringify({ by, object } satisfies Head)}\n`)
    const content = {
      bytes: head.length + draft.bytes,
      async read(into: Buffer, start: number): Promise<void> {
        const fromHead = start < head.length ? head.copy(into, 0, start) : 0
        await draft.read(into.subarray(fromHead), start + fromHead - head.length)
      },
    }
    try {
      // A put that was not heard of and is tried again finds its own in its place.
      return (await this.#objects.putNew(key, content)) || (await this.#isBy(by, key))
    } catch (error) {
      if (await this.#isBy(by, key)) return true
      throw bucketFailure(error)
    } finally {
      await draft.discard()
    }
  }

  async describe(shelf: Shelf, id: string, within?: string): Promise<object | null | undefined> {
    const found = await this.#find(keyOf(shelf, id, within))
    return found === null ? null : found?.head.object
  }

  async *content(shelf: Shelf, id: string, within?: string): AsyncGenerator<Buffer, void, void> {
    const key = keyOf(shelf, id, within)
    const first = await this.#stretch(key, 0, AT_ONCE)
    const read = this.#described(key, first)
    if (read === null) throw bucketFailure(new Error(`${key} is not there any more`))
    const rest = first.bytes.subarray(read.bytes)
    if (rest.length > 0) yield rest
    yield* this.#rest(key, first)
  }

  async stretch(shelf: Shelf, id: string, at: number, bytes: number): Promise<Buffer> {
    const key = keyOf(shelf, id)
    const { begin, end } = this.#contents.get(key) ?? (await this.#lookInto(key))
    const start = Math.min(begin + at, end)
    if (start === end) return Buffer.alloc(0)
    const read = await this.#stretch(key, start, Math.min(start + bytes, end))
    if (read.of !== end) throw bucketFailure(new Error(`${key} is not there any more`))
    return read.bytes
  }

  async bytesOf(shelf: Shelf, id: string, within?: string): Promise<number> {
    const { begin, end } = await this.#lookInto(keyOf(shelf, id, within))
    return end - begin
  }

  async #lookInto(key: string): Promise<{ begin: number; end: number }> {
    const found = await this.#find(key)
    if (!found) throw bucketFailure(new Error(`${key} is not there any more`))
    const content = { begin: found.bytes, end: found.of }
    this.#contents.set(key, content)
    return content
  }

  async writeBeside(shelf: Shelf, id: string, name: string, text: string): Promise<void> {
    await this.#asking(() => this.#objects.put(`${keyOf(shelf, id)}/${name}`, Buffer.from(text)))
  }

  async readBeside(shelf: Shelf, id: string, name: string): Promise<string | null> {
    const read = await this.#asking(() => this.#objects.read(`${keyOf(shelf, id)}/${name}`, 0, MOST_OBJECT))
    return read === null ? null : read.bytes.toString()
  }

  async adding(shelf: Shelf, id: string, name: string, signal: AbortSignal): Promise<Segments> {
    return new Segments(this.#objects, addedKey(shelf, id) + name, signal, this.#log)
  }

  async *added(shelf: Shelf, id: string): AsyncGenerator<AsyncGenerator<Buffer, void, void>> {
    const ahead: AsyncGenerator<Buffer, void, void>[] = []
    for await (const { key } of this.#list(addedKey(shelf, id))) {
      ahead.push(this.#segment(key, this.#stretch(key, 0, AT_ONCE)))
      const next = ahead.length > READ_AHEAD ? ahead.shift() : undefined
      if (next) yield next
    }
    yield* ahead
  }

  /** @param first of it, which is being read */
  #segment(key: string, first: Promise<Stretch>): AsyncGenerator<Buffer, void, void> {
    // It is told to whoever comes to it.
    first.catch(() => {})
    return async function* (this: Bucket) {
      const read = await first
      yield read.bytes
      yield* this.#rest(key, read)
    }.call(this)
  }

  async delete(shelf: Shelf, id: string): Promise<boolean> {
    const key = keyOf(shelf, id)
    return await this.#asking(async () => {
      const before = await this.#objects.look(key)
      await this.#objects.put(key, DELETED)
      return before !== null && before.bytes > DELETED.length
    })
  }

  async removeWithin(shelf: Shelf, id: string, beginning: string): Promise<void> {
    await this.#objects.remove(keysOf(this.#objects.list(`${keyOf(shelf, id)}/${beginning}`))).catch(() => {})
  }

  async *all(shelf: Shelf): AsyncGenerator<string> {
    for await (const { key } of this.#list(`${shelf}/`, true)) {
      const id = key.slice(shelf.length + 1)
      if (isKeptId(id)) yield id
    }
  }

  async isLeft(shelf: Shelf, id: string): Promise<boolean> {
    const found = await this.#objects.look(keyOf(shelf, id))
    return found !== null && found.at < Date.now() - LEFT_MS
  }

  /** Last the thing itself: as long as it is there it is known that there is something to remove. */
  async remove(shelf: Shelf, id: string): Promise<void> {
    await this.#objects.remove(keysOf(this.#objects.list(`${keyOf(shelf, id)}/`)))
    await this.#objects.remove([keyOf(shelf, id)])
  }

  /** Not every server can list what was begun to be put in parts; those that cannot take it away by themselves. */
  removeLeft(signal: AbortSignal): Promise<number> {
    return this.#objects.endLeft(Date.now() - LEFT_PARTS_MS, signal)
  }

  /** Whether somebody has put something in a place: also those who did not hear of it. */
  async #isBy(by: string, key: string): Promise<boolean> {
    const found = await this.#find(key).catch(() => null)
    return found?.head.by === by
  }

  /** @returns null: it was deleted; undefined: there is no such object */
  async #find(key: string): Promise<{ head: Head; bytes: number; of: number } | null | undefined> {
    for (let most = FIRST_LOOK; ; most = MOST_OBJECT) {
      const read = await this.#asking(() => this.#objects.read(key, 0, most))
      if (read === null) return undefined
      const isWhole = read.bytes.includes(NEWLINE) || most === MOST_OBJECT || read.of <= most
      if (isWhole) return this.#described(key, read)
    }
  }

  #described(key: string, { bytes, of }: Stretch): { head: Head; bytes: number; of: number } | null {
    try {
      const read = headIn(bytes)
      return read && { ...read, of }
    } catch (cause) {
      throw bucketFailure(new Error(`${key} is nothing that was put here`, { cause }))
    }
  }

  /** What is behind the first stretch of an object. */
  async *#rest(key: string, { bytes, of }: Stretch): AsyncGenerator<Buffer, void, void> {
    for (let at = bytes.length; at < of; at += AT_ONCE) {
      const next = await this.#stretch(key, at, Math.min(at + AT_ONCE, of))
      yield next.bytes
    }
  }

  async #stretch(key: string, start: number, end: number): Promise<Stretch> {
    const read = await this.#asking(() => this.#objects.read(key, start, end))
    if (read === null) throw bucketFailure(new Error(`${key} is not there any more`))
    return read
  }

  async *#list(below: string, isFlat = false): AsyncGenerator<Listed> {
    try {
      yield* this.#objects.list(below, isFlat)
    } catch (error) {
      throw bucketFailure(error)
    }
  }

  async #asking<T>(ask: () => Promise<T> | T): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      throw bucketFailure(error)
    }
  }
}

/** @param id one that the gate has made, or that looks like it */
function keyOf(shelf: Shelf, id: string, within?: string): string {
  if (!isKeptId(id)) throw new Error('not an id of ours')
  return within === undefined ? `${shelf}/${id}` : `${keyOf(shelf, within)}/${id}`
}

const addedKey = (shelf: Shelf, id: string) => `${keyOf(shelf, id)}/added/`

async function* keysOf(listed: AsyncIterable<Listed>): AsyncGenerator<string> {
  for await (const { key } of listed) yield key
}

/** The first line of an object, and its bytes; null: it was deleted. @throws where it is none */
function headIn(bytes: Buffer): { head: Head; bytes: number } | null {
  if (bytes.equals(DELETED)) return null
  const end = bytes.indexOf(NEWLINE)
  return { head: JSON.parse(bytes.toString('utf8', 0, end)) as Head, bytes: end + 1 }
}
