import type { Asked } from '../call.ts'
import type { Used } from '../use.ts'

/** What a call is charged with, and how many tokens were reported beyond that. */
export type Capped = { used: Used; excess: number }

/** What was used, as far as it can have been: no more than the call's own most. The parts stay within the whole they are in. */
export function capped(used: Used, { caps, worst }: Pick<Asked, 'caps' | 'worst'>): Capped {
  const inputTokens = Math.min(used.inputTokens, caps.inputTokens ?? used.inputTokens)
  const outputTokens = Math.min(used.outputTokens, caps.outputTokens ?? used.outputTokens)
  const images = Math.min(used.images, worst.images)
  const excess = used.inputTokens - inputTokens + used.outputTokens - outputTokens
  if (excess === 0 && images === used.images) return { used, excess }
  const inputAudioTokens = Math.min(used.inputAudioTokens, inputTokens)
  const outputAudioTokens = Math.min(used.outputAudioTokens, outputTokens)
  return {
    used: {
      ...used,
      inputTokens,
      cachedInputTokens: Math.min(used.cachedInputTokens, inputTokens),
      inputAudioTokens,
      inputImageTokens: Math.min(used.inputImageTokens, inputTokens - inputAudioTokens),
      outputTokens,
      outputAudioTokens,
      outputImageTokens: Math.min(used.outputImageTokens, outputTokens - outputAudioTokens),
      images,
    },
    excess,
  }
}
