import { cannotGovern } from '../invalid.ts'
import type { Measure, ModelWindows } from '../limits/windows.ts'
import type { NamedModel } from './rule.ts'

const counted: Record<Exclude<Measure, 'requests'>, string> = {
  tokens: 'tokens',
  images: 'images',
  audioMegabytes: 'audio',
}

/**
 * Whether a model that is named within another's call can be governed there: each time it is named is a request of its own,
 * but how many tokens it uses and how many images it makes nobody has bounded before the call, and no reply tells.
 * @throws ApiError 400 where it has a price, or a limit of anything but requests
 */
export function governable({ model, param }: NamedModel, { windows }: ModelWindows): void {
  const { id, price } = model
  if (price !== null && price.input + price.cachedInput + price.output > 0) {
    throw cannotGovern(param, id, 'has a price, and what it uses within the call of another model could not be charged')
  }
  for (const { measure } of windows) {
    if (measure === 'requests') continue
    const what = counted[measure]
    throw cannotGovern(param, id, `has a limit of ${what}, which could not be counted within the call of another model`)
  }
}
