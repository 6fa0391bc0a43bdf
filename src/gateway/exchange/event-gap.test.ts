import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventGap } from './event-gap.ts'

/** Each place between two bytes of a stream, or the ends of it, where something may be said. @param cut bytes of a chunk */
function gapsIn(stream: string, cut = 1): number[] {
  const gap = new EventGap()
  const bytes = Buffer.from(stream)
  const open = gap.isOpen ? [0] : []
  for (let at = 0; at < bytes.length; at += cut) {
    gap.passed(bytes.subarray(at, at + cut))
    if (gap.isOpen) open.push(Math.min(at + cut, bytes.length))
  }
  return open
}

/** What a reader makes of a stream that does as the specification says: the events that it dispatches. */
function eventsOf(stream: string): string[] {
  const events: string[] = []
  let [data, type]: [string[], string] = [[], '']
  for (const line of stream.split(/\r\n|\r|\n/).slice(0, -1)) {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? []
    if (line === '') {
      if (data.length > 0) events.push(`${type} ${data.join('\n')}`)
      ;[data, type] = [[], '']
    } else if (name === 'data') data.push(value)
    else if (name === 'event') type = value
  }
  return events
}

const streams: [what: string, stream: string, gaps: number[]][] = [
  ['one event', 'data: a\n\n', [0, 9]],
  ['CRLF', 'data: a\r\n\r\n', [0, 11]],
  ['CR, known as such from its second line on', 'data: a\r\rdata: b\r\r', [0, 9, 18]],
  ['lines of one event', 'event: x\ndata: a\ndata: b\n\n', [0, 26]],
  ['a comment of the server’s own, with and without an empty line', ': hi\n:\n\ndata: a\n\n', [0, 5, 7, 8, 17]],
  ['a comment within an event', 'data: a\n: hi\ndata: b\n\n', [0, 22]],
  ['empty lines', '\n\n\ndata: a\n\n\n', [0, 1, 2, 3, 12, 13]],
  ['a field without a value', 'data\n\n', [0, 6]],
  ['an event that is not whole', 'data: a\n\ndata: b\n', [0, 9]],
  ['line ends of all kinds', 'data: a\r\n\ndata: b\n\r\ndata: c\n\n', [0, 10, 20, 29]],
]

for (const [what, stream, gaps] of streams) {
  test(`a comment may stand between events and nowhere else: ${what}`, () => {
    assert.deepEqual(gapsIn(stream), gaps)
    for (let cut = 2; cut < 9; cut++)
      for (const at of gapsIn(stream, cut)) assert.ok(gaps.includes(at), `${at} of ${cut}`)
    for (const at of gaps) {
      const gap = new EventGap()
      gap.passed(Buffer.from(stream.slice(0, at)))
      const spoken = stream.slice(0, at) + gap.comment + stream.slice(at)
      assert.deepEqual(eventsOf(spoken), eventsOf(stream), `${at}`)
    }
  })
}

test('a comment ends its lines as the stream does, and brings no empty line where clients would take it for an event', () => {
  const commentAfter = (stream: string) => {
    const gap = new EventGap()
    gap.passed(Buffer.from(stream))
    return gap.comment
  }
  assert.equal(commentAfter(''), ': keep-alive\n\n')
  assert.equal(commentAfter('data: a\r\n\r\n'), ': keep-alive\r\n\r\n')
  assert.equal(commentAfter('id: 1\ndata: a\n\ndata: b\n\n'), ': keep-alive\n')
  assert.equal(commentAfter('data: id: 1\n\n'), ': keep-alive\n\n')
})
