/** Bytes of a piece whose memory is worth giving back at once. */
const LARGE = 4096

type Taken = (error?: Error | null) => void

/** Whether a piece is all that is in its memory, and much. Pieces of a pool never are. */
const isAlone = ({ buffer, length }: Buffer): boolean => length >= LARGE && length === buffer.byteLength

/**
 * Gives back the memory of a piece of a file that nobody reads any more, where it is all that is in it, as nearly every piece is: collected in
 * its time, 64 MB of them would wait.
 */
export function giveBack(piece: Buffer): void {
  if (isAlone(piece)) (piece.buffer as ArrayBuffer).transfer(0)
}

/** Writes a piece that nobody else has, and gives back its memory when it has gone. @returns whether there is room for more */
export function writeOnce(
  out: { write(piece: Buffer, encoding?: BufferEncoding, taken?: Taken): boolean },
  piece: Buffer,
): boolean {
  if (!isAlone(piece)) return out.write(piece)
  return out.write(piece, undefined, (error) => {
    if (!error) giveBack(piece)
  })
}
