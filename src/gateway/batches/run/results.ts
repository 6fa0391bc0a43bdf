import { isObject } from '../../body/fields.ts'
import type { BatchUsage, KeptBatches } from '../../files/kept-batches.ts'
import { Lines } from '../lines.ts'
import { LineSet } from './line-set.ts'

/** Bytes of an answer that is kept, at most; of a result, in which a number may be written with five times as many; and of what stands before it. */
export const MOST_ANSWER_BYTES = 16 * 1024 * 1024
const MOST_RESULT_BYTES = 5 * MOST_ANSWER_BYTES
const MOST_HEAD_BYTES = 160
/** The line, whether it was answered well, what it has used, and how many bytes the result has: what is cut off is so known. */
const HEAD = /^(\d+) ([01]) (\d+) (\d+) (\d+) (\d+) (\d+) /

/** What a line of a batch's results says. */
export type LineResult = {
  id: string
  custom_id: string
  response: { status_code: number; request_id: string; body: object } | null
  error: { code: string; message: string } | null
}

/** What became of a line. @property text as its project is told of it */
export type Note<Text = string> = { line: number; isGood: boolean; usage: BatchUsage; text: Text }

const isGood = ({ response, error }: LineResult) => error === null && response !== null && response.status_code < 400

/** What became of a line. */
export function noteOf(line: number, result: LineResult): Note {
  const text = JSON.stringify(result)
  return { line, isGood: isGood(result), usage: usageOf(result), text }
}

/** The same as it stands beside the batch. */
export function writeNote({ line, isGood, usage, text }: Note): string {
  const { input, cached, output, reasoning } = usage
  return `${[line, isGood ? 1 : 0, input, cached, output, reasoning, Buffer.byteLength(text)].join(' ')} ${text}\n`
}

/** The results of a batch, each line once: the first that is found of it counts. What a server that was killed has half written is none. */
export async function* resultsOf(
  kept: Pick<KeptBatches, 'results'>,
  id: string,
): AsyncGenerator<Note<Buffer>, void, void> {
  const seen = new LineSet(0)
  for await (const pieces of kept.results(id)) {
    const reader = new Lines(MOST_HEAD_BYTES + MOST_RESULT_BYTES)
    for await (const piece of pieces) {
      for (const { bytes } of reader.take(piece)) {
        const result = bytes === null ? null : readNoted(bytes)
        if (result === null || seen.has(result.line)) continue
        seen.add(result.line)
        yield result
      }
    }
  }
}

function readNoted(bytes: Buffer): Note<Buffer> | null {
  const head = HEAD.exec(bytes.subarray(0, MOST_HEAD_BYTES).toString('latin1'))
  if (head === null) return null
  const [line = 0, isGood, input = 0, cached = 0, output = 0, reasoning = 0, length] = head.slice(1).map(Number)
  const text = bytes.subarray(head[0].length)
  if (text.length !== length) return null
  return { line, isGood: isGood === 1, usage: { input, cached, output, reasoning }, text }
}

const numberIn = (value: unknown) => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0)

/** What an answer says that it has used. */
function usageOf({ response }: LineResult): BatchUsage {
  const said = response !== null && isObject(response.body) && isObject(response.body.usage) ? response.body.usage : {}
  const within = (...names: string[]) => names.map((name) => said[name]).find(isObject) ?? {}
  return {
    input: numberIn(said.input_tokens ?? said.prompt_tokens),
    output: numberIn(said.output_tokens ?? said.completion_tokens),
    cached: numberIn(within('input_tokens_details', 'prompt_tokens_details').cached_tokens),
    reasoning: numberIn(within('output_tokens_details', 'completion_tokens_details').reasoning_tokens),
  }
}
