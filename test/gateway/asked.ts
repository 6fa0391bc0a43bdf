import { plainModel } from '../../src/core/catalogue.ts'
import type { Asked } from '../../src/gateway/call.ts'

/** What a plain request asks for, as the judge would say it. */
export const asks = (
  some: Partial<Pick<Asked, 'stream' | 'usageWanted' | 'inputText' | 'characters' | 'size' | 'serviceTier'>> & {
    images?: number
  } = {},
): Asked => {
  const { images = 0, ...rest } = some
  return {
    model: plainModel('m1'),
    within: [],
    worst: { tokens: 0, inputTokens: 0, outputTokens: 0, images, audioMegabytes: 0 },
    stream: false,
    usageWanted: false,
    responseId: null,
    stored: false,
    inputText: () => 'one two three',
    besideText: 0,
    characters: 0,
    size: null,
    serviceTier: null,
    ...rest,
  }
}
