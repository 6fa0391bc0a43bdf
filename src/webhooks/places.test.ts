import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Places } from './places.ts'

/** An endpoint, by its organization, its project and its number; without a project the organization's own. */
const at = (organization_id: string, project_id: string | null, id = 1) => ({
  ...{ organization_id, project_id, id: `${organization_id} ${project_id} ${id}` },
})

/** Takes as many as there are for a project's endpoints, one after the other. @returns how many */
function fill(places: Places, organization: string, project: string | null, endpoints = 100): number {
  let taken = 0
  for (let id = 0; id < endpoints; id++)
    for (; places.hasRoom(at(organization, project, id)); taken++) places.take(at(organization, project, id))
  return taken
}

const sizes = { all: 96, project: 16, endpoint: 4 }

test('however many projects hold all that they can get, the next one gets in', () => {
  const places = new Places(sizes)
  const taken = ['a', 'b', 'c', 'd', 'e', 'f'].map((project) => fill(places, 'one', project))
  assert.deepEqual(taken, [16, 16, 8, 4, 2, 1])
  assert.equal(fill(places, 'two', 'a'), 13)
  assert.ok(!places.isFull)
})

test('an organization has no more than it leaves for others, so the next one gets in', () => {
  const places = new Places(sizes)
  const organizations = ['one', 'two', 'three', 'four', 'five', 'six']
  const taken = organizations.map((organization) => {
    let all = 0
    for (let project = 0; project < 100; project++) all += fill(places, organization, `${project}`)
    return all
  })
  assert.deepEqual(taken, [48, 24, 12, 6, 3, 2])
  assert.ok(places.hasRoom(at('seven', 'a')))
})

test('a project that has none gets one beside others of its organization, whatever a second organization has', () => {
  const places = new Places(sizes)
  for (const project of ['a', 'b', 'c']) fill(places, 'one', project)
  for (const project of ['a', 'b']) fill(places, 'two', project)
  assert.ok(!places.hasRoom(at('one', 'a', 101)))
  assert.equal(fill(places, 'one', 'd'), 1)
  assert.ok(!places.crowded().includes('one'))
})

test('one endpoint has few, an organization’s own count together, and what is given back is free again', () => {
  const places = new Places(sizes)
  assert.equal(fill(places, 'one', 'a', 1), 4)
  assert.equal(fill(places, 'one', 'a', 2), 4)
  assert.equal(fill(places, 'one', null), 16)
  assert.ok(!places.hasRoom(at('one', null, 101)))
  const other = new Places({ all: 4, project: 1, endpoint: 1 })
  const back = other.take(at('one', 'a'))
  assert.ok(!other.hasRoom(at('one', 'a')))
  back()
  back()
  assert.ok(other.hasRoom(at('one', 'a')))
})

test('who has no room for anything is named: whole organizations, and projects of others', () => {
  const places = new Places({ all: 16, project: 2, endpoint: 2 })
  fill(places, 'one', 'a')
  assert.deepEqual(places.crowded(), ['a'])
  for (const project of ['b', 'c', 'd', 'e', 'f', 'g']) fill(places, 'one', project)
  assert.deepEqual(places.crowded(), ['one'])
  fill(places, 'two', null)
  assert.deepEqual(places.crowded(), ['one'])
})
