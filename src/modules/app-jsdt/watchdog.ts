// The watchdog: a thread that looks, now and then, whether the same function still runs, and ends it if it has for too long. A thread can
// end the JavaScript of another through V8's inspector only. To ask node:vm for a time limit would cost 350 µs for each call; this costs two
// writes to shared memory.

import { Worker } from 'node:worker_threads'

/** Runs in the thread; not TypeScript, for it is given as text. */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads')
const { shared, limit } = workerData
const interval = Math.max(1, Math.floor(limit / 8))
let seen = 0, since = 0
function look() {
  const now = Date.now(), running = Atomics.load(shared, 0)
  if (running !== seen) { seen = running; since = now }
  else if (running !== 0 && now - since >= limit) { end(); return }
  setTimeout(look, interval)
}
function end() {
  const ended = seen
  const session = new (require('node:inspector').Session)()
  session.connectToMainThread()
  session.post('Runtime.terminateExecution', (error) => {
    session.disconnect()
    parentPort.postMessage(error ? String(error.message) : undefined)
    const next = () => Atomics.load(shared, 0) === ended ? setTimeout(next, interval) : look()
    next()
  })
}
try { require('node:inspector'); look() } catch (error) { parentPort.postMessage(error.message) }
`

export class Watchdog {
  /** The number of the function that runs; 0: none. */
  private readonly shared = new Int32Array(new SharedArrayBuffer(4))
  private readonly worker: Worker
  private count = 0

  /**
   * @param limit milliseconds
   * @param report is told when a function was ended; with why, when that is not possible
   */
  constructor(limit: number, report: (problem: string | undefined) => void) {
    this.worker = new Worker(THREAD, {
      eval: true,
      workerData: { shared: this.shared, limit },
      // It does next to nothing: a heap to match.
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
    })
    this.worker.unref()
    this.worker.on('message', report)
    this.worker.on('error', (error) => report(error.message))
  }

  begin(): void {
    this.count = (this.count % 0x7fff_ffff) + 1
    Atomics.store(this.shared, 0, this.count)
  }

  end(): void {
    Atomics.store(this.shared, 0, 0)
  }

  async stop(): Promise<void> {
    await this.worker.terminate()
  }
}
