import { type Look, lookWithinDocuments, lookWithinForeign, namesModel } from './searched.ts'

/** Texts, and lists of them: whatever is an object in their place is searched. */
const texts: ReadonlySet<string> = new Set(['prompt', 'suffix', 'stop', 'user', 'instructions', 'grammar'])

/**
 * How to look into something that is never searched when it is what its name says; null where it is that.
 * A bias is a number for each token, whose names may be any text; a format is a schema, in which no word is called `model`.
 */
export function lookWithinOdd(name: string, value: object): Look | null {
  if (texts.has(name)) return name === 'prompt' ? lookWithinPrompt : lookWithinForeign
  if (name === 'logit_bias') return Object.values(value).every(isBias) ? null : lookWithinBias
  if (name === 'documents') return lookWithinDocuments
  return name === 'format' && Object.keys(value).some(namesModel) ? lookWithinSchema : null
}

/** One that is kept elsewhere may bring a model of its own. */
const lookWithinPrompt: Look = (key, inner) => (key === 'id' ? 'choose another model' : lookWithinForeign(key, inner))

const isBias = (value: unknown) => typeof value !== 'object' && typeof value !== 'string'

const lookWithinBias: Look = (key, inner) => (isBias(inner) ? null : lookWithinForeign(key, inner))

/** Only at the top: below it any name may be one of the answer's. */
const lookWithinSchema: Look = (key) => (namesModel(key) ? 'choose another model' : 'free')

/** What the template of a model is written with: tools and documents there are texts for the model, like those at the top. */
export const TEMPLATE_VALUES = 'chat_template_kwargs'

export const lookWithinTemplate: Look = (key, inner) =>
  key === 'tools' || key === 'documents' ? 'free' : lookWithinForeign(key, inner)
