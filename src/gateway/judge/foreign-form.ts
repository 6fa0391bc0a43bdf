import type { FormFields } from '../body/fields.ts'
import { isObject, lookalike } from '../body/fields.ts'
import { unknownParameter } from '../invalid.ts'
import type { FormShape } from '../routes/declaration.ts'
import type { Foreign } from './foreign.ts'

/** Longer texts are not read as JSON: no field that a server reads so is as long. */
const LONGEST = 65_536

/**
 * Judges the fields and files of a form that are not the original's. A name may hold steps, as `svg[model]` does, and a text
 * may be JSON: both are gone through.
 * @throws ApiError 400 as for JSON
 */
export function judgeForeign(foreign: Foreign, { fields: known }: FormShape, { fields, files }: FormFields): void {
  for (const [name, value] of fields) judgePart(foreign, known, name, value)
  for (const { name } of files) judgePart(foreign, known, name, null)
}

function judgePart(foreign: Foreign, known: FormShape['fields'], name: string, text: string | null): void {
  const [base = '', ...steps] = name.split(/[[\].]+/)
  const seenAs = lookalike(base)
  if (seenAs !== null && seenAs !== 'model' && known.has(seenAs)) throw unknownParameter(name)
  const isKnown = known.has(base)
  if (!isKnown) foreign.named(name, name)
  for (const step of isKnown ? steps : [base, ...steps]) foreign.named(step, name)
  const value = text === null ? null : read(text)
  if (isKnown) foreign.known(base, value)
  else if (base !== 'model' && lookalike(base) !== 'model') foreign.unknown(name, value)
}

function read(text: string): unknown {
  if (text.length > LONGEST || !/^\s*[[{]/.test(text)) return null
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) || Array.isArray(value) ? value : null
  } catch {
    return null
  }
}
