/*
 * What `npm test` loads into each test file's process before anything else. Node's test runner follows every asynchronous resource to the test
 * that it comes from, promises too, which costs a sixth of all that a process does. Without promises it still knows where a test is declared, and
 * whose timer, socket or callback threw; what it cannot lay to a test fails the file.
 */
import hooks from 'node:async_hooks'
import { isMainThread } from 'node:worker_threads'

const { createHook } = hooks

if (isMainThread) {
  hooks.createHook = (callbacks) => createHook({ ...callbacks, trackPromises: false })
  // It takes the function when it is loaded: what anybody else makes is as it was.
  await import('node:test')
  hooks.createHook = createHook
}
