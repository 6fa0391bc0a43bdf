import { plainModel } from '../../src/core/catalogue.ts'
import type { Asked } from '../../src/gateway/call.ts'
import { type Caps, NO_CAPS } from '../../src/gateway/caps.ts'
import { NO_WORST } from '../../src/gateway/use.ts'

/** Of a call whose most nobody has said. */
const UNCAPPED: Caps = { ...NO_CAPS, inputTokens: null, outputTokens: null }

/** What a plain request asks for, as the judge would say it. */
export const asks = (
  some: Partial<Pick<Asked, 'stream' | 'usageWanted' | 'inputText' | 'characters' | 'size' | 'serviceTier'>> & {
    images?: number
    caps?: Caps
  } = {},
): Asked => {
  const { images = 0, caps = UNCAPPED, ...rest } = some
  return {
    projectId: 'proj_1',
    model: plainModel('m1'),
    within: [],
    worst: { ...NO_WORST, images },
    caps,
    stream: false,
    usageWanted: false,
    streamOptions: null,
    references: [],
    stored: false,
    background: false,
    inputText: () => 'one two three',
    echoes: false,
    besideText: 0,
    characters: 0,
    size: null,
    serviceTier: null,
    ...rest,
  }
}
