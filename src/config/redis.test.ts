import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redisUrl, toRedis, toRedisFile } from './redis.ts'

const plain = { isCluster: false, tls: false, username: null, password: null, database: 0 }

const urls: [string, object][] = [
  ['redis://cache', { ...plain, nodes: [{ host: 'cache', port: 6379 }] }],
  ['redis://[::1]:7000/3', { ...plain, nodes: [{ host: '::1', port: 7000 }], database: 3 }],
  [
    'rediss://gate:a%40b@cache:6380/',
    { ...plain, nodes: [{ host: 'cache', port: 6380 }], tls: true, username: 'gate', password: 'a@b' },
  ],
  [
    'redis://:pw@a:1, redis://:pw@b:2',
    {
      ...{ ...plain, isCluster: true, password: 'pw' },
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    },
  ],
]
for (const [url, read] of urls) test(`${url} is read`, () => assert.deepEqual(redisUrl(url), read))

const wrong = [
  ...['', 'cache:6379', 'http://cache', 'redis://', 'redis://cache/x', 'redis://cache/1/2', 'redis://cache?db=1'],
  ...['redis://:hunter2%@cache', 'redis://a,redis://:hunter2@b', 'redis://a/1,redis://b/1', 'redis://a,rediss://b'],
]
for (const url of wrong) {
  test(`'${url}' is refused, and nothing of it repeated`, () => {
    assert.throws(
      () => redisUrl(url),
      (error: Error) => !error.message.includes('hunter2'),
    )
  })
}

test('Sentinels have addresses and a master, a CA file is a certificate, and each needs its kind of URL', () => {
  const told = (written: Parameters<typeof toRedisFile>[0]) => {
    const mistakes: string[] = []
    return { file: toRedisFile(written, (mistake) => void mistakes.push(mistake)), mistakes }
  }
  const { file, mistakes } = told({ prefix: 'gate', sentinels: ['10.0.0.1', 'b:26380', '[::1]:1'], master: 'm' })
  assert.deepEqual(mistakes, [])
  assert.deepEqual(file, {
    ...{ prefix: 'gate', master: 'm', ca: null, down: 'local', localShare: 1 },
    sentinels: [
      { host: '10.0.0.1', port: 26_379 },
      { host: 'b', port: 26_380 },
      { host: '::1', port: 1 },
    ],
  })
  for (const written of [
    { sentinels: ['a'] },
    { master: 'm' },
    { sentinels: ['a b'], master: 'm' },
    { sentinels: ['u:p@a:1'], master: 'm' },
    { ca: import.meta.filename },
    { ca: '/nowhere' },
    { down: 'deny' as const, local_share: 0.5 },
  ]) {
    assert.equal(told(written).mistakes.length, 1, JSON.stringify(written))
  }
  const both: string[] = []
  toRedis(redisUrl('redis://a,redis://b'), { ...file, ca: 'x' }, both)
  assert.equal(both.length, 2)
})

test('what takes the place of Redis is said only where there is one', () => {
  const mistakes: string[] = []
  const file = toRedisFile({ down: 'local', local_share: 0.25 }, (mistake) => void mistakes.push(mistake))
  assert.deepEqual([file.down, file.localShare, mistakes], ['local', 0.25, []])
  assert.equal(toRedis(null, file, mistakes), null)
  assert.deepEqual(mistakes, ['GATEHOUSE_CONFIG: redis says something only where GATEHOUSE_REDIS_URL is set'])
  assert.equal(toRedis(null, toRedisFile(undefined, assert.fail), mistakes), null)
  assert.equal(mistakes.length, 1)
})
