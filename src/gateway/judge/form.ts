import type { FormFields } from '../body/fields.ts'
import type { Asked } from '../call.ts'
import type { FormShape, StreamSign } from '../routes/declaration.ts'
import { judgeSeen } from '../rules/apply.ts'
import { Content } from './content.ts'
import type { Court } from './court.ts'
import { Foreign } from './foreign.ts'
import { judgeForeign } from './foreign-form.ts'
import { modelsWithin } from './form-models.ts'
import { namedModel, runWithin } from './named-models.ts'
import { MOST_ANSWERS, writtenFlag, writtenInteger } from './numbers.ts'

/** Bytes of the megabytes that audio is limited by. */
const MEGABYTE = 1_000_000

/** Judges a form: images to edit, audio to write down. */
export function judgeForm(court: Court, shape: FormShape, form: FormFields): Asked {
  const { rules, route, fallback, edits } = court
  const { charges } = route
  const { fields, files } = form
  const model = namedModel(court, fields.get(shape.model))
  judgeForeign(new Foreign(court.dialects(model.upstreams), edits), shape, form)
  const within = modelsWithin(court, shape, fields)
  judgeSeen(rules, { project: rules, route, fields: {}, model, edits })
  const content = new Content()
  const text = fields.get(shape.text) ?? ''
  content.text(text)
  if (shape.files === 'images') for (const _ of files) content.image()
  const count =
    shape.answers === null ? 1 : (writtenInteger(shape.answers, fields.get(shape.answers), 1, MOST_ANSWERS) ?? 1)
  return {
    model,
    within: runWithin(route, within),
    worst: {
      tokens: content.estimate,
      inputTokens: content.estimate,
      outputTokens: charges.output ? (model.maxOutputTokens ?? fallback) * count : 0,
      images: charges.images ? count : 0,
      audioMegabytes: charges.audio ? files.reduce((sum, { bytes }) => sum + bytes, 0) / MEGABYTE : 0,
    },
    stream: asksForStream(shape.streams, fields),
    usageWanted: true,
    responseId: null,
    stored: false,
    inputText: () => text,
    besideText: content.tokens,
    characters: 0,
    size: fields.get('size') ?? null,
    serviceTier: null,
  }
}

function asksForStream(signs: readonly StreamSign[], fields: FormFields['fields']): boolean {
  let asked = false
  for (const { field, is } of signs) {
    const said = fields.get(field)
    if (is === true ? writtenFlag(field, said) : said === is) asked = true
  }
  return asked
}
