import {
  brotliCompressSync,
  deflateSync,
  gzipSync,
  type InputType,
  constants as zlib,
  zstdCompressSync,
} from 'node:zlib'

/** What writes each content coding that is read, by the name that a client gives it. */
export const CODERS: Readonly<Record<string, (bytes: InputType) => Buffer>> = {
  gzip: gzipSync,
  deflate: deflateSync,
  br: (bytes) => brotliCompressSync(bytes, { params: { [zlib.BROTLI_PARAM_QUALITY]: 4 } }),
  zstd: zstdCompressSync,
}

/** A frame of `zstd` whose window is 16 MB: for files, and not for HTTP. */
export const largeWindow = (bytes: InputType): Buffer =>
  zstdCompressSync(bytes, { params: { [zlib.ZSTD_c_windowLog]: 24, [zlib.ZSTD_c_contentSizeFlag]: 0 } })
