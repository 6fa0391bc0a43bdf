import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modelsFile } from '../../test/support/models-file.ts'
import { ConfigError, readConfig } from './settings.ts'

/** What is wrong with a file that says this, where an upstream is named or none is. */
async function mistakes(
  defaults: object,
  models: Record<string, object> = {},
  url?: string,
): Promise<readonly string[]> {
  await using file = await modelsFile(models, { default_models: defaults })
  try {
    readConfig({ GATEHOUSE_CONFIG: file.path, ...(url !== undefined && { GATEHOUSE_UPSTREAM_URL: url }) })
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
  return []
}

const url = 'http://127.0.0.1:1/v1'
const notThere = (call: string, id: string) =>
  `GATEHOUSE_CONFIG: default_models.${call} names the model ${JSON.stringify(id)}, which is not there`

test('a default is a model of the file, one that a model server may list, or the one that is built in', async () => {
  assert.deepEqual(await mistakes({ images: 'm1' }, { m1: {} }), [])
  assert.deepEqual(await mistakes({ moderations: 'echo', images: 'echo' }), [])
  assert.deepEqual(await mistakes({ moderations: 'omni-moderation-latest', images: 'gpt-image-1' }, {}, url), [])
})

test('a default that cannot be a model, or is for other calls, stops the start and is named', async () => {
  assert.deepEqual(await mistakes({ images: 'm2' }, { m1: {} }), [notThere('images', 'm2')])
  assert.deepEqual(await mistakes({ moderations: 'a\nb', images: '' }, {}, url), [
    notThere('moderations', 'a\nb'),
    notThere('images', ''),
  ])
  // It goes by another name here.
  assert.deepEqual(await mistakes({ images: 'real' }, { draw: { name_upstream: 'real' } }, url), [
    notThere('images', 'real'),
  ])
  assert.match((await mistakes({ embeddings: 'm1' }, { m1: {} })).join(), /default_models .*'embeddings'/)
  assert.match((await mistakes({ images: 5 }, {})).join(), /default_models\.images must be string/)
})
