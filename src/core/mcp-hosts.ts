/** No link to a server of tools is longer. */
const LONGEST = 2048
/** A link that every reader takes apart alike: nobody's name before the host, no letter in that which is not plain, and a path or nothing behind it. */
const LINK = /^(https?):\/\/([\w.:[\]-]+)(?:\/[!-[\]-~]*)?$/i
/** Where the projects are named that may reach something: all of them. */
const EVERY_PROJECT = '*'

/** What projects may have a model server reach by its tools, as the configuration says it: by project, or all of them. */
export type McpHosts = ReadonlyMap<string, ReadonlySet<string>>

/** The fields of tools that name what a model server calls: a server by its link, and what its account has for that. */
const destinations: Readonly<Record<string, (value: string) => string | null>> = {
  server_url: originOf,
  connector_id: (id) => `connector:${id}`,
  tunnel_id: (id) => `tunnel:${id}`,
}

/** Fields that name where a tool leads, as they are written exactly. */
export const leading: readonly string[] = Object.keys(destinations)

/** Where a field of a tool leads, as the configuration would name it; null where it leads nowhere that could be named. */
export const destinationOf = (field: string, value: unknown): string | null =>
  typeof value === 'string' && Object.hasOwn(destinations, field) ? (destinations[field]?.(value) ?? null) : null

/** Whether a project may reach something. */
export const mayReach = (hosts: McpHosts, projectId: string, to: string): boolean =>
  hosts.get(projectId)?.has(to) === true || hosts.get(EVERY_PROJECT)?.has(to) === true

/**
 * Scheme, host and port of a link, the port left out where it is the scheme's own. Null for what two readers could take apart differently: a host that is
 * not written as it is meant (an address in another form, letters that stand for others), a name before it, or no http at all.
 */
export function originOf(link: string): string | null {
  if (link.length > LONGEST) return null
  const [, scheme = '', authority = ''] = LINK.exec(link) ?? []
  const usual = scheme.toLowerCase() === 'https' ? /:443$/ : /:80$/
  const written = `${scheme}://${authority.replace(usual, '')}`.toLowerCase()
  return URL.canParse(link) && new URL(link).origin === written ? written : null
}

/**
 * What the configuration allows, as it is compared: `mcp.example.com` is that host by https, with a port where it has one; `http://` has to be said.
 * `connector:ID` and `tunnel:ID` are of the model server's account.
 * @throws Error for what is none of these
 */
export function destinationIn(text: string): string {
  if (/^(connector|tunnel):[\w-]{1,128}$/.test(text)) return text
  const link = /^https?:\/\//i.test(text) ? text : `https://${text}`
  const origin = link.indexOf('/', 'https://'.length) < 0 ? originOf(link) : null
  if (origin === null) throw new Error(`'${text}' is no host, no 'connector:ID' and no 'tunnel:ID'`)
  return origin
}
