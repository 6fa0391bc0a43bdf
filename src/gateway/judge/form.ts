import type { Asked } from '../call.ts'
import type { ProjectRules } from '../keys/rules.ts'
import type { GatewayRoute } from '../routes/table.ts'
import type { FormFields } from './body.ts'
import { Content } from './content.ts'
import { type ModelFinder, permittedModel } from './models.ts'
import { MOST_ANSWERS, writtenFlag, writtenInteger } from './numbers.ts'
import { notOffered } from './refusals.ts'

/** Bytes of the megabytes that audio is limited by. */
const MEGABYTE = 1_000_000

/**
 * Judges a form: images to edit, audio to write down.
 * @param fallback tokens of an answer where the catalogue does not say how many
 */
export function judgeForm(
  rules: ProjectRules,
  { usage }: GatewayRoute,
  body: FormFields,
  models: ModelFinder,
  fallback: number,
): Asked {
  const { fields, files } = body
  const named = fields.get('model')
  const model = permittedModel(rules, models, named)
  for (const [name, value] of fields) {
    if (name === 'model') continue
    const steps = name.split(/[[\].]+/)
    if (steps.some((step) => /^(file|skill|container|vector_store)_ids?$/i.test(step))) throw notOffered(name)
    // Such as `svg[model]`: what another model is to draw.
    if (!steps.some((step) => /^model$/i.test(step))) continue
    const { upstreamName } = permittedModel(rules, models, value, name)
    if (upstreamName !== value) body.set(name, upstreamName)
  }
  const content = new Content()
  const prompt = fields.get('prompt') ?? ''
  content.text(prompt)
  if (usage === 'images') for (const _ of files) content.image()
  const count = usage === 'images' ? (writtenInteger('n', fields.get('n'), 1, MOST_ANSWERS) ?? 1) : 1
  const stream = writtenFlag('stream', fields.get('stream'))
  if (model.upstreamName !== named) body.set('model', model.upstreamName)
  return {
    model,
    worst: {
      tokens: content.estimate,
      inputTokens: content.estimate,
      outputTokens: (model.maxOutputTokens ?? fallback) * count,
      images: usage === 'images' ? count : 0,
      audioMegabytes: usage === 'images' ? 0 : files.reduce((sum, { bytes }) => sum + bytes, 0) / MEGABYTE,
    },
    stream,
    usageWanted: true,
    responseId: null,
    stored: false,
    inputText: () => prompt,
    besideText: content.tokens,
    characters: 0,
    size: fields.get('size') ?? null,
    serviceTier: null,
  }
}
