import { ApiError } from '../../contract/error.ts'
import { isObject, type JsonObject } from '../body/fields.ts'
import { readWhole } from '../body/json-text.ts'
import { shown } from '../invalid.ts'
import { WrongLine } from './line-error.ts'
import { writtenNumbers } from './written-numbers.ts'

/** A line of a batch, by its own words: which call it is, and that call's body. */
export type ReadLine = {
  customId: string
  body: JsonObject
  /** See `writtenNumbers`. */
  numbers: ReturnType<typeof writtenNumbers>
}

/** Characters of the longest name that a line may have. */
const LONGEST_ID = 512
/** What can stand in a text for a number that no double holds. */
const HUGE = /[eE]\+?\d{3}|\d{300}/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/

/**
 * Reads a line. All that it says is read once, here, and written anew, but for the text of numbers: what readers could take for something else is
 * refused.
 * @param endpoint what its `url` has to be
 * @throws WrongLine
 */
export function readLine(bytes: Buffer, endpoint: string): ReadLine {
  // Which numbers there may be, it tells, whatever else it makes of a text.
  const ascii = bytes.toString('latin1')
  const { custom_id, method, url, body, ...rest } = parsed(bytes, ascii)
  const [strange] = Object.keys(rest)
  if (custom_id === undefined || custom_id === null) throw missing('custom_id')
  if (typeof custom_id !== 'string' || custom_id === '' || custom_id.length > LONGEST_ID || CONTROL.test(custom_id))
    throw new WrongLine(
      'invalid_value',
      `Invalid 'custom_id': expected a string of 1 to ${LONGEST_ID} characters, none of which is a control character.`,
      'custom_id',
    )
  if (method === undefined || method === null) throw missing('method')
  if (method !== 'POST') throw new WrongLine('invalid_method', "The method must be 'POST'.", 'method')
  if (url === undefined || url === null) throw missing('url')
  if (url !== endpoint) {
    const said = typeof url === 'string' ? shown(url) : 'that is no string'
    throw new WrongLine('url_mismatch', `The URL '${said}' does not match the batch's endpoint '${endpoint}'.`, 'url')
  }
  if (body === undefined || body === null) throw missing('body')
  if (!isObject(body)) throw new WrongLine('invalid_type', "Invalid type for 'body': expected an object.", 'body')
  if (strange !== undefined || Object.keys(rest).length > 0)
    throw new WrongLine('unknown_parameter', `Unknown parameter: '${shown(strange ?? '')}'.`, shown(strange ?? ''))
  return { customId: custom_id, body, numbers: writtenNumbers(bytes, ascii) }
}

/** A line as it is sent. What some readers take for the end of a line is written so that it is none to anybody. */
export function writeLine({ customId, body, numbers }: ReadLine, endpoint: string): string {
  const written = numbers === null ? body : numbers(body)
  const line = JSON.stringify({ custom_id: customId, method: 'POST', url: endpoint, body: written })
  return `${line.replace(/[\x85\u2028\u2029]/g, escaped)}\n`
}

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

function parsed(bytes: Buffer, ascii: string): JsonObject {
  try {
    const fields = readWhole(bytes)
    if (HUGE.test(ascii)) refuseInfinite(fields)
    return fields
  } catch (error) {
    if (error instanceof ApiError && error.failure === 'duplicate_parameter')
      throw new WrongLine('duplicate_parameter', error.message, error.param)
    if (error instanceof ApiError) throw notJson()
    throw error
  }
}

const notJson = () => new WrongLine('invalid_json_line', 'This line is not parseable as valid JSON.')
const missing = (param: string) =>
  new WrongLine('missing_required_parameter', `Missing required parameter: '${param}'.`, param)

/** Beyond the largest number a reader would find none, or another one than was judged. */
function refuseInfinite(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw notJson()
  if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) refuseInfinite(one)
}
