import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { linesOf, rowsOf } from './line.ts'

/** A file of batches that is written to no more: how many bytes it has, and how many rows are to be read from it. */
export type Segment = { path: string; bytes: number; rows: number }

const NAME = /^\d{12}\.usage$/

/** The file of that number in the folder. */
export const segmentPath = (folder: string, number: number) => join(folder, `${String(number).padStart(12, '0')}.usage`)

export const numberOf = ({ path }: Segment) => Number.parseInt(path.slice(-'000000000000.usage'.length), 10)

/** The files that an earlier process left, oldest first; what has nothing in it goes. */
export function segmentsIn(folder: string): Segment[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => NAME.test(name))
  return names.sort().flatMap((name) => {
    const path = join(folder, name)
    const bytes = readFileSync(path)
    let rows = 0
    for (const line of linesOf(bytes)) rows += rowsOf(line)
    if (rows > 0) return [{ path, bytes: bytes.length, rows }]
    rmSync(path)
    return []
  })
}

/** A file that is being written: its owner's alone, in a folder that is made where there is none. */
export class OpenSegment {
  readonly segment: Segment
  readonly #handle: FileHandle

  private constructor(segment: Segment, handle: FileHandle) {
    this.segment = segment
    this.#handle = handle
  }

  static async create(path: string): Promise<OpenSegment> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    return new OpenSegment({ path, bytes: 0, rows: 0 }, await open(path, 'ax', 0o600))
  }

  /** @throws what the file system does; nothing of the line is there then */
  async append(line: Buffer, rows: number): Promise<void> {
    try {
      await this.#handle.writeFile(line)
    } catch (error) {
      await this.#handle.truncate(this.segment.bytes)
      throw error
    }
    this.segment.bytes += line.length
    this.segment.rows += rows
  }

  /** What was written is on the disk when it returns, so that the machine may lose its power. */
  async close(): Promise<void> {
    await this.#handle.datasync().finally(() => this.#handle.close())
  }
}
