/**
 * Tests of the gate whose question one call answers by what stands in it, in its reply and in the configuration. No other thread and no other
 * node has a part in that, nor has where something is counted: `npm test` asks them on both databases, and nobody asks them again. What is
 * known, counted or held between calls, and what a thread does with a connection, stands in none of these.
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
