import type { Item } from './conversations.ts'
import type { Answer } from './responses.ts'
import type { Body } from './server.ts'

export type Event = { type: string; sequence_number: number } & Body
type Unnumbered = { type: string } & Body

/** What a stream of an answer begins with, before anything of it is there. */
export function begun(answer: Answer): Event[] {
  const status = answer.status === 'queued' ? 'queued' : 'in_progress'
  const response = { ...structuredClone(answer), status, output: [], usage: null }
  return numbered(
    [
      { type: 'response.created', response },
      { type: `response.${status}`, response },
    ],
    0,
  )
}

/** What it goes on with as soon as the answer is there, or has ended without one. */
export function rest(answer: Answer): Event[] {
  const items = answer.output.flatMap((item, output_index) => [
    { type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress' } },
    ...textEvents(item, output_index),
    { type: 'response.output_item.done', output_index, item },
  ])
  return numbered([...items, { type: `response.${answer.status}`, response: answer }], 2)
}

const numbered = (events: Unnumbered[], from: number): Event[] =>
  events.map((event, index) => ({ ...event, sequence_number: from + index }))

function textEvents(item: Item, output_index: number): Unnumbered[] {
  if (item.type !== 'message') return []
  const [part] = item.content as [Body]
  const at = { item_id: item.id, output_index, content_index: 0 }
  return [
    { type: 'response.content_part.added', ...at, part: { ...part, text: '', annotations: [] } },
    { type: 'response.output_text.delta', ...at, delta: part.text },
    ...part.annotations.map((annotation: Body, annotation_index: number) => ({
      type: 'response.output_text.annotation.added',
      ...at,
      annotation_index,
      annotation,
    })),
    { type: 'response.output_text.done', ...at, text: part.text },
    { type: 'response.content_part.done', ...at, part },
  ]
}
