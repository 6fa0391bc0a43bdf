import { isObject, type JsonObject, lookalike } from '../body/fields.ts'
import { keptTools } from '../invalid.ts'
import { serverToolsIn } from './server-tools.ts'

/**
 * Items that a conversation keeps: responses that come later are given them, and show nobody what is in there. So they bring no tools that
 * the model server runs: those are named by the response that uses them, which is charged for them and asked whether it may.
 * @param name of the field that holds the items
 * @throws ApiError 400 that names the tools
 */
export function refuseKeptTools(name: string, items: unknown): void {
  if (!Array.isArray(items)) return
  for (let i = 0; i < items.length; i++) {
    const item: unknown = items[i]
    if (!isObject(item)) continue
    for (const key in item) {
      // What an MCP server once listed is history, under its own name.
      if (key === 'tools' ? item.type === 'mcp_list_tools' : lookalike(key) !== 'tools') continue
      if (key !== 'tools' || !areClientRun(item.tools)) throw keptTools(`${name}[${i}].${key}`)
    }
  }
}

/** Also for a reader that does not mind the case of letters. */
function areClientRun(tools: unknown): tools is JsonObject[] {
  if (!Array.isArray(tools) || serverToolsIn({ tools }).length > 0) return false
  return tools.every((tool: JsonObject) => {
    const isOdd = Object.keys(tool).some((key) => lookalike(key) === 'type' || lookalike(key) === 'tools')
    return !isOdd && (tool.tools === undefined || areClientRun(tool.tools))
  })
}
