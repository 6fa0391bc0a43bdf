import { parentPort, workerData } from 'node:worker_threads'
import { runThread } from './run.ts'

if (parentPort === null) throw new Error('this is the beginning of a thread, and no program')
await runThread(workerData, parentPort)
