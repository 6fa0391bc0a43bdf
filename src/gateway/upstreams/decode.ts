import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress, constants as zlib } from 'node:zlib'

/** Every part is decoded as it comes, so that a stream of events stays one. */
const decoders: Record<string, () => Transform> = {
  gzip: () => createGunzip({ flush: zlib.Z_SYNC_FLUSH }),
  'x-gzip': () => createGunzip({ flush: zlib.Z_SYNC_FLUSH }),
  deflate: () => createInflate({ flush: zlib.Z_SYNC_FLUSH }),
  br: () => createBrotliDecompress({ flush: zlib.BROTLI_OPERATION_FLUSH }),
  zstd: () => createZstdDecompress({ flush: zlib.ZSTD_e_flush }),
}

/**
 * What makes a body readable that an upstream compressed although it was asked not to. Null: it is as it is.
 * @throws Error for a coding that nobody can read here
 */
export function decoderFor(coding: string | undefined): Transform | null {
  if (coding === undefined || coding === '') return null
  const name = coding.trim().toLowerCase()
  if (name === 'identity') return null
  const make = Object.hasOwn(decoders, name) ? decoders[name] : undefined
  if (!make) throw new Error(`the model server answered in the content coding '${name.slice(0, 100)}'`)
  return make()
}
