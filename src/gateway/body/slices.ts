import { setImmediate as nextTurn } from 'node:timers/promises'

/** Bytes that are written in one go: of megabytes the system takes milliseconds, in which nobody else has a turn. */
const SLICE = 131_072

/** A large body, in slices between which others have their turn. None of it is copied. */
export async function* slices(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += SLICE) {
      yield piece.subarray(at, at + SLICE)
      if (at + SLICE < piece.length) await nextTurn()
    }
  }
}
