import { crc32 } from 'node:zlib'
import type { BatchName } from '../../db/usage-batch.ts'
import type { BufferedUsage } from '../usage-buffer.ts'

/** Rows that are written together, under the name that the database counts them once by. */
export type NamedBatch = { name: Pick<BatchName, 'writer' | 'batch'>; rows: BufferedUsage[] }

const NEWLINE = 0x0a

/** A batch as a line of a file: a checksum of what follows, how many rows it has, and itself. */
export function lineOf(batch: NamedBatch): Buffer {
  const text = Buffer.from(` ${batch.rows.length} ${JSON.stringify(batch)}`)
  return Buffer.concat([Buffer.from(sumOf(text)), text, Buffer.of(NEWLINE)])
}

/** The whole lines of a file. Of one that was being written when its process ended there is no end, and it is none. */
export function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let begin = 0, end = bytes.indexOf(NEWLINE); end >= 0; begin = end + 1, end = bytes.indexOf(NEWLINE, begin)) {
    const line = bytes.subarray(begin, end)
    if (line.toString('latin1', 0, 8) === sumOf(line.subarray(8))) yield line
  }
}

/** @param line one of `linesOf` */
export function rowsOf(line: Buffer): number {
  return Number.parseInt(line.toString('latin1', 9, 24), 10)
}

/** @param line one of `linesOf` */
export function batchOf(line: Buffer): NamedBatch {
  return JSON.parse(line.toString('utf8', line.indexOf('{')))
}

const sumOf = (bytes: Buffer) => crc32(bytes).toString(16).padStart(8, '0')
