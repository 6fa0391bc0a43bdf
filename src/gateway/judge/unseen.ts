import type { CatalogueModel } from '../../core/catalogue.ts'
import { type Fields, isGiven, type JsonObject } from '../body/fields.ts'
import type { Reference } from '../references.ts'
import { webSearchField } from '../rules/disabled-tools.ts'
import type { Content } from './content.ts'
import { bringsUnseen } from './server-tools.ts'

/**
 * What a model reads for a request without its being in there: an earlier response, what stands behind a link, what a tool of
 * the model server finds.
 * @param references what it names that a model server keeps: a response that it goes on from, items
 * @param serverTools tools that it brings and the model server runs
 * @returns the field that brings it, as a client writes it; null where all is here
 */
export function unseenIn(
  fields: Fields,
  content: Content,
  model: CatalogueModel,
  references: readonly Reference[],
  serverTools: readonly JsonObject[],
): string | null {
  const kept = references.find(({ isIfKept }) => !isIfKept)
  if (kept !== undefined) return kept.param
  if (content.link !== null) return content.link
  if (model.searches) return 'model'
  if (isGiven(fields.mcp_servers)) return 'mcp_servers'
  return webSearchField(fields) ?? (serverTools.some(bringsUnseen) ? 'tools' : null)
}
