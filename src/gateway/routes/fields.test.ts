import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type RouteName, routes } from './table.ts'

/** Where the official client has the request of each route: a file of its types, and the interface in it. */
const types: Partial<Record<RouteName, [file: string, name: string]>> = {
  'chat.completions.create': ['chat/completions/completions', 'ChatCompletionCreateParamsBase'],
  'completions.create': ['completions', 'CompletionCreateParamsBase'],
  'embeddings.create': ['embeddings', 'EmbeddingCreateParams'],
  'moderations.create': ['moderations', 'ModerationCreateParams'],
  'responses.create': ['responses/responses', 'ResponseCreateParamsBase'],
  'responses.compact': ['responses/responses', 'ResponseCompactParams'],
  'responses.inputTokens.count': ['responses/input-tokens', 'InputTokenCountParams'],
  'images.generate': ['images', 'ImageGenerateParamsBase'],
  'images.edit': ['images', 'ImageEditParamsBase'],
  'images.createVariation': ['images', 'ImageCreateVariationParams'],
  'audio.speech.create': ['audio/speech', 'SpeechCreateParams'],
  'audio.transcriptions.create': ['audio/transcriptions', 'TranscriptionCreateParamsBase'],
  'audio.translations.create': ['audio/translations', 'TranslationCreateParams'],
}

test('a route declares the fields that the official client sends, all of them and no others', () => {
  for (const [name, { body }] of Object.entries(routes)) {
    const typed = types[name as RouteName]
    // What is not the original's has no types of its.
    if (body.kind === 'none' || typed === undefined) continue
    assert.deepEqual([...body.fields].toSorted(), fieldsOf(...typed).toSorted(), name)
  }
  for (const name of Object.keys(types) as RouteName[]) assert.ok(routes[name].body.kind !== 'none')
})

/** The members of an interface, as they are indented once in the package's type files. */
function fieldsOf(file: string, name: string): string[] {
  const path = new URL(`../../../node_modules/openai/resources/${file}.d.ts`, import.meta.url)
  const lines = readFileSync(path, 'utf8').split('\n')
  const from = lines.findIndex((line) => new RegExp(`^export interface ${name}[ <]`).test(line))
  const members = lines.slice(from + 1, lines.indexOf('}', from))
  const found = members.flatMap((line) => /^ {4}'?(\w+)'?\??:/.exec(line)?.[1] ?? [])
  assert.ok(from >= 0 && found.length > 1, `${file} has no ${name}`)
  return found
}
