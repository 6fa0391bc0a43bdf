import type { Fields } from '../body/fields.ts'
import { pieces } from './text.ts'

type Part = { text: string }
type Item = { id: string }

/** The whole stream of a response whose output is this item with this one part. */
export function eventsOf(response: object, item: Item, part: Part): string[] {
  const begun = { ...response, status: 'in_progress', output: [], usage: null }
  const place = { item_id: item.id, output_index: 0, content_index: 0 }
  const events: Fields[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
    ...pieces(part.text).map((delta) => ({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...place, text: part.text, logprobs: [] },
    { type: 'response.content_part.done', ...place, part },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response },
  ]
  return events.map((data, sequence_number) => sse({ ...data, sequence_number }))
}

const sse = (data: Fields) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
