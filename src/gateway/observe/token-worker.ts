import { parentPort } from 'node:worker_threads'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import type { Counted, ToCount } from './token-counter.ts'

/** Characters of a slice: the tokenizer is quadratic in the length of what has no spaces, so that 80,000 take 12 seconds. */
const SLICE = 1000
/** Milliseconds for one job. What is left then is estimated, so that one long text does not hold up all others. */
const ENOUGH_MS = 1000

/** What looks like a control token is text like any other; a control token it never was. */
const asText = { disallowedSpecial: new Set<string>() }

parentPort?.on('message', ({ id, texts }: ToCount) => {
  const counted: Counted = { id, tokens: count(texts) }
  parentPort?.postMessage(counted)
})

function count(texts: readonly string[]): number {
  const until = performance.now() + ENOUGH_MS
  let tokens = 0
  for (const text of texts) {
    for (let i = 0; i < text.length; i += SLICE) {
      if (performance.now() > until) {
        tokens += Math.ceil((text.length - i) / 4)
        break
      }
      tokens += countTokens(text.slice(i, i + SLICE), asText)
    }
  }
  return tokens
}
