import type { CatalogueModel } from '../../core/catalogue.ts'
import type { FormFields } from '../body/fields.ts'
import type { Asked } from '../call.ts'
import { NO_REFERENCES } from '../references.ts'
import type { FormShape, StreamSign } from '../routes/declaration.ts'
import { judgeSeen } from '../rules/apply.ts'
import { type Requested, requestedOf } from './asked-for.ts'
import { Content } from './content.ts'
import type { Court } from './court.ts'
import { Foreign } from './foreign.ts'
import { judgeForeign } from './foreign-form.ts'
import { modelsInForm } from './form-models.ts'
import { runWithin } from './named-models.ts'
import { MOST_ANSWERS, writtenFlag, writtenInteger } from './numbers.ts'
import { ownModel } from './own-model.ts'
import { worstOf } from './worst.ts'

/** Bytes of the megabytes that audio is limited by. */
const MEGABYTE = 1_000_000

/** Judges a form: images to edit, audio to write down. */
export function judgeForm(court: Court, shape: FormShape, form: FormFields): Asked {
  const { rules, route, fallback, edits } = court
  const { fields, files } = form
  const model = ownModel(court, fields.get(shape.model))
  judgeForeign(new Foreign(court.dialects(model.upstreams), edits, false), shape, form)
  const within = modelsInForm(court, shape, fields)
  judgeSeen(rules, { project: rules, route, fields: {}, model, edits })
  const content = new Content()
  const text = fields.get(shape.text) ?? ''
  content.text(text)
  for (const { bytes } of files) {
    if (shape.files === 'images') content.image()
    else content.sound(bytes)
  }
  const answers =
    shape.answers === null ? 1 : (writtenInteger(shape.answers, fields.get(shape.answers), 1, MOST_ANSWERS) ?? 1)
  const { worst, caps } = worstOf({
    route,
    model,
    content,
    answers,
    fallback,
    bytes: bytesOf(fields),
    unseen: null,
    reads: 1,
    questions: 1,
    requested: maximumOf(shape, fields, model, fallback),
    maximum: null,
  })
  if (route.charges.audio) worst.audioMegabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / MEGABYTE
  return {
    projectId: rules.projectId,
    model,
    within: runWithin(route, within),
    worst,
    caps,
    stream: asksForStream(shape.streams, fields),
    usageWanted: true,
    streamOptions: null,
    references: NO_REFERENCES,
    stored: false,
    background: false,
    inputText: () => text,
    echoes: false,
    besideText: content.tokens,
    characters: 0,
    size: fields.get('size') ?? null,
    serviceTier: null,
  }
}

/** Bytes of all that is written in a form, as text. */
function bytesOf(fields: FormFields['fields']): number {
  let bytes = 0
  for (const [name, value] of fields) bytes += name.length + Buffer.byteLength(value)
  return bytes
}

/**
 * The most tokens of an answer, as the form says it. Many a model server that takes a form takes no notice of it, so that it
 * raises what is set aside and never lowers it.
 */
function maximumOf(
  shape: FormShape,
  fields: FormFields['fields'],
  { maxOutputTokens }: CatalogueModel,
  fallback: number,
): Requested {
  const { most } = requestedOf(shape, null, (name, least, max) => writtenInteger(name, fields.get(name), least, max))
  if (most === null || maxOutputTokens !== null) return { most: null, isObeyed: false }
  return { most: Math.max(most, fallback), isObeyed: true }
}

function asksForStream(signs: readonly StreamSign[], fields: FormFields['fields']): boolean {
  let asked = false
  for (const { field, is } of signs) {
    const said = fields.get(field)
    if (is === true ? writtenFlag(field, said) : said === is) asked = true
  }
  return asked
}
