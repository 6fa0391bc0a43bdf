import { statfs } from 'node:fs/promises'
import { fullFolder, storageFailure } from './failures.ts'

/** Bytes that the file system keeps free: the database may be on it, and what fills it would end that too. */
const KEPT_FREE = 512 * 1024 * 1024
/** Files that can still be made on it, for the same reason: each thing is a few. */
const KEPT_FREE_FILES = 4096

/** What is free on a file system: bytes, and files that can be made; null: it does not count these. */
export type Free = { bytes: number; files: number | null }

/** @throws what the file system does */
export async function freeOn(path: string): Promise<Free> {
  const { bavail, bsize, files, ffree } = await statfs(path)
  return { bytes: bavail * bsize, files: files === 0 ? null : ffree }
}

/**
 * The room that is left for what the gate keeps. Who is about to write takes it ahead, so that of many who write at once none counts on what another was
 * told of. Each thread counts its own: what the others have ahead is little, and less than what stays free.
 */
export class Room {
  readonly #free: () => Promise<Free>
  /** Bytes that were taken and are not written yet. */
  #ahead = 0

  constructor(free: () => Promise<Free>) {
    this.#free = free
  }

  /** Takes room for as many bytes; to be given back when they are written, or will not be. @throws ApiError 507, 503: none was taken */
  async take(bytes: number): Promise<void> {
    const free = await this.#free().catch((error) => {
      throw storageFailure(error)
    })
    const left = free.bytes - this.#ahead - bytes
    if (left < KEPT_FREE)
      throw fullFolder(new Error(`${free.bytes} bytes are free, of which ${this.#ahead} are about to be written`))
    if (free.files !== null && free.files < KEPT_FREE_FILES)
      throw fullFolder(new Error(`only ${free.files} more files can be made`))
    this.#ahead += bytes
  }

  giveBack(bytes: number): void {
    this.#ahead -= bytes
  }
}

/** Bytes for which room is taken at once: what other threads have so is not seen. */
const AHEAD = 4 * 1024 * 1024

/** The room that one writer has taken, ahead of what it writes. */
export class Ahead {
  readonly #room: Room
  /** Bytes that it has room for and has not written. */
  #bytes = 0

  constructor(room: Room) {
    this.#room = room
  }

  /** Has room for as many more bytes. @throws ApiError 507, 503 */
  async cover(bytes: number): Promise<void> {
    if (bytes <= this.#bytes) return
    const more = Math.max(AHEAD, bytes)
    await this.#room.take(more)
    this.#bytes += more
  }

  wrote(bytes: number): void {
    this.#bytes -= bytes
    this.#room.giveBack(bytes)
  }

  /** Nothing more is written. */
  end(): void {
    this.wrote(this.#bytes)
  }
}
