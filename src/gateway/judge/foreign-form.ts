import type { FormFields } from '../body/fields.ts'
import { lookalike } from '../body/fields.ts'
import { JsonScan } from '../body/json-scan.ts'
import { JsonText } from '../body/json-text.ts'
import { unknownParameter, wrongValue } from '../invalid.ts'
import type { FormShape } from '../routes/declaration.ts'
import type { Foreign } from './foreign.ts'
import { namesModel, unsearched } from './searched.ts'

/** No JSON that a server reads from a field is longer. */
const LONGEST = 65_536

/**
 * Judges the fields and files of a form that are not the original's. A name may hold steps, as `svg[model]` does, and a text
 * may be JSON: both are gone through.
 * @throws ApiError 400 as for JSON
 */
export function judgeForeign(foreign: Foreign, shape: FormShape, { fields, files }: FormFields): void {
  // A maximum that the route reads is none of the original's, and no foreign one.
  const known = new Set<string>([...shape.fields, ...shape.maxima])
  for (const [name, value] of fields) judgePart(foreign, known, name, value)
  for (const { name } of files) judgePart(foreign, known, name, null)
}

function judgePart(foreign: Foreign, known: FormShape['fields'], name: string, text: string | null): void {
  const [base = '', ...steps] = name.split(/[[\].]+/)
  const seenAs = lookalike(base)
  if (seenAs !== null && seenAs !== 'model' && known.has(seenAs)) throw unknownParameter(name)
  const isKnown = known.has(base)
  if (!isKnown) foreign.named(name, name)
  if (!isKnown) foreign.named(base, name)
  for (const step of steps) {
    if (isKnown) foreign.named(step, name)
    else foreign.namedWithin(step, name)
  }
  if (text !== null) foreign.text(base, name, text)
  const value = text === null || unsearched.has(base) ? null : read(name, text)
  if (isKnown) foreign.known(base, value)
  else if (!namesModel(base)) foreign.unknown(name, value)
}

/** What a text says to whoever reads it as JSON; null where it says nothing. No name in it may occur twice. */
function read(name: string, text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return null
  if (text.length > LONGEST) throw wrongValue(name, `JSON of more than ${LONGEST} characters.`)
  try {
    JSON.parse(text)
  } catch {
    return null
  }
  const bytes = Buffer.from(`{"value":${text}}`)
  const scan = new JsonScan()
  scan.scan(bytes, bytes.length)
  return JsonText.of(bytes, scan).fields.value
}
