import type { UsageEntry } from '../../core/usage-entry.ts'
import type { Asked, Call } from '../call.ts'
import type { Grant } from '../keys/grant.ts'
import { type Declaration, unforeseen } from '../routes/declaration.ts'
import type { ProjectRules } from '../rules/index.ts'
import type { Used } from '../use.ts'

export type UsedCall = {
  grant: Pick<Grant, 'keyId' | 'ownerId'> & { rules: Pick<ProjectRules, 'organizationId' | 'projectId'> }
  route: Pick<Declaration, 'report'>
  /** Milliseconds since the epoch. */
  at: Call['at']
  asked: Pick<Asked, 'model' | 'characters' | 'size' | 'serviceTier'>
  used: Used
}

/**
 * What the usage reports learn of a call: one entry for its kind, and one for each tool that the model server ran for it. A
 * call that the model server refused was no use of it. Costs are not among them.
 */
export function usageEntries({ grant, route, at, asked, used }: UsedCall): UsageEntry[] {
  const { organizationId, projectId } = grant.rules
  const project = { organization_id: organizationId, at: Math.floor(at / 1000), project_id: projectId }
  const owner = { ...project, user_id: grant.ownerId, api_key_id: grant.keyId }
  const model = { ...owner, model: asked.model?.id ?? '', num_model_requests: 1 }
  const { report } = route
  switch (report.kind) {
    case 'completions':
      return [
        { ...model, kind: 'completions', service_tier: tierOf(asked, used), ...tokens(used) },
        ...(used.webSearchCalls > 0
          ? [{ ...model, kind: 'web_search_calls' as const, units: used.webSearchCalls }]
          : []),
        ...(used.fileSearchCalls > 0
          ? [{ ...owner, kind: 'file_search_calls' as const, units: used.fileSearchCalls }]
          : []),
        ...(used.codeInterpreterSessions > 0
          ? [{ ...project, kind: 'code_interpreter_sessions' as const, units: used.codeInterpreterSessions }]
          : []),
      ]
    case 'embeddings':
    case 'moderations':
      return [{ ...model, kind: report.kind, input_tokens: used.inputTokens }]
    case 'images':
      return [{ ...model, kind: 'images', units: used.images, size: sizeOf(asked), source: report.source }]
    case 'audio_speeches':
      return [{ ...model, kind: 'audio_speeches', units: asked.characters }]
    case 'audio_transcriptions':
      return [{ ...model, kind: 'audio_transcriptions', units: used.seconds }]
    case 'none':
      return []
    default:
      return unforeseen(report)
  }
}

/** Whether calls that used nothing but tokens of text differ in nothing but how many: all else has units of its own. */
export function countsTokensOnly({ kind }: Declaration['report']): boolean {
  return kind === 'completions' || kind === 'embeddings'
}

/** The sizes that images are made in. A client's word may be anything, and every new one would be a new row for good. */
function sizeOf({ size }: UsedCall['asked']): string {
  const [, width = '', height = ''] = /^(\d{2,4})x(\d{2,4})$/.exec(size ?? '') ?? []
  const isMade = (side: string) => side !== '' && Number(side) % 64 === 0 && Number(side) <= 4096
  return size === 'auto' || (isMade(width) && isMade(height)) ? (size ?? '') : ''
}

/** The tiers there are (openai 7.57); `auto` is none. */
const tiers: ReadonlySet<string> = new Set(['default', 'flex', 'priority', 'scale', 'fast', 'ultrafast', 'standard'])

/** The tier that served, else the one that was asked for. */
function tierOf({ serviceTier }: UsedCall['asked'], used: Used): string {
  const tier = used.serviceTier ?? serviceTier ?? ''
  return tiers.has(tier) ? tier : ''
}

/** The report's audio and image tokens are those that no cache had, and what remains of the uncached is text: never less than none. */
function tokens(used: Used) {
  const uncached = used.inputTokens - used.cachedInputTokens
  const input_audio_tokens = Math.min(used.inputAudioTokens, uncached)
  return {
    input_tokens: used.inputTokens,
    input_cached_tokens: used.cachedInputTokens,
    input_audio_tokens,
    input_image_tokens: Math.min(used.inputImageTokens, uncached - input_audio_tokens),
    output_tokens: used.outputTokens,
    output_audio_tokens: used.outputAudioTokens,
    output_image_tokens: used.outputImageTokens,
  }
}
