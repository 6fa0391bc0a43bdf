import { ApiError, type ErrorOptions } from '../contract/error.ts'
import type { Denial } from '../core/denied-field.ts'
import { leading } from '../core/mcp-hosts.ts'
import type { UpstreamKind } from '../core/upstream-kind.ts'

/** Characters of what a client wrote that a message repeats. */
const SHOWN = 200

export const shown = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)

/** @param wanted with its article: `a string` */
export function wrongType(param: string, wanted: string, got: unknown): ApiError {
  const message = `Invalid type for '${shown(param)}': expected ${wanted}, but got ${kindOf(got)} instead.`
  return new ApiError('invalid_type', message, { param: shown(param) })
}

export function wrongValue(param: string, reason: string): ApiError {
  return new ApiError('invalid_value', `Invalid '${shown(param)}': ${reason}`, { param: shown(param) })
}

/** Characters of the longest name of a file that is kept: what file systems take. */
const LONGEST_FILENAME = 255

/** @throws ApiError 400 for a name that no file could have */
export function checkFilename(param: string, filename: string): void {
  if (filename.length > LONGEST_FILENAME) throw tooLong(param, LONGEST_FILENAME, filename.length)
}

/** @param most characters that it may have @param got those that it has */
export function tooLong(param: string, most: number, got: number): ApiError {
  const message = `Invalid '${param}': string too long. Expected a string with maximum length ${most}, but got a string with length ${got} instead.`
  return new ApiError('string_above_max_length', message, { param })
}

export function missing(param: string): ApiError {
  return new ApiError('missing_required_parameter', `Missing required parameter: '${param}'.`, { param })
}

export function unknownParameter(param: string): ApiError {
  return new ApiError('unknown_parameter', `Unknown parameter: '${shown(param)}'.`, { param: shown(param) })
}

/** Of a field that names what another project may own, or has no bounds: refused until it is governed. */
export function notOffered(param: string): ApiError {
  if (leads.test(param)) return notAllowedHost(param)
  const message = `The parameter '${shown(param)}' is not offered by this server yet.`
  return new ApiError('parameter_not_offered', message, { param: shown(param) })
}

const leads = new RegExp(`(^|\\.)(${leading.join('|')})$`)

/** Of a field that has a model server reach something which the project may not. */
export function notAllowedHost(param: string): ApiError {
  const message = `The parameter '${shown(param)}' is not offered by this server for this project: where it leads is not among the \`mcp_hosts\` of the server's configuration.`
  return new ApiError('parameter_not_offered', message, { param: shown(param) })
}

/** Of a field of other servers and gateways, and why no setting offers it. */
export function couldDo(param: string, denial: Denial): ApiError {
  const message = `The parameter '${shown(param)}' is not offered by this server: it could ${denial}, whatever the model server's \`kind\` and \`extra_fields\` say.`
  return new ApiError('parameter_not_offered', message, { param: shown(param) })
}

/** Of a way to be served that costs less. */
export function notPriced(param: string, way: string, model: string): ApiError {
  const message = `The parameter '${shown(param)}' is not offered by this server as '${way}' for the model '${shown(model)}': its configuration has no price for it.`
  return new ApiError('parameter_not_offered', message, { param: shown(param) })
}

/** Of tools that the model server runs, in what a conversation keeps. @param param the tools */
export function keptTools(param: string): ApiError {
  const message = `The parameter '${shown(param)}' is not offered by this server: later responses of the conversation would use what none of them names. Tools that the model server runs are named by each response, in its \`tools\`.`
  return new ApiError('parameter_not_offered', message, { param: shown(param) })
}

/** Of a field that the model server is not known to have, and how its operator says that it does. */
export function unknownField(param: string, kind: UpstreamKind): ApiError {
  const setting = `A model server of the kind '${kind}' is not known to have it; its \`extra_fields\` can name it.`
  return new ApiError('unknown_parameter', `Unknown parameter: '${shown(param)}'. ${setting}`, { param: shown(param) })
}

/** Of a model that is named where its use cannot be seen. @param why stands behind its id */
export function cannotGovern(param: string, id: string, why: string): ApiError {
  const message = `The parameter '${shown(param)}' is not offered by this server for the model '${shown(id)}': it ${why}. Leave it out, or ask that model by itself.`
  return new ApiError('parameter_not_offered', message, { param: shown(param) })
}

const kinds: Record<string, string> = { boolean: 'a boolean', object: 'an object', string: 'a string' }

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  return kinds[typeof value] ?? typeof value
}

/** The refusal of a model that nobody has, in the original's words. @param at what named it */
export function modelUnknown(id: string, at: ErrorOptions = {}): ApiError {
  const message = `The model \`${id.slice(0, SHOWN)}\` does not exist or you do not have access to it.`
  return new ApiError('model_not_found', message, at)
}
