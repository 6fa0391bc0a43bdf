import {
  type BrotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  type Gunzip,
  type Inflate,
  type ZstdDecompress,
  constants as zlib,
} from 'node:zlib'

type Decoder = Gunzip | Inflate | BrotliDecompress | ZstdDecompress

/** How a coding is undone: what comes is decoded at once, so that a stream of events stays one. */
export type Coding = {
  make: () => Decoder
  /** Bytes of what came out that a decoder can keep, to go back to. */
  window: number
}

/** A `zstd` of a larger window is for files, not for HTTP (RFC 9659), and whoever writes one says how much memory it takes. */
const ZSTD_WINDOW_LOG = 23
const gzip: Coding = { make: () => createGunzip({ flush: zlib.Z_SYNC_FLUSH }), window: 32_768 }
const codings: Readonly<Record<string, Coding>> = {
  gzip,
  'x-gzip': gzip,
  deflate: { make: () => createInflate({ flush: zlib.Z_SYNC_FLUSH }), window: 32_768 },
  br: { make: () => createBrotliDecompress({ flush: zlib.BROTLI_OPERATION_FLUSH }), window: 2 ** 24 },
  zstd: {
    make: () =>
      createZstdDecompress({ flush: zlib.ZSTD_e_flush, params: { [zlib.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
    window: 2 ** ZSTD_WINDOW_LOG,
  },
}

/** The names of the content codings that are read. */
export const CODINGS: readonly string[] = ['gzip', 'deflate', 'br', 'zstd']

/**
 * How a body is coded.
 * @param header its `content-encoding`
 * @returns `plain` for one that is as it is; null for a coding that is not read, and for several at once
 */
export function codingOf(header: string | undefined): Coding | 'plain' | null {
  const name = header?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'identity') return 'plain'
  return Object.hasOwn(codings, name) ? (codings[name] ?? null) : null
}

/** What came is not in the coding that it was said to be in, ends too early, or has more behind its end. */
export class Undecodable extends Error {
  override readonly name = 'Undecodable'
}

/** Undoes a coding piece by piece, no faster than what comes out is taken. */
export class Decoding {
  readonly #decoder: Decoder
  readonly #over: Promise<void>
  #came = 0

  /** @param take what it throws ends the decoding; where it returns a promise, nothing more comes out until that resolves */
  constructor(coding: Coding, take: (chunk: Buffer) => Promise<void> | undefined) {
    const decoder = coding.make()
    this.#decoder = decoder
    this.#over = new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        reject(error)
        decoder.destroy()
      }
      decoder.on('data', (chunk: Buffer) => {
        // What was decoded ahead is nobody's any more.
        if (decoder.destroyed) return
        try {
          const taken = take(chunk)
          if (taken === undefined) return
          decoder.pause()
          taken.then(() => void decoder.resume(), fail)
        } catch (error) {
          fail(error)
        }
      })
      decoder.once('end', resolve).on('error', (error: Error & { code?: string }) => {
        reject(lacksMemory(error.code) ? error : new Undecodable(error.message))
      })
    })
    // Heard by whoever writes or ends; one that was closed has nobody left to tell.
    this.#over.catch(() => {})
  }

  /** Resolves when it is decoded and was taken. @throws Undecodable; whatever `take` throws */
  write(chunk: Uint8Array): Promise<void> {
    this.#came += chunk.length
    const decoded = new Promise<void>((resolve) => void this.#decoder.write(chunk, () => resolve()))
    return Promise.race([this.#over, decoded])
  }

  /** There is no more; without anything there was nothing to decode. @throws like `write` */
  async end(): Promise<void> {
    if (this.#came === 0) return
    this.#decoder.end()
    await this.#over
    if (this.#decoder.bytesWritten < this.#came) throw new Undecodable('there is more behind its end')
  }

  /** Stops it, wherever it is; as often as one likes. */
  close(): void {
    this.#decoder.destroy()
  }
}

/** No fault of what came. */
const lacksMemory = (code = '') => /mem|alloc/i.test(code)
