import { enableCompileCache } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

// As in the first thread: what is compiled once is compiled for all.
enableCompileCache()
const { runThread } = await import('./run.ts')
if (parentPort === null) throw new Error('this is the beginning of a thread, and no program')
await runThread(workerData, parentPort)
