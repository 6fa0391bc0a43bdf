import { ApiError, rateLimited } from '../../contract/error.ts'
import { webhookEvents } from '../../core/webhook.ts'
import type { WebhookRefusal } from '../../core/webhook-asked.ts'
import { answer } from '../answer.ts'
import { type Fields, isForm } from '../body/fields.ts'
import { readBody } from '../body/read-body.ts'
import type { Call } from '../call.ts'
import type { Gate } from '../gate.ts'
import { wrongValue } from '../invalid.ts'
import { actorOfGrant } from '../keys/grant.ts'
import { letInAgain } from '../let-in.ts'
import { takeOne } from '../take-one.ts'
import { type Does, noSuchOf, operationOf, refuseOthers } from './read.ts'

/**
 * Answers a call about webhooks, which the machine keeps: of a project's endpoints its own key hears alone, and of another's as of what is not there.
 * What changes something counts as one request of the project's limits. @returns null, or why it is refused: 401, 403 or 429
 * @throws ApiError 400 for what it says; 404, also for a cursor that is no id of what is listed; 429 where too much is under way for which receivers or servers of names are waited for
 */
export async function answerWebhooks(gate: Gate, call: Call, does: Does): Promise<ApiError | null> {
  const { route, grant, response, headers } = call
  if (does === 'event_types') {
    answer(response, 200, headers, { object: 'list', data: webhookEvents })
    return null
  }
  const fields = await fieldsOf(gate, call)
  if (fields instanceof ApiError) return fields
  const { organizationId, projectId } = grant.rules
  const query = new URLSearchParams(route.upstreamPath.split('?', 2)[1])
  const operation = operationOf(does, { id: route.ids.webhook_endpoint_id ?? '', query, fields })
  const refused = READS.has(does) ? null : await takeOne(gate, call)
  if (refused !== null) return refused
  const whose = { organizationId, projectId, actor: actorOfGrant(grant), origin: originOf(gate, call) }
  const said = await gate.webhooks.ask({ ...whose, operation })
  if ('refused' in said) throw refusal(said.refused)
  answer(response, 200, headers, said.body)
  return null
}

/** What changes nothing, and asks nobody else. All other counts as one request: it writes to the database, looks for names and calls receivers. */
const READS: ReadonlySet<Does> = new Set(['list', 'retrieve', 'deliveries'])
const NO_FIELDS: Fields = {}

/** What the body says. @returns why the key may not make the call any more, where it was waited for */
async function fieldsOf(gate: Gate, call: Call): Promise<Fields | ApiError> {
  const { body: shape } = call.route
  if (shape.kind !== 'object') return NO_FIELDS
  const body = await readBody(gate.bodies, call)
  try {
    const closed = body.waited ? await letInAgain(gate, call) : null
    if (closed !== null) return closed
    if (body.judged === null || isForm(body.judged)) return NO_FIELDS
    const { fields } = body.judged
    refuseOthers(fields, shape.fields)
    return fields
  } finally {
    body.release()
  }
}

function originOf(gate: Gate, { request: { headers, socket } }: Call) {
  const ip = gate.address(socket.remoteAddress, headers['x-forwarded-for'] as string | undefined)
  return { ip, userAgent: headers['user-agent']?.slice(0, 512) ?? null }
}

function refusal(refused: WebhookRefusal): ApiError {
  switch (refused.why) {
    case 'not_found':
      return noSuchOf('endpoint', refused.id, 'id')
    case 'too_many':
      return new ApiError(
        'too_many_webhook_endpoints',
        `A project can have ${refused.most} webhook endpoints. Delete one that is not needed any more.`,
      )
    case 'url':
      return wrongValue('url', `${refused.reason}.`)
    case 'too_many_at_once':
      return rateLimited(`Too many ${AT_ONCE[refused.of]} at once. Please try again shortly.`, 1)
    case 'test_failed':
      return new ApiError('webhook_test_failed', `The test event got no answer: ${refused.reason}.`)
  }
}

const AT_ONCE = {
  tests: 'tests of webhook endpoints are under way',
  names: 'URLs of webhook endpoints are being looked at',
} as const
