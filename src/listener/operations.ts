import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Door } from '../config/doors.ts'
import { ApiError, methodNotAllowed, unknownUrl } from '../contract/error.ts'
import { openapi } from '../contract/openapi.ts'
import type { NewId } from '../core/id.ts'
import { invitePage, invitePageHeaders } from './invite-page.ts'
import { type Handle, refuse } from './listener.ts'
import type { PrometheusMetrics } from './metrics.ts'
import type { Readiness } from './readiness.ts'

type Operations = {
  newId: NewId
  metrics: PrometheusMetrics
  version: string
  publicUrl: () => string
  /** Whether the start is over: before, the first key may not be there yet. */
  started: () => boolean
  /** The doors that are served. */
  doors: readonly Door[]
  /** Asks all that the server needs; within some seconds, whatever they do. */
  readiness: () => Promise<Readiness>
}

/** A page as it is sent: its bytes are made once where they can be, however many ask for it. */
type Answer = { status?: number; contentType: string; body: Buffer; headers?: Record<string, string> }

/** `/healthz`, `/readyz` and `/metrics`, which are always there, the documents, and the page behind an invite's link. */
export function createOperations(app: Operations): Handle {
  const { doors, version } = app
  const about = json({ name: 'Gatehouse', version, doors })
  const alive = json({ status: 'ok', version })
  const invite = { ...text('text/html; charset=utf-8', invitePage), headers: invitePageHeaders }
  // Not before it is asked for: until the server listens, nobody knows its own address.
  const document = once(() => json(openapi(version, app.publicUrl())))
  const readiness = shared(() => ready(app))
  const answers = new Map<string, () => Answer | Promise<Answer>>([
    ['/', () => about],
    ['/healthz', () => alive],
    ['/readyz', readiness],
    ['/metrics', async () => metricsText(await app.metrics.text())],
  ])
  if (doors.includes('docs')) answers.set('/openapi.json', document)
  if (doors.includes('admin')) answers.set('/invite', () => invite)
  return (request, response) => {
    const url = request.url ?? ''
    const mark = url.indexOf('?')
    const answer = answers.get(mark < 0 ? url : url.slice(0, mark))
    if (!answer) return refuse(response, app.newId, unknownUrl(request))
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(response, app.newId, methodNotAllowed(request, ['GET', 'HEAD']))
    }
    const found = answer()
    if (!(found instanceof Promise)) return send(request, response, app.newId, found)
    found.then(
      (late) => send(request, response, app.newId, late),
      () => refuse(response, app.newId, new ApiError('internal', 'The server could not answer.')),
    )
  }
}

/** Makes it for the first who asks. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Everybody who asks while it is on its way shares it: a crowd costs the database one question at a time. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let asking: Promise<T> | null = null
  return () => {
    asking ??= ask().finally(() => {
      asking = null
    })
    return asking
  }
}

/** Whether this node can do its work now: it is asked, not remembered. */
async function ready({ started, readiness }: Operations): Promise<Answer> {
  if (!started()) return { ...json({ status: 'starting' }), status: 503 }
  const said = await readiness()
  return { ...json(said), status: said.status === 'not_ready' ? 503 : 200 }
}

const text = (contentType: string, body: string): Answer => ({ contentType, body: Buffer.from(body) })
const json = (value: unknown) => text('application/json; charset=utf-8', JSON.stringify(value))
const metricsText = ({ contentType, body }: { contentType: string; body: string }) => text(contentType, body)

function send(
  request: IncomingMessage,
  response: ServerResponse,
  newId: NewId,
  { status = 200, contentType, body, headers }: Answer,
) {
  response.writeHead(status, {
    ...headers,
    'content-type': contentType,
    'content-length': body.length,
    'x-request-id': newId('request'),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
