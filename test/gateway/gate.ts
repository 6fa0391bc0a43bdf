import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { type HttpUpstreamOptions, httpUpstream } from '../../src/gateway/upstreams/http.ts'
import { startTestApp, type TestApp, type TestAppOptions } from '../support/harness.ts'
import { type FakeUpstream, startUpstream } from './upstream.ts'

/** A whole Gatehouse in front of a fake model server, and a project's key for it. */
export type TestGate = AsyncDisposable & {
  app: TestApp
  upstream: FakeUpstream
  key: string
  keyId: string
  projectId: string
}

export const UPSTREAM_KEY = 'sk-upstream-0123456789'

type GateOptions = TestAppOptions & {
  /** What stands behind the upstream's origin in the setting. */
  path?: string
  /** What the upstream lists as its models; nothing given, it has no list and is asked for any model. */
  models?: readonly object[]
  /** Shorter waits for the upstream and the client than real ones need. */
  timeouts?: Pick<HttpUpstreamOptions, 'replyTimeoutMs' | 'silenceTimeoutMs' | 'unreadTimeoutMs'>
}

export async function startGate({ path = '/v1', timeouts, models, ...options }: GateOptions = {}): Promise<TestGate> {
  await using stack = new AsyncDisposableStack()
  const fake = stack.use(await startUpstream())
  if (models) fake.models = models
  const url = fake.origin + path
  const env = { GATEHOUSE_UPSTREAM_URL: url, GATEHOUSE_UPSTREAM_KEY: UPSTREAM_KEY, ...options.env }
  const one = timeouts && httpUpstream({ url, key: UPSTREAM_KEY, ...timeouts })
  const upstreams = one && { upstreams: new Map([['default', one]]) }
  const app = stack.use(await startTestApp({ ...options, env, ...upstreams }))
  const made = await makeKey(app)
  const rest = stack.move()
  return { app, upstream: fake, ...made, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** A Gatehouse without an upstream: its own model answers. */
export async function startEcho(options: TestAppOptions = {}) {
  await using stack = new AsyncDisposableStack()
  const app = stack.use(await startTestApp(options))
  const { key, projectId } = await makeKey(app)
  const rest = stack.move()
  const send = (path: string, body: unknown) => app.send('POST', path, { key, body })
  return { app, key, projectId, client: app.client(key), send, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** A service account with a key in a project of its own (or in the one that is named). */
export async function makeKey(app: TestApp, inProject?: string) {
  const { projects } = app.admin().organization
  const projectId = inProject ?? (await projects.create({ name: 'test' })).id
  const account = await projects.serviceAccounts.create(projectId, { name: 'bot' })
  if (!account.api_key) throw new Error('a service account without a key')
  return { projectId, accountId: account.id, key: account.api_key.value, keyId: account.api_key.id }
}

export type StreamedReply = { response: IncomingMessage; chunks: Buffer[]; ended: Promise<'complete' | 'broken'> }

/** A call on a connection of its own, whose body the test sends in parts. */
export function openCall(
  gate: Pick<TestGate, 'app' | 'key'>,
  path: string,
  options: RequestOptions = {},
): ClientRequest {
  const headers = { authorization: `Bearer ${gate.key}`, 'content-type': 'application/json', ...options.headers }
  const call = request(gate.app.url + path, { agent: false, method: 'POST', ...options, headers })
  // A cut connection shows in the reply, or as the rejection of `replyTo`.
  call.on('error', () => {})
  return call
}

/** The reply as it begins; its chunks go on arriving. */
export async function replyTo(call: ClientRequest): Promise<StreamedReply> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    call.once('response', resolve).once('error', reject)
  })
  const chunks: Buffer[] = []
  response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {})
  const ended = new Promise<'complete' | 'broken'>((resolve) => {
    response.once('close', () => resolve(response.complete ? 'complete' : 'broken'))
  })
  return { response, chunks, ended }
}

export const CHAT = '/v1/chat/completions'
export const question = { model: 'm1', messages: [{ role: 'user' as const, content: 'hello' }] }
