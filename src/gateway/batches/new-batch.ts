import { type Fields, isGiven, isObject } from '../body/fields.ts'
import { missing, unknownParameter, wrongType, wrongValue } from '../invalid.ts'
import { batchEndpoints } from '../routes/batches.ts'

/** What a batch is asked for with, as it is kept. */
export type NewBatch = {
  input_file_id: string
  endpoint: string
  completion_window: string
  /** JSON. */
  metadata: string | null
  output_expires_after: number | null
}

/** The original's bounds of metadata, and of the seconds that results are kept. */
const MOST_PAIRS = 16
const LONGEST_NAME = 64
const LONGEST_VALUE = 512
const SECONDS = { least: 3600, most: 2_592_000 }

/** Reads the body that makes a batch. @param known the fields that it may have @throws ApiError 400 */
export function newBatchIn(fields: Fields, known: ReadonlySet<string>): NewBatch {
  for (const name of Object.keys(fields)) if (!known.has(name)) throw unknownParameter(name)
  const input_file_id = textIn(fields, 'input_file_id')
  const endpoint = textIn(fields, 'endpoint')
  if (!batchEndpoints.includes(endpoint))
    throw wrongValue('endpoint', `expected one of ${batchEndpoints.map((one) => `'${one}'`).join(', ')}.`)
  const completion_window = textIn(fields, 'completion_window')
  if (completion_window !== '24h') throw wrongValue('completion_window', "expected '24h'.")
  return {
    ...{ input_file_id, endpoint, completion_window },
    metadata: metadataIn(fields.metadata),
    output_expires_after: secondsIn(fields.output_expires_after),
  }
}

function textIn(fields: Fields, name: string): string {
  const value = fields[name]
  if (!isGiven(value)) throw missing(name)
  if (typeof value !== 'string') throw wrongType(name, 'a string', value)
  return value
}

function metadataIn(value: unknown): string | null {
  if (!isGiven(value)) return null
  if (!isObject(value)) throw wrongType('metadata', 'an object', value)
  const pairs = Object.entries(value)
  if (pairs.length > MOST_PAIRS) throw wrongValue('metadata', `expected at most ${MOST_PAIRS} pairs.`)
  for (const [name, text] of pairs) {
    if (name.length > LONGEST_NAME) throw wrongValue('metadata', `expected keys of at most ${LONGEST_NAME} characters.`)
    if (typeof text !== 'string') throw wrongType(`metadata.${name}`, 'a string', text)
    if (text.length > LONGEST_VALUE)
      throw wrongValue(`metadata.${name}`, `expected at most ${LONGEST_VALUE} characters.`)
  }
  return JSON.stringify(value)
}

function secondsIn(value: unknown): number | null {
  const param = 'output_expires_after'
  if (!isGiven(value)) return null
  if (!isObject(value)) throw wrongType(param, 'an object', value)
  const { anchor, seconds, ...rest } = value
  for (const name of Object.keys(rest)) throw unknownParameter(`${param}.${name}`)
  if (!isGiven(anchor)) throw missing(`${param}.anchor`)
  if (anchor !== 'created_at') throw wrongValue(`${param}.anchor`, "expected 'created_at'.")
  if (!isGiven(seconds)) throw missing(`${param}.seconds`)
  if (!Number.isInteger(seconds)) throw wrongType(`${param}.seconds`, 'an integer', seconds)
  if (Number(seconds) < SECONDS.least || Number(seconds) > SECONDS.most)
    throw wrongValue(`${param}.seconds`, `expected an integer from ${SECONDS.least} to ${SECONDS.most}.`)
  return Number(seconds)
}
