/**
 * Tests of the gate whose question one call answers by what stands in it, in its reply and in the configuration: `npm test` asks them on both
 * databases, and no other thread and no other node has a part in their answer. Some meet a limit or a budget on their way. That those hold on
 * threads and with a Redis is asked again by the tests of limits, counters and settings (`limits*`, `counters`, `declared-settings`), and of
 * what bodies hold by `test/threads/bodies`.
 */
export const ofOneCall: readonly string[] = [
  'bodies',
  'declared',
  'echo',
  'echo-errors',
  'headers',
  'hostile-requests',
  'labels',
  'mcp-hosts',
  'messages/counted',
  'messages/models',
  'messages/refused',
  'messages/used',
  'model-names',
  'model-servers',
  'reported',
  'reported-elsewhere',
  'root-paths',
  'routes',
  'sdk',
  'uncounted',
  'upstreams/list-shapes',
  'upstreams/listing',
  'upstreams/tls',
  'upstreams/uploads',
  'upstreams/usage-question',
].map((name) => `test/gateway/${name}.test.ts`)

/**
 * Tests of what one kind has beside the mechanism that keeps every kind with its project: a purpose of files, the parts of an upload. The
 * mechanism itself is asked again, by `owned/owned` with each kind, and what waits in the background by its own tests.
 */
export const ofOneKind: readonly string[] = [
  'chats',
  'containers',
  'conversations',
  'files',
  'uploads',
  'uploads-killed',
  'vector-stores',
].map((name) => `test/gateway/owned/${name}.test.ts`)
