import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { readConfig } from './settings.ts'

const filesOf = (text: string, env = {}) => readConfig({ GATEHOUSE_FILES: text, ...env }).files
const aws = (bucket: string, prefix = '') => ({ bucket, prefix, isPathStyle: false })

for (const [text, place] of [
  ['/x/y', { folder: '/x/y' }],
  ['x/y', { folder: join(process.cwd(), 'x/y') }],
  ['s3', { folder: join(process.cwd(), 's3') }],
  ['s3://a-bucket', aws('a-bucket')],
  ['s3://a-bucket/', aws('a-bucket')],
  ['s3://my.bucket/gate', aws('my.bucket', 'gate/')],
  ['s3://a-bucket/gate/of_us-2/v1.0/', aws('a-bucket', 'gate/of_us-2/v1.0/')],
] as const) {
  test(`what the gate keeps can be in ${text}`, () => {
    assert.deepEqual(filesOf(text), place)
  })
}

for (const text of [
  's3://',
  's3:///prefix',
  's3://ab',
  's3://A-Bucket',
  's3://a_bucket',
  's3://-bucket',
  's3://user:secret@bucket',
  's3://bucket:9000',
  's3://bucket/a//b',
  's3://bucket//a',
  's3://bucket/../a',
  's3://bucket/a/.',
  's3://bucket/a?secret=1',
  's3://bucket/a#secret',
  's3://bucket/ü',
  's3://bucket/a b',
  'https://s3.example.com/bucket',
  'file:///x/secret',
]) {
  test(`it cannot be in ${text}, which is not said again`, () => {
    assert.throws(
      () => filesOf(text),
      ({ message }: Error) => /GATEHOUSE_FILES: neither a folder nor s3:/.test(message) && !message.includes('secret'),
    )
  })
}

test('a bucket stands in the path where its server is named', () => {
  for (const name of ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'])
    assert.deepEqual(filesOf('s3://bucket', { [name]: 'http://127.0.0.1:9' }), { ...aws('bucket'), isPathStyle: true })
  assert.deepEqual(filesOf('s3://bucket', { AWS_ENDPOINT_URL_S3: '', AWS_REGION: 'x' }), aws('bucket'))
})
