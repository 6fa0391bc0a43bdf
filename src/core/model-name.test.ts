import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isModelName } from './model-name.ts'

const good = [
  'm1',
  'gpt-4o',
  'meta/llama-3.1:8b',
  'ft:m1:org::x',
  '../x',
  'Llama 3 8B',
  'qwen\u4e2d\u6587',
  'é',
  '*',
  '"',
  '<b>',
  '%00',
  '/models/qwen.gguf',
  'C:\\models\\q.gguf',
  'My Model (Q4).gguf',
  ...['a(b)', 'a,b', 'a#b', 'a?b', 'a%b', 'a&b', 'a+b', 'a@b', "a'b", 'a;b', 'a=b', 'a|b', '[a]', '{a}'],
  '.hidden',
  'a..b',
]
const bad = ['', ' ', ' m1', 'm1 ', '.', '..', '...', 'x'.repeat(201)]
/** What stands in no name, wherever. */
const nowhere = {
  control: ['\0', '\t', '\n', '\r', '\x1b', '\x7f', '\x85', '\x9b'],
  bidirectional: ['\u202e', '\u202a', '\u2066', '\u2069', '\u200e', '\u200f', '\u061c'],
  invisible: [
    '\u200b',
    '\u200c',
    '\u200d',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\u180e',
    '\u034f',
    '\ufe0f',
    '\u3164',
    '\u{e0041}',
  ],
  spaces: ['\u00a0', '\u2003', '\u2028', '\u2029', '\u3000'],
  'halves of surrogates': ['\ud800', '\udc00', '\udc00\ud800'],
  'no characters': ['\ufffd', '\ufffe', '\uffff', '\ue000', '\u{10ffff}'],
}

test('a name has a character that shows, and is of a decent length', () => {
  for (const name of [...good, '\u{1f999}', 'x'.repeat(200)]) assert.ok(isModelName(name), JSON.stringify(name))
  for (const name of bad) assert.ok(!isModelName(name), JSON.stringify(name))
})

for (const [kind, texts] of Object.entries(nowhere)) {
  test(`a name has nothing ${kind} in it, at its begin, within or at its end`, () => {
    for (const text of texts) {
      for (const name of [text, `${text}m`, `m${text}1`, `m${text}`]) {
        assert.ok(!isModelName(name), JSON.stringify(name))
      }
    }
  })
}
