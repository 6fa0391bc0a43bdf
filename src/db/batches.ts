/** Rows in one statement, at most. */
const MOST = 128

/** Splits rows for statements of few rows each: their numbers are powers of two, so that few statements are ever prepared. */
export function* batches<T>(rows: readonly T[]): Generator<T[]> {
  let length: number
  for (let i = 0; i < rows.length; i += length) {
    length = 2 ** Math.floor(Math.log2(Math.min(MOST, rows.length - i)))
    yield rows.slice(i, i + length)
  }
}
