import assert from 'node:assert/strict'
import type OpenAI from 'openai'
import { APIError } from 'openai'
import { type Endpoint, endpoints } from '../../../src/admin/index.ts'
import type { Source } from '../../../src/gateway/rules/stored.ts'
import { newOrganization, type Organization } from '../../contract/organizations.ts'
import { type Client, clientOf } from '../../support/client.ts'
import type { TestApp } from '../../support/harness.ts'
import { question } from '../gate.ts'
import type { FakeUpstream } from '../upstream.ts'

/** The server that all rows of the table run on. */
export type Stage = {
  app: TestApp
  upstream: FakeUpstream
  /** Of all rows that have no organization of their own. */
  organization: Organization
  /** In PEM: what an organization can upload, and the official client for a key, with a certificate that it signed. */
  authority: string
  certified: (key: string) => OpenAI
}

/** What a row has to work with: a project of its own, in it a service account with a key. */
export type World = Stage & {
  /** The official client with the admin key of the organization's owner. */
  admin: OpenAI['admin']['organization']
  /** Any operation of the contract with that key: what is ours alone the official client has not. */
  call: Client
  projectId: string
  accountId: string
  keyId: string
  key: string
}

type Pattern = string | RegExp
type Act<Given> = (world: World & Given) => Promise<unknown>

/** One setting, and a request that is another one with it. */
export type Row<Given> = {
  setting: string
  /** What is stored that it shows the enforcement of, where it is the row that stands for it: there is one for each. */
  shows?: readonly Source[]
  /** The operations of the contract that set it and unset it: these and no others. */
  by: readonly string[]
  /** What is asked, and what is looked at. */
  request: string
  /** Whether the server must speak TLS. */
  tls?: boolean
  /** Whether it is in an organization of its own, since it changes what holds in all of its projects. */
  alone?: boolean
  /** What is there before anything is seen. A `key` in it takes the place of the service account's. */
  given?: (world: World) => Promise<Given>
  see: (world: World & Given) => Promise<string | readonly string[]>
  without: Pattern | readonly Pattern[]
  set: Act<Given>
  with: Pattern | readonly Pattern[]
  /** How it is taken back; a sentence says why it cannot be. */
  unset: Act<Given> | string
}

/** A row of the table, whatever it is given. */
export type Setting = Pick<Row<unknown>, 'setting' | 'by' | 'request' | 'shows'> & {
  tls: boolean
  noWayBack: string | null
  drive: (stage: Stage) => Promise<void>
  /** Sets it in a project of its own, and has a look there. */
  apply: (stage: Stage, look: (world: World) => Promise<void>) => Promise<void>
}

export function row<Given = unknown>({ setting, by, request, unset, ...rest }: Row<Given>): Setting {
  return {
    setting,
    by,
    request,
    shows: rest.shows ?? [],
    tls: rest.tls ?? false,
    noWayBack: typeof unset === 'string' ? unset : null,
    drive: (stage) => drive({ setting, by, request, unset, ...rest }, stage),
    async apply(stage, look) {
      const world = await newWorld(stage, rest.alone ? await newOrganization(stage.app) : stage.organization)
      const given = { ...world, ...(await rest.given?.(world)) } as World & Given
      await rest.set(given)
      await look(given)
    },
  }
}

async function drive<Given>(row: Row<Given>, stage: Stage): Promise<void> {
  const changed = new Set<string>()
  const world = await newWorld(stage, row.alone ? await newOrganization(stage.app) : stage.organization)
  const given = { ...world, ...(await row.given?.(world)) } as World & Given
  // Only what sets and unsets is noted; what is seen is seen by another client of the same key.
  const setting = { ...given, ...noting(stage.app, world.organization.key, changed) }
  const look = async (expected: Row<Given>['with'], when: string) => {
    const [seen, patterns] = [[await row.see(given)].flat(), [expected].flat()]
    const matched = seen.map((text, i) => {
      const pattern = patterns[i]
      return pattern instanceof RegExp && pattern.test(text) ? pattern : text
    })
    assert.deepEqual(matched, patterns, when)
  }
  await look(row.without, 'before it is set')
  await row.set(setting)
  await look(row.with, 'the next request after it is set')
  if (typeof row.unset === 'string') await look(row.with, 'it stays set')
  else {
    await row.unset(setting)
    await look(row.without, 'the next request after it is unset')
  }
  assert.deepEqual([...changed].sort(), [...row.by].sort(), 'what sets and unsets it')
}

/** What rows have set so far, field by field: `serviceTierSettings.update.default`. */
export const fieldsSet = new Set<string>()

/** Both clients, which note every operation of the contract that changes something. */
function noting(app: TestApp, key: string, changed: Set<string>): Pick<World, 'admin' | 'call'> {
  const note = (method: string, pathname: string, fields: object) => {
    const operation = operationOf(method, pathname)
    if (operation === null) return
    changed.add(operation)
    for (const field of Object.keys(fields)) fieldsSet.add(`${operation}.${field}`)
  }
  const noted: typeof fetch = (input, init) => {
    note(init?.method ?? 'GET', new URL(String(input)).pathname, fieldsOf(init?.body))
    return app.fetch(input, init)
  }
  const send: TestApp['send'] = (method, path, options) => {
    note(method, new URL(path, app.url).pathname, Object(options?.body))
    return app.send(method, path, options)
  }
  return { admin: app.admin(key, noted).organization, call: clientOf({ send }, key) }
}

const fieldsOf = (body: unknown): object => (typeof body === 'string' ? JSON.parse(body) : {})

const steps = (path: string) => path.split('/')
const isAt = ({ route }: Endpoint, path: string[]) =>
  steps(route.path).length === path.length &&
  steps(route.path).every((step, i) => step.startsWith(':') || step === path[i])

/** The operation that changes something with such a request; null where it only reads. */
function operationOf(method: string, pathname: string): string | null {
  if (method.toUpperCase() === 'GET') return null
  const path = steps(pathname)
  const found = endpoints.filter((one) => one.route.method === method.toUpperCase() && isAt(one, path))
  // Of two, `/accept` is no id.
  const [literal] = found.sort((a, b) => a.route.path.split(':').length - b.route.path.split(':').length)
  return literal?.name ?? assert.fail(`${method} ${pathname} is no operation of the contract`)
}

async function newWorld(stage: Stage, organization: Organization): Promise<World> {
  const { admin } = organization
  const projectId = (await admin.projects.create({ name: 'governed' })).id
  const account = await admin.projects.serviceAccounts.create(projectId, { name: 'bot' })
  if (!account.api_key) throw new Error('a service account without a key')
  const { id: keyId, value: key } = account.api_key
  const call = clientOf(stage.app, organization.key)
  return { ...stage, organization, admin, call, projectId, accountId: account.id, keyId, key }
}

/** What the caller is told: `200`; or the status with the error's code, or with its sentence where it has no code. */
export async function told(call: PromiseLike<unknown>): Promise<string> {
  const error = await refusalOf(call)
  if (error === null) return '200'
  return error.code ? `${error.status} ${error.code}` : error.message
}

/** The official client's error; null where there is none. */
export async function refusalOf(call: PromiseLike<unknown>): Promise<APIError | null> {
  try {
    await call
    return null
  } catch (error) {
    if (error instanceof APIError) return error
    throw error
  }
}

type Caller = Pick<World, 'app' | 'upstream' | 'key'>
type Chat = OpenAI.ChatCompletionCreateParamsNonStreaming
type Responses = OpenAI.Responses.ResponseCreateParamsNonStreaming

export const chat = (caller: Caller, more: Partial<Chat> = {}) =>
  asked(caller, (client) => client.chat.completions.create({ ...question, ...more }))

export const respond = (caller: Caller, more: Partial<Responses> = {}) =>
  asked(caller, (client) => client.responses.create({ model: 'm1', input: 'hello', ...more }))

/** What is refused, the model server never hears of. */
async function asked({ app, upstream, key }: Caller, ask: (client: OpenAI) => PromiseLike<unknown>): Promise<string> {
  const before = upstream.calls.length
  const answer = await told(ask(app.client(key)))
  assert.equal(upstream.calls.length - before, answer === '200' ? 1 : 0, `calls of the model server: ${answer}`)
  return answer
}

export const listModels = ({ app, key }: Pick<Caller, 'app' | 'key'>) => told(app.client(key).models.list())

/** The fields of the request that the model server was sent last. */
export function sent({ upstream }: Pick<World, 'upstream'>): Record<string, unknown> {
  return JSON.parse(upstream.calls.at(-1)?.body.toString() ?? '{}')
}
