import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { ConfigError, readConfig } from './settings.ts'

const workers = (env: Record<string, string>, flags = {}) => readConfig(env, flags).workers

/** What is wrong with settings of which only this one can be. */
function mistake(env: Record<string, string>): string {
  try {
    readConfig(env)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    assert.equal(error.mistakes.length, 1)
    return error.message
  }
  return ''
}

test('how many threads serve is a number, or as many as the machine can run at once', () => {
  assert.deepEqual([workers({}), workers({ GATEHOUSE_WORKERS: '8' }), workers({}, { workers: '3' })], [1, 8, 3])
  assert.equal(workers({ GATEHOUSE_WORKERS: 'auto' }), availableParallelism())
  for (const wrong of ['0', '257', '-1', '1.5', 'all', '2 '])
    assert.match(mistake({ GATEHOUSE_WORKERS: wrong }), /GATEHOUSE_WORKERS: '.*' is neither 'auto' nor a number/)
})

test('several threads are refused where they would not be one server', () => {
  const two = { GATEHOUSE_WORKERS: '2' }
  assert.match(mistake({ ...two, GATEHOUSE_DATABASE_URL: 'sqlite::memory:' }), /GATEHOUSE_WORKERS: .* in memory/)
  assert.equal(mistake({ ...two, GATEHOUSE_REDIS_URL: 'redis://127.0.0.1' }), '')
  const postgres = { GATEHOUSE_DATABASE_URL: 'postgres://127.0.0.1/db' }
  assert.match(mistake({ ...postgres, GATEHOUSE_WORKERS: '9' }), /database.connections .* at least 11/)
  assert.equal(mistake({ ...postgres, GATEHOUSE_WORKERS: '8' }), '')
  assert.equal(mistake({ GATEHOUSE_WORKERS: '64' }), '')
  for (const one of [postgres, { GATEHOUSE_DATABASE_URL: 'sqlite::memory:' }]) assert.equal(mistake(one), '')
})
