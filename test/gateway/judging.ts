import assert from 'node:assert/strict'
import { ApiError } from '../../src/contract/error.ts'
import { type CatalogueModel, plainModel } from '../../src/core/catalogue.ts'
import type { Asked } from '../../src/gateway/call.ts'
import { judge } from '../../src/gateway/judge/judge.ts'
import type { ProjectRules } from '../../src/gateway/keys/rules.ts'
import { type RouteName, routeOf } from '../../src/gateway/routes/table.ts'

export const CATALOGUE = new Map<string, CatalogueModel>(
  [
    plainModel('m1'),
    plainModel('m2'),
    { ...plainModel('short'), maxOutputTokens: 100 },
    { ...plainModel('alias'), upstreamName: 'real/name' },
    { ...plainModel('seeker'), searches: true },
    { ...plainModel('pics'), upstreamName: 'image-9' },
  ].map((model) => [model.id, model]),
)

export const OPEN: ProjectRules = {
  organizationId: 'org-1',
  projectId: 'proj_1',
  archived: false,
  models: null,
  disabledTools: new Set(),
  tier: { preset: null, enabled: 'all' },
  storesNothing: false,
  limits: new Map(),
  authorities: [],
  spendLimits: { project: null, organization: null },
}

const urls: Partial<Record<RouteName, string>> = {
  'chat.completions.create': '/v1/chat/completions',
  'completions.create': '/v1/completions',
  'embeddings.create': '/v1/embeddings',
  'moderations.create': '/v1/moderations',
  'responses.create': '/v1/responses',
  'responses.compact': '/v1/responses/compact',
  'responses.inputTokens.count': '/v1/responses/input_tokens',
  'images.generate': '/v1/images/generations',
  'images.edit': '/v1/images/edits',
  'images.createVariation': '/v1/images/variations',
  'audio.speech.create': '/v1/audio/speech',
  'audio.transcriptions.create': '/v1/audio/transcriptions',
  'audio.translations.create': '/v1/audio/translations',
}

const models = { find: (id: string) => CATALOGUE.get(id) ?? null }

export type Judged = Asked & {
  /** What the model server would get. */
  sent: Record<string, unknown>
  /** The fields that were written anew. */
  edited: string[]
}

/** Judges a JSON body; what is not said of the rules is open. */
export function judged(name: RouteName, fields: object, rules: Partial<ProjectRules> = {}): Judged {
  return judgedText(name, JSON.stringify({ model: 'm1', ...fields }), rules)
}

/** The same of JSON as a client writes it, with keys that no object of ours can have. */
export function judgedText(name: RouteName, text: string, rules: Partial<ProjectRules> = {}): Judged {
  const sent: Record<string, unknown> = JSON.parse(text)
  const edited: string[] = []
  const body = {
    fields: JSON.parse(text) as Record<string, unknown>,
    whole: () => JSON.parse(text) as Record<string, unknown>,
    set(field: string, value: unknown) {
      sent[field] = JSON.parse(JSON.stringify(value))
      edited.push(field)
    },
    remove(field: string) {
      delete sent[field]
      edited.push(field)
    },
  }
  const route = routeOf('POST', urls[name] ?? assert.fail(`no URL of ${name}`))
  const asked = judge({ rules: { ...OPEN, ...rules }, route, body, models, defaultMaxOutputTokens: 4096 })
  return { ...asked, sent, edited }
}

/** Judges a form. @param files their sizes in bytes */
export function judgedForm(
  name: RouteName,
  fields: Record<string, string>,
  files: number[] = [],
  rules: Partial<ProjectRules> = {},
): Judged {
  const sent: Record<string, string> = { model: 'm1', ...fields }
  const edited: string[] = []
  const body = {
    fields: new Map(Object.entries(sent)),
    files: files.map((bytes) => ({ name: 'file', bytes })),
    set(field: string, value: string) {
      sent[field] = value
      edited.push(field)
    },
  }
  const route = routeOf('POST', urls[name] ?? assert.fail(`no URL of ${name}`))
  const asked = judge({ rules: { ...OPEN, ...rules }, route, body, models, defaultMaxOutputTokens: 4096 })
  return { ...asked, sent, edited }
}

/** Judges a request without a body. */
export function judgedPath(method: string, url: string, rules: Partial<ProjectRules> = {}): Asked {
  const route = routeOf(method, url)
  return judge({ rules: { ...OPEN, ...rules }, route, body: null, models, defaultMaxOutputTokens: 4096 })
}

/** What refuses it, as the client sees it. */
export function refusalOf(call: () => unknown): {
  status: number
  code: string | null
  param: string | null
  message: string
} {
  try {
    call()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { status, code, param, message } = error
    return { status, code, param, message }
  }
  return assert.fail('it was let through')
}

/** The same in one line, for tables. */
export function verdict(call: () => unknown): string {
  const { status, code, param } = refusalOf(call)
  return `${status} ${code} ${param}`
}
