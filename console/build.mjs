/*
 * Builds the console into console/dist: npm does it after an installation. This file is JavaScript, for an installation without the
 * packages that build runs on whatever Node.js the system has.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const root = import.meta.dirname
/** Bytes below which a file is sent as it is: compressed it would be no packet less. */
const LEAST = 1024

const vite = await import('vite').catch(() => null)
if (vite === null) process.stdout.write('There is no console: the packages that build it are not installed.\n')
else {
  await vite.build({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn' })
  compress(join(root, 'dist'))
}

/** Beside each text of the build what is sent in its place: brotli, and gzip for browsers that are not asked over TLS. */
function compress(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    if (!/\.(js|css|html|svg)$/.test(entry.name)) continue
    const bytes = readFileSync(file)
    if (bytes.length < LEAST) continue
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
    writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }))
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }))
  }
}
