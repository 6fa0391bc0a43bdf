import { createHash } from 'node:crypto'
import { ApiError } from '../../contract/error.ts'
import type { Fields } from '../body/fields.ts'
import { required, tokens } from './text.ts'

const DIMENSIONS = 256
const MOST = 4096
/** The original's. */
const MOST_INPUTS = 2048

/** `POST /v1/embeddings`: the same text always has the same vector of length one; like texts have nothing in common. */
export function embeddings(fields: Fields, model: string): { body: unknown } {
  const dimensions = fields.dimensions ?? DIMENSIONS
  if (typeof dimensions !== 'number' || !Number.isInteger(dimensions) || dimensions < 1 || dimensions > MOST) {
    throw new ApiError('invalid_value', `Invalid 'dimensions': expected an integer from 1 to ${MOST}.`, {
      param: 'dimensions',
    })
  }
  const texts = inputs(required(fields, 'input'))
  const data = texts.map((text, index) => {
    const values = vector(text, dimensions)
    return { object: 'embedding', index, embedding: fields.encoding_format === 'base64' ? base64(values) : [...values] }
  })
  const used = texts.reduce((sum, text) => sum + tokens(text), 0)
  return { body: { object: 'list', data, model, usage: { prompt_tokens: used, total_tokens: used } } }
}

/** A text, tokens of one, or a list of either. */
function inputs(input: unknown): string[] {
  const isTokens = (one: unknown): one is number[] =>
    Array.isArray(one) && one.every((token) => typeof token === 'number')
  const text = (one: unknown) => (typeof one === 'string' ? one : isTokens(one) ? one.join(' ') : null)
  const list = Array.isArray(input) && !isTokens(input) ? input.map(text) : [text(input)]
  if (list.length > MOST_INPUTS) {
    const message = `Invalid 'input': array too long. Expected an array with maximum length ${MOST_INPUTS}, but got an array with length ${list.length} instead.`
    throw new ApiError('array_above_max_length', message, { param: 'input' })
  }
  if (list.some((one) => one === null)) {
    throw new ApiError('invalid_type', "Invalid type for 'input': expected a string or an array.", { param: 'input' })
  }
  return list as string[]
}

function vector(text: string, dimensions: number): Float32Array {
  const values = new Float32Array(dimensions)
  const seed = createHash('sha256').update(text).digest()
  for (let i = 0; i < dimensions; i += 8) {
    const digest = createHash('sha256').update(`${i}:`).update(seed).digest()
    for (let j = 0; j < 8 && i + j < dimensions; j++) values[i + j] = digest.readInt32LE(j * 4) / 2 ** 31
  }
  const length = Math.hypot(...values) || 1
  return values.map((value) => value / length)
}

const base64 = (values: Float32Array) =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
