import type { Transform } from 'node:stream'
import { codingOf } from '../../core/decoding.ts'

/**
 * What makes a body readable that an upstream compressed although it was asked not to. Null: it is as it is.
 * @throws Error for a coding that nobody can read here
 */
export function decoderFor(header: string | undefined): Transform | null {
  const coding = codingOf(header)
  if (coding === null) throw new Error(`the model server answered in the content coding '${header?.slice(0, 100)}'`)
  return coding === 'plain' ? null : coding.make()
}
