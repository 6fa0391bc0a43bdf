import type { IncomingHttpHeaders } from 'node:http'
import type { GatewayRoute } from './table.ts'

/** A route as it is asked for: with JSON in the place of its form, where it takes that and its body says that it is some. */
export function asBrought(route: GatewayRoute, { 'content-type': type }: IncomingHttpHeaders): GatewayRoute {
  const { body } = route
  if ((body.kind !== 'form' && body.kind !== 'upload') || body.json === null || type === undefined) return route
  return /^application\/json *(;|$)/i.test(type) ? { ...route, body: body.json } : route
}
