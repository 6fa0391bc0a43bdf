import assert from 'node:assert/strict'
import { ApiError } from '../../src/contract/error.ts'
import { type CatalogueModel, plainModel } from '../../src/core/catalogue.ts'
import type { McpHosts } from '../../src/core/mcp-hosts.ts'
import type { Dialect } from '../../src/core/upstream-kind.ts'
import type { Editable } from '../../src/gateway/body/edits.ts'
import type { JudgedBody } from '../../src/gateway/body/fields.ts'
import type { Asked } from '../../src/gateway/call.ts'
import { judge } from '../../src/gateway/judge/judge.ts'
import { asBrought } from '../../src/gateway/routes/brought.ts'
import { routeOf, withQuery } from '../../src/gateway/routes/match.ts'
import { type RouteName, routes } from '../../src/gateway/routes/table.ts'
import { decodeRules, type ProjectRules } from '../../src/gateway/rules/index.ts'
import { NOTHING_STORED } from './stored.ts'

export const CATALOGUE = new Map<string, CatalogueModel>(
  [
    plainModel('m1'),
    plainModel('m2'),
    { ...plainModel('short'), maxOutputTokens: 100 },
    { ...plainModel('thinker'), maxReasoningTokens: 1000 },
    { ...plainModel('reader'), contextTokens: 8192 },
    { ...plainModel('read-by-a', ['a']), contextTokens: 8192 },
    { ...plainModel('alias'), upstreamName: 'real/name' },
    { ...plainModel('seeker'), searches: true },
    { ...plainModel('pics'), upstreamName: 'image-9' },
    plainModel('on-a', ['a']),
    plainModel('on-b', ['b']),
    plainModel('on-both', ['a', 'b']),
  ].map((model) => [model.id, model]),
)

/** Any server of tools, and nothing of the account's. */
const ANYWHERE: McpHosts = new Map([['*', { has: (to: string) => /^https?:/.test(to) } as ReadonlySet<string>]])

/** The rules of a project for which nothing was ever set. */
export const OPEN: ProjectRules = decodeRules({ organizationId: 'org-1', projectId: 'proj_1' }, NOTHING_STORED)

const models = { find: (id: string) => CATALOGUE.get(id) ?? null }

/** What is known of the upstreams' fields: of none anything, unless a test says it. */
const dialects = new Map<string, Dialect>()

/** Has the upstreams of a test be of these kinds, until it is over. The models with the same names are served by them. */
export function upstreamsAre(of: Record<string, Dialect>): Disposable {
  for (const [name, dialect] of Object.entries(of)) dialects.set(name, dialect)
  return { [Symbol.dispose]: () => dialects.clear() }
}

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
  const fields: Record<string, unknown> = JSON.parse(text)
  const whole = () => JSON.parse(text) as Record<string, unknown>
  return judgedBody(name, { fields, size: Buffer.byteLength(text), whole }, whole(), rules)
}

/** Judges a form. @param files their sizes in bytes */
export function judgedForm(
  name: RouteName,
  fields: Record<string, string>,
  files: number[] = [],
  rules: Partial<ProjectRules> = {},
): Judged {
  const sent: Record<string, string> = { model: 'm1', ...fields }
  const body = {
    fields: new Map(Object.entries(sent)),
    files: files.map((bytes) => ({ name: 'file', bytes })),
  }
  return judgedBody(name, body, sent, rules)
}

/** @param sent the fields as they came, which what is decided is written into */
function judgedBody(
  name: RouteName,
  body: JudgedBody,
  sent: Record<string, unknown>,
  rules: Partial<ProjectRules>,
): Judged {
  const type = body && 'whole' in body ? 'application/json' : 'multipart/form-data'
  const route = asBrought(routeOf('POST', routes[name].path), { 'content-type': type })
  const before = JSON.stringify(body && 'whole' in body ? body.fields : null)
  const { asked, edits } = judge({
    rules: { ...OPEN, ...rules },
    route,
    body,
    models,
    defaultModel: null,
    defaultMaxOutputTokens: 4096,
    dialects,
    accepts: new Set(),
    mcpHosts: ANYWHERE,
  })
  assert.equal(JSON.stringify(body && 'whole' in body ? body.fields : null), before, 'judging changes no body')
  const edited: string[] = []
  const editable: Editable = {
    set(field, value) {
      sent[field] = JSON.parse(JSON.stringify(value))
      edited.push(field)
    },
    remove(field) {
      delete sent[field]
      edited.push(field)
    },
  }
  edits.writeInto(editable)
  return { ...asked, sent, edited }
}

/** Judges a request without a body. */
export function judgedPath(method: string, url: string, rules: Partial<ProjectRules> = {}): Asked {
  const route = withQuery(routeOf(method, url), url)
  return judge({
    rules: { ...OPEN, ...rules },
    route,
    body: null,
    models,
    defaultModel: null,
    defaultMaxOutputTokens: 4096,
    dialects,
    accepts: new Set(),
    mcpHosts: ANYWHERE,
  }).asked
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
