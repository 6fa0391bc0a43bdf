import { addAbortSignal, type Readable } from 'node:stream'
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import type { BucketPlace } from '../../../config/files.ts'
import { Buffers } from './buffers.ts'
import { BucketError, bucketError } from './failures.ts'

type Sdk = typeof import('@aws-sdk/client-s3')

/** An object as a list shows it: its key without the prefix, its bytes, and when it was written by the server's own time, in Unix milliseconds. */
export type Listed = { key: string; bytes: number; at: number }
/** A stretch of an object, and how many bytes all of it has. */
export type Stretch = { bytes: Buffer; of: number }
/** What is to be put: so many bytes, of which it reads some into a buffer, from a position on. */
export type Content = { bytes: number; read: (into: Buffer, start: number) => Promise<void> }

/** Bytes of a part of what is put in several: the fewest that one may have. */
const PART = 5 * 1024 * 1024
const MOST_PARTS = 10_000
/** Parts that are held at once, of all that is put; the others wait. */
const PARTS_AT_ONCE = 4
const PARTS_OF_ONE = 2
/** Milliseconds for a connection, for an answer to begin, and for all tries of one call. */
const [CONNECT_MS, ANSWER_MS, CALL_MS] = [3000, 20_000, 60_000]
/** Milliseconds for the parts of something large to be made one: servers may take minutes. */
const WHOLE_MS = 300_000
const SOCKETS = 128
/** How often a stretch is read that breaks off. */
const MOST_READS = 3
/** How often something is put where the server says that somebody else is putting it. */
const MOST_PUTS = 5
const REMOVED_AT_ONCE = 8

/** What a server says of a condition that does not hold, and of one that another request is in the way of. */
const [TAKEN, IN_THE_WAY] = [412, 409]

/**
 * The objects of a bucket below a prefix. Everything here throws `BucketError`, and a call that was not understood is tried again by the client itself.
 */
export class Objects {
  readonly name: string
  readonly #sdk: Sdk
  readonly #client: S3Client
  readonly #place: BucketPlace
  readonly #parts = new Buffers(PARTS_AT_ONCE, PART)
  /** Whether the last that was to be written was not. */
  isDoubtful = false

  private constructor(sdk: Sdk, place: BucketPlace) {
    this.name = `s3://${place.bucket}/${place.prefix}`
    this.#sdk = sdk
    this.#place = place
    this.#client = new sdk.S3Client(configOf(place))
  }

  /** @throws Error where the client is not installed */
  static async open(place: BucketPlace): Promise<Objects> {
    return new Objects(await loadSdk(), place)
  }

  /** Reads a stretch. @param end the position behind its last byte @returns less where there is no more; null: there is no such object */
  async read(key: string, start: number, end: number): Promise<Stretch | null> {
    for (let reads = 1; ; reads++) {
      try {
        return await this.#read(key, start, end)
      } catch (error) {
        const failure = bucketError(`GetObject ${key}`, error)
        if (failure.status === 404) return null
        // The client tries again what is not answered, and not what breaks off in the middle of an answer.
        if (failure.status !== null || reads >= MOST_READS) throw failure
      }
    }
  }

  async #read(key: string, start: number, end: number): Promise<Stretch> {
    const signal = AbortSignal.timeout(CALL_MS)
    const range = { ...this.#at(key), Range: `bytes=${start}-${end - 1}` }
    const reply = await this.#client.send(new this.#sdk.GetObjectCommand(range), { abortSignal: signal })
    const pieces: Buffer[] = []
    for await (const piece of addAbortSignal(signal, reply.Body as Readable)) pieces.push(piece)
    const bytes = Buffer.concat(pieces)
    const of = Number(/\/(\d+)$/.exec(reply.ContentRange ?? '')?.[1] ?? reply.ContentLength ?? bytes.length)
    if (bytes.length !== Math.min(end, of) - start)
      throw new Error(`${bytes.length} bytes came of the ${end - start} from ${start} on, of ${of}`)
    return { bytes, of }
  }

  /** @returns null: there is no such object */
  async look(key: string): Promise<Listed | null> {
    try {
      const { ContentLength, LastModified } = await this.#send(new this.#sdk.HeadObjectCommand(this.#at(key)))
      return { key, bytes: ContentLength ?? 0, at: LastModified?.getTime() ?? Date.now() }
    } catch (error) {
      const failure = bucketError(`HeadObject ${key}`, error)
      if (failure.status === 404) return null
      throw failure
    }
  }

  /** Puts something small, in place of what was there. */
  async put(key: string, body: Buffer): Promise<void> {
    await this.#writing(`PutObject ${key}`, () => this.#send(this.#putting(key, body)))
  }

  /** Puts something where nothing is, be it in parts. @returns whether it did */
  async putNew(key: string, content: Content): Promise<boolean> {
    if (content.bytes > PART) return await this.putNewInParts(key, content)
    return await this.#parts.within(content.bytes, async (body) => {
      await content.read(body, 0)
      return await this.#ifNew(`PutObject ${key}`, () => this.#send(this.#putting(key, body, '*')))
    })
  }

  /** As `putNew`. What was put of it is nothing until it is whole. */
  async putNewInParts(key: string, content: Content): Promise<boolean> {
    const at = this.#at(key)
    const { UploadId } = await this.#writing(`CreateMultipartUpload ${key}`, () =>
      this.#send(new this.#sdk.CreateMultipartUploadCommand(at)),
    )
    try {
      const Parts = await this.#putParts(key, UploadId, content)
      const complete = { ...at, UploadId, MultipartUpload: { Parts }, IfNoneMatch: '*' }
      const isNew = await this.#ifNew(`CompleteMultipartUpload ${key}`, () =>
        this.#send(new this.#sdk.CompleteMultipartUploadCommand(complete), {
          ...{ requestTimeout: WHOLE_MS, abortSignal: AbortSignal.timeout(WHOLE_MS) },
        }),
      )
      if (!isNew) await this.#abort(key, UploadId)
      return isNew
    } catch (error) {
      await this.#abort(key, UploadId)
      throw error
    }
  }

  async #putParts(key: string, UploadId: string | undefined, { bytes, read }: Content) {
    const size = Math.max(PART, Math.ceil(bytes / MOST_PARTS))
    const parts = Array.from({ length: Math.ceil(bytes / size) }, (_, i) => ({ PartNumber: i + 1, ETag: '' }))
    const put = async (part: (typeof parts)[number], Body: Buffer) => {
      const { PartNumber } = part
      await read(Body, (PartNumber - 1) * size)
      const command = new this.#sdk.UploadPartCommand({ ...this.#at(key), UploadId, PartNumber, Body })
      const { ETag = '' } = await this.#writing(`UploadPart ${key}`, () => this.#send(command))
      part.ETag = ETag
    }
    const left = parts.values()
    let isOver = false
    // Each asks for a place anew, behind whoever else waits: what is small is not held up until all of something large is there.
    const putEach = async () => {
      for (const part of left) {
        if (isOver) return
        const length = Math.min(size, bytes - (part.PartNumber - 1) * size)
        await this.#parts
          .within(length, (body) => put(part, body))
          .catch((error) => {
            isOver = true
            throw error
          })
      }
    }
    const all = Array.from({ length: PARTS_OF_ONE }, putEach)
    // None is on its way any more when it is said that one has failed.
    await Promise.allSettled(all)
    await Promise.all(all)
    return parts
  }

  /** Never throws: what is left of it is nothing, and swept away. */
  async #abort(key: string, UploadId: string | undefined): Promise<void> {
    await this.#send(new this.#sdk.AbortMultipartUploadCommand({ ...this.#at(key), UploadId })).catch(() => {})
  }

  /**
   * What stands below a key, in the order of the keys.
   * @param isFlat without what stands below a further slash
   */
  async *list(below: string, isFlat = false): AsyncGenerator<Listed> {
    const { bucket: Bucket, prefix } = this.#place
    for (let token: string | undefined; ; ) {
      const page = await this.#asking(`ListObjectsV2 ${below}`, () =>
        this.#send(
          new this.#sdk.ListObjectsV2Command({
            ...{ Bucket, Prefix: prefix + below, EncodingType: 'url' },
            ...(isFlat && { Delimiter: '/' }),
            ...(token !== undefined && { ContinuationToken: token }),
          }),
        ),
      )
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
        const key = decoded(Key, page).slice(prefix.length)
        yield { key, bytes: Size, at: LastModified?.getTime() ?? Date.now() }
      }
      token = page.NextContinuationToken
      if (!page.IsTruncated || token === undefined) return
    }
  }

  /** Also where there is none of these keys. */
  async remove(keys: AsyncIterable<string> | Iterable<string>): Promise<void> {
    const under = new Set<Promise<void>>()
    let failure: unknown = null
    for await (const key of keys) {
      const one = this.#asking(`DeleteObject ${key}`, () =>
        this.#send(new this.#sdk.DeleteObjectCommand(this.#at(key))),
      )
        .then(() => {})
        .catch((error) => {
          failure ??= error
        })
        .finally(() => under.delete(one))
      under.add(one)
      if (under.size >= REMOVED_AT_ONCE) await Promise.race(under)
    }
    await Promise.all(under)
    if (failure !== null) throw failure
  }

  /** Ends what was begun to be put in parts and has not been ended since. @param before Unix milliseconds @returns how many */
  async endLeft(before: number, signal: AbortSignal): Promise<number> {
    const { bucket: Bucket, prefix: Prefix } = this.#place
    let ended = 0
    for (let KeyMarker: string | undefined, UploadIdMarker: string | undefined; !signal.aborted; ) {
      const asked = { Bucket, Prefix, KeyMarker, UploadIdMarker, EncodingType: 'url' as const }
      const page = await this.#asking('ListMultipartUploads', () =>
        this.#send(new this.#sdk.ListMultipartUploadsCommand(asked)),
      )
      for (const { Key = '', UploadId, Initiated } of page.Uploads ?? []) {
        if (signal.aborted || (Initiated?.getTime() ?? before) >= before) continue
        await this.#abort(decoded(Key, page).slice(Prefix.length), UploadId)
        ended++
      }
      if (!page.IsTruncated) break
      KeyMarker = decoded(page.NextKeyMarker ?? '', page)
      UploadIdMarker = page.NextUploadIdMarker
    }
    return ended
  }

  #at = (key: string) => ({ Bucket: this.#place.bucket, Key: this.#place.prefix + key })

  #putting(key: string, Body: Buffer, IfNoneMatch?: '*') {
    return new this.#sdk.PutObjectCommand({ ...this.#at(key), Body, ...(IfNoneMatch && { IfNoneMatch }) })
  }

  #send: S3Client['send'] = ((command: never, options?: object) =>
    this.#client.send(command, { abortSignal: AbortSignal.timeout(CALL_MS), ...options })) as S3Client['send']

  async #asking<T>(asked: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      throw bucketError(asked, error)
    }
  }

  async #writing<T>(asked: string, ask: () => Promise<T>): Promise<T> {
    try {
      const said = await this.#asking(asked, ask)
      this.isDoubtful = false
      return said
    } catch (error) {
      this.isDoubtful = !(error instanceof BucketError && error.status === TAKEN)
      throw error
    }
  }

  async #ifNew(asked: string, ask: () => Promise<unknown>): Promise<boolean> {
    for (let puts = 1; ; puts++) {
      try {
        await this.#writing(asked, ask)
        return true
      } catch (error) {
        if (!(error instanceof BucketError)) throw error
        if (error.status === TAKEN) return false
        if (error.status !== IN_THE_WAY || puts >= MOST_PUTS) throw error
      }
    }
  }
}

/** As lists are asked to write keys: whatever somebody has put there is text then. Not every server does. */
const decoded = (key: string, { EncodingType }: { EncodingType?: string | undefined }) =>
  EncodingType === 'url' ? decodeURIComponent(key.replaceAll('+', ' ')) : key

function configOf({ isPathStyle }: BucketPlace): S3ClientConfig {
  const nothing = () => {}
  const requestHandler = {
    ...{ connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS, socketTimeout: ANSWER_MS },
    throwOnRequestTimeout: true,
    ...{ httpAgent: { maxSockets: SOCKETS }, httpsAgent: { maxSockets: SOCKETS } },
  }
  return {
    requestHandler,
    forcePathStyle: isPathStyle,
    // It would write to standard error beside the log.
    logger: { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
  }
}

async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-s3')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new Error('its client is not installed: npm install --no-save @aws-sdk/client-s3@3', { cause })
  }
}
