import assert from 'node:assert/strict'
import { test } from 'node:test'
import { circleIn, imported, program } from './imports.ts'

test('no file of src/ imports itself by way of others, not even as a type', () => {
  assert.equal(circleIn(imported), null)
})

test('nor does a room of the gate', () => {
  const roomOf = (file: string) => /^gateway\/([^/]+)\//.exec(file)?.[1]
  const rooms = new Map<string, string[]>()
  for (const [file, others] of imported) {
    const mine = roomOf(file)
    if (mine === undefined) continue
    const theirs = others.flatMap((other) => roomOf(other) ?? []).filter((room) => room !== mine)
    rooms.set(mine, [...(rooms.get(mine) ?? []), ...theirs])
  }
  assert.ok(rooms.size > 5)
  assert.equal(circleIn(rooms), null)
})

test('the root of src/ has the entry, and what puts it together', () => {
  const atRoot = program.filter((file) => !file.includes('/'))
  assert.deepEqual(atRoot.sort(), ['app.ts', 'main.ts'])
})

test('a circle is found however long it is, and one that others only lead to', () => {
  const graph = (arrows: Record<string, string[]>) => new Map(Object.entries(arrows))
  assert.equal(circleIn(graph({ a: ['b', 'c'], b: ['c'], c: [] })), null)
  assert.deepEqual(circleIn(graph({ a: ['a'] })), ['a', 'a'])
  assert.deepEqual(circleIn(graph({ a: ['d', 'b'], b: ['c'], c: ['e'], d: [], e: ['b'] })), ['b', 'c', 'e', 'b'])
})
