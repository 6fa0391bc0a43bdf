import { hash } from 'node:crypto'
import { isObject } from '../../body/fields.ts'
import { parsed } from '../../envelopes/refusal.ts'
import type { BatchUsage, KeptBatches } from '../../files/kept-batches.ts'
import { Lines } from '../lines.ts'
import type { LineResult } from './run-line.ts'

/** Bytes of a result that are held at most. */
const MOST_LINE_BYTES = 64 * 1024 * 1024

export const isGood = ({ response }: LineResult) => response !== null && response.status_code < 400
export const keyOfLine = (customId: string) => hash('sha256', customId, 'base64')

/** The results of a batch, each line once: the first that is found of it counts. What a server that was killed has half written is none. */
export async function* resultsOf(kept: KeptBatches, id: string): AsyncGenerator<{ result: LineResult; text: string }> {
  const seen = new Set<string>()
  for await (const pieces of kept.results(id)) {
    for await (const text of linesOf(pieces)) {
      const result = parsed(text)
      if (!isResult(result)) continue
      const key = keyOfLine(result.custom_id)
      if (seen.has(key)) continue
      seen.add(key)
      yield { result, text }
    }
  }
}

async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const reader = new Lines(MOST_LINE_BYTES)
  for await (const piece of pieces) {
    for (const { bytes } of reader.take(piece)) if (bytes !== null) yield bytes.toString()
  }
}

const isResult = (value: unknown): value is LineResult => isObject(value) && typeof value.custom_id === 'string'

const numberIn = (value: unknown) => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0)

/** Adds what an answer says that it has used. */
export function addUsage(usage: BatchUsage, { response }: LineResult): void {
  const said = response !== null && isObject(response.body) && isObject(response.body.usage) ? response.body.usage : {}
  const within = (...names: string[]) => names.map((name) => said[name]).find(isObject) ?? {}
  usage.input += numberIn(said.input_tokens ?? said.prompt_tokens)
  usage.output += numberIn(said.output_tokens ?? said.completion_tokens)
  usage.cached += numberIn(within('input_tokens_details', 'prompt_tokens_details').cached_tokens)
  usage.reasoning += numberIn(within('output_tokens_details', 'completion_tokens_details').reasoning_tokens)
}
