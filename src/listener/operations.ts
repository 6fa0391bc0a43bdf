import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Door } from '../config/settings.ts'
import { ApiError, methodNotAllowed, unknownUrl } from '../contract/error.ts'
import { openapi } from '../contract/openapi.ts'
import type { NewId } from '../core/id.ts'
import type { Db } from '../db/tables.ts'
import { invitePage, invitePageHeaders } from './invite-page.ts'
import { type Handle, refuse } from './listener.ts'
import type { PrometheusMetrics } from './metrics.ts'

type Operations = {
  db: Db
  newId: NewId
  metrics: PrometheusMetrics
  version: string
  publicUrl: () => string
  /** Whether the start is over: before, the first key may not be there yet. */
  started: () => boolean
  /** The doors that are served. */
  doors: readonly Door[]
}
/** How long `/readyz` waits for the database, in milliseconds. */
const PATIENCE_MS = 2000

type Answer = { status?: number; contentType: string; body: string; headers?: Record<string, string> }

/** `/healthz`, `/readyz` and `/metrics`, which are always there, the documents, and the page behind an invite's link. */
export function createOperations(app: Operations): Handle {
  const answers: Record<string, () => Promise<Answer>> = {
    '/': async () => json({ name: 'Gatehouse', version: app.version, doors: app.doors }),
    '/healthz': async () => json({ status: 'ok', version: app.version }),
    '/readyz': () => ready(app),
    '/metrics': () => app.metrics.text(),
    ...(app.doors.includes('docs') && { '/openapi.json': async () => json(openapi(app.version, app.publicUrl())) }),
    ...(app.doors.includes('admin') && {
      '/invite': async () => ({ ...html(invitePage), headers: invitePageHeaders }),
    }),
  }
  return (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    const answer = Object.hasOwn(answers, path) ? answers[path] : undefined
    if (!answer) return refuse(response, app.newId, unknownUrl(request))
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(response, app.newId, methodNotAllowed(request, ['GET', 'HEAD']))
    }
    answer().then(
      (found) => send(request, response, app.newId, found),
      () => refuse(response, app.newId, new ApiError('internal', 'The server could not answer.')),
    )
  }
}

/** Whether this node can do its work now: the database is asked, not remembered. */
async function ready({ db, started }: Operations): Promise<Answer> {
  if (!started()) return { ...json({ status: 'starting' }), status: 503 }
  try {
    await Promise.race([sql`select 1`.execute(db), tooLate()])
    return json({ status: 'ready', database: 'ok' })
  } catch {
    return { ...json({ status: 'not_ready', database: 'unavailable' }), status: 503 }
  }
}

/** A probe that waits as long as a call would is no answer in time. */
async function tooLate(): Promise<never> {
  await sleep(PATIENCE_MS, undefined, { ref: false })
  throw new Error('the database did not answer in time')
}

const html = (body: string): Answer => ({ contentType: 'text/html; charset=utf-8', body })
const json = (value: unknown): Answer => ({
  contentType: 'application/json; charset=utf-8',
  body: JSON.stringify(value),
})

function send(
  request: IncomingMessage,
  response: ServerResponse,
  newId: NewId,
  { status = 200, contentType, body, headers }: Answer,
) {
  response.writeHead(status, {
    ...headers,
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'x-request-id': newId('request'),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
