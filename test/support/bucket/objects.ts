import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Something that a bucket of the tests has: its bytes are in files, so that large ones hold no memory. */
export type Kept = { pieces: readonly Piece[]; bytes: number; at: number; etag: string }
type Piece = { path: string; bytes: number }
type Upload = { key: string; at: number; parts: Map<number, Kept> }

/** The parts of an upload, in the order of their numbers. */
export const partsOf = ({ parts }: Upload): Kept[] => [...parts].sort(([a], [b]) => a - b).map(([, part]) => part)

/** What a bucket has, and what is being put there in parts. */
export class BucketObjects {
  readonly all = new Map<string, Kept>()
  readonly uploads = new Map<string, Upload>()
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(): Promise<BucketObjects> {
    return new BucketObjects(await mkdtemp(join(tmpdir(), 'gatehouse-bucket-')))
  }

  /** The keys that begin so, in their order. */
  keys = (prefix = '') => [...this.all.keys()].filter((key) => key.startsWith(prefix)).sort()

  async text(key: string): Promise<string> {
    const kept = this.#found(key)
    return (await this.read(kept, 0, kept.bytes)).toString()
  }

  async put(key: string, content: Buffer | string): Promise<Kept> {
    const kept = await this.#write(Buffer.from(content))
    this.all.set(key, kept)
    return kept
  }

  remove(key: string): void {
    this.all.delete(key)
  }

  /** As if it had been written then. @param at Unix milliseconds */
  age(key: string, at: number): void {
    this.#found(key).at = at
  }

  begin(key: string): string {
    const id = randomBytes(8).toString('hex')
    this.uploads.set(id, { key, at: Date.now(), parts: new Map() })
    return id
  }

  async putPart(upload: Upload, number: number, content: Buffer): Promise<Kept> {
    const part = await this.#write(content)
    upload.parts.set(number, part)
    return part
  }

  /** Makes one object of parts, in the order of their numbers. */
  complete(id: string, upload: Upload): Kept {
    const parts = partsOf(upload)
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
    const etag = `"${upload.key.length}-${parts.length}"`
    const whole = { pieces: parts.flatMap(({ pieces }) => pieces), bytes, at: Date.now(), etag }
    this.uploads.delete(id)
    this.all.set(upload.key, whole)
    return whole
  }

  async read({ pieces }: Kept, start: number, end: number): Promise<Buffer> {
    const read: Buffer[] = []
    let at = 0
    for (const { path, bytes } of pieces) {
      const [from, to] = [Math.max(start - at, 0), Math.min(end - at, bytes)]
      at += bytes
      if (from >= to) continue
      await using file = await open(path)
      const { buffer } = await file.read(Buffer.alloc(to - from), 0, to - from, from)
      read.push(buffer)
    }
    return Buffer.concat(read)
  }

  [Symbol.asyncDispose] = () => rm(this.#folder, { recursive: true, force: true })

  #found(key: string): Kept {
    const kept = this.all.get(key)
    if (!kept) throw new Error(`there is no ${key}`)
    return kept
  }

  async #write(content: Buffer): Promise<Kept> {
    const path = join(this.#folder, randomBytes(8).toString('hex'))
    await writeFile(path, content)
    const etag = `"${createHash('md5').update(content).digest('hex')}"`
    return { pieces: [{ path, bytes: content.length }], bytes: content.length, at: Date.now(), etag }
  }
}
