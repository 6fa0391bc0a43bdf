import type { ApiError } from '../contract/error.ts'
import type { Call } from './call.ts'
import type { Gate, GatewayParts } from './gate.ts'
import { actorOfGrant } from './keys/grant.ts'

/** How often it is logged that they cannot be written: an outage fails all of them. */
const EVERY_MS = 10_000

/** Tells the audit log of a known key's refused call, off the call's path: the answer does not wait for it. */
export function recordRefusal({ refusals, log, address }: GatewayParts): Gate['refused'] {
  let toldAt = Number.NEGATIVE_INFINITY
  const failed = (err: unknown) => {
    if (performance.now() - toldAt < EVERY_MS) return
    toldAt = performance.now()
    log.warn({ err }, 'refusals could not be recorded')
  }
  return ({ grant, route, request, at }: Call, error: ApiError) => {
    const { keyId, rules } = grant
    const now = Math.floor(at / 1000)
    // A client in a loop is refused thousands of times a second.
    const { organizationId, projectId } = rules
    if (!refusals.isNews({ organizationId, by: keyId, operation: route.name }, now)) return
    const { headers, socket } = request
    const origin = {
      ip: address(socket.remoteAddress, headers['x-forwarded-for'] as string | undefined),
      userAgent: headers['user-agent']?.slice(0, 512) ?? null,
    }
    const whose = { by: keyId, organizationId, projectId, actor: actorOfGrant(grant) }
    const what = { operation: route.name, code: error.code ?? error.failure, message: error.message }
    refusals.record({ ...whose, origin, ...what }, now).catch(failed)
  }
}
