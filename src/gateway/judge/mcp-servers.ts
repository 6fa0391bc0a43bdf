import { mayReach, originOf } from '../../core/mcp-hosts.ts'
import { type Fields, isGiven, isObject } from '../body/fields.ts'
import { notAllowedHost, wrongType } from '../invalid.ts'
import type { Court } from './court.ts'

/**
 * The servers of tools that a message brings, as the Anthropic API has them: each leads where its project may.
 * @throws ApiError 400 that names the first that does not
 */
export function refuseUnreached({ mcp_servers: servers }: Fields, { mcpHosts, rules }: Court): void {
  if (!isGiven(servers)) return
  if (!Array.isArray(servers)) throw wrongType('mcp_servers', 'an array', servers)
  for (const [i, server] of servers.entries()) {
    const url: unknown = isObject(server) ? server.url : undefined
    const origin = typeof url === 'string' ? originOf(url) : null
    if (origin === null || !mayReach(mcpHosts, rules.projectId, origin)) throw notAllowedHost(`mcp_servers[${i}].url`)
  }
}
