import { destinationIn, type McpHosts } from '../core/mcp-hosts.ts'

/**
 * What projects may have model servers reach by their tools, as the configuration writes it: by the id of a project, or `*` for all.
 * @param wrong told of what is none
 */
export function toMcpHosts(written: Record<string, string[]> = {}, wrong: (message: string) => void): McpHosts {
  const read = (project: string, text: string): string[] => {
    try {
      return [destinationIn(text)]
    } catch (error) {
      wrong(`mcp_hosts.${project}: ${(error as Error).message}`)
      return []
    }
  }
  return new Map(
    Object.entries(written).map(([project, texts]) => [project, new Set(texts.flatMap((text) => read(project, text)))]),
  )
}
