// Servers and the load generator as child processes: pinned to a core, watched, and never left behind.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { descriptors } from './descriptors.ts'

/** Server and load each have a core to themselves; with a single core there is nothing to pin. */
export const CORES = { server: 0, load: 1 } as const
export const pinned = availableParallelism() > 1

const START_LIMIT_MS = 15_000
const STOP_LIMIT_MS = 3_000
const OUTPUT_KEPT = 8192

const running = new Set<ChildProcess>()

// However this process ends, nothing it started stays: by this hook, and should it be killed outright, by pdeathsig.
process.on('exit', () => {
  for (const child of running) killGroup(child, 'SIGKILL')
})

/** Starts a command on a core, in a process group of its own. */
export function startPinned(core: number, command: string, args: readonly string[]): ChildProcess {
  const full = [...descriptors.prefix, 'setpriv', '--pdeathsig', 'KILL', command, ...args]
  if (pinned) full.unshift('taskset', '-c', String(core))
  const [program = command, ...rest] = full
  const child = spawn(program, rest, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  running.add(child)
  child.once('exit', () => running.delete(child))
  // A program that ends early breaks its stdin; its exit is what tells.
  child.stdin?.on('error', () => {})
  return child
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // Already gone.
  }
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  const over = child.exitCode !== null || child.signalCode !== null
  if (!over) {
    const exit = once(child, 'exit')
    killGroup(child, 'SIGTERM')
    await Promise.race([exit, delay(STOP_LIMIT_MS, undefined, { ref: false })])
  }
  // What is left of the group, or all of it.
  killGroup(child, 'SIGKILL')
}

/** A port that was free a moment ago, for servers that cannot pick one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

/** Both in bytes. */
export interface ServerMemory {
  /** What is in memory of its programs, libraries and data; what its processes share for each other counts once. */
  readonly resident: number
  /** Of that what it has allocated: heaps and stacks. What the kernel keeps for its sockets is in neither. */
  readonly allocated: number
}

/** A server under test. */
export interface ServerProcess {
  readonly port: number
  /** Where it takes SIP over UDP, if it does. */
  readonly sipPort?: number
  /** Where publishers connect and speak netstrings; otherwise they do as subscribers do. */
  readonly publishPort?: number
  /** All its processes. */
  pids(): number[]
  /** Memory of all its processes. */
  memory(): ServerMemory
  /** How many descriptors its processes hold. */
  descriptors(): number
  stop(): Promise<void>
}

export interface ServerCommand {
  readonly command: string
  readonly args: readonly string[]
  /** The port it was told to listen on; without, it says so itself in a line `listening on 127.0.0.1:PORT`. */
  readonly port?: number
  /** Where it was told to take SIP over UDP. */
  readonly sipPort?: number
}

export async function startServer({ command, args, port, sipPort }: ServerCommand): Promise<ServerProcess> {
  const child = startPinned(CORES.server, command, args)
  let output = ''
  const keep = (piece: Buffer): void => {
    output = (output + piece.toString('latin1')).slice(-OUTPUT_KEPT)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  let failure: string | undefined
  child.once('error', (error) => {
    failure = error.message
  })

  const deadline = Date.now() + START_LIMIT_MS
  for (;;) {
    const said = /listening on 127\.0\.0\.1:(\d+)/.exec(output)?.[1]
    const candidate = port ?? (said === undefined ? undefined : Number(said))
    if (candidate !== undefined && (await accepts(candidate))) {
      return { ...serverProcess(child, candidate), ...(sipPort === undefined ? {} : { sipPort }) }
    }
    if (child.exitCode !== null) failure ??= `exit code ${child.exitCode}`
    if (Date.now() > deadline) failure ??= 'it does not listen'
    if (failure !== undefined) {
      await stopProcess(child)
      const reason = output.split('\n').find((line) => /error/i.test(line)) ?? output.trim()
      throw new Error(`${command} did not start: ${failure}. ${reason}`)
    }
    await delay(20)
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

function serverProcess(child: ChildProcess, port: number): ServerProcess {
  const root = child.pid
  if (root === undefined) throw new Error('a process without an id')
  return {
    port,
    pids: () => processTree(root),
    memory: () => {
      const tree = processTree(root)
      return {
        resident: resident(tree),
        allocated: sum(tree.map((pid) => statusBytes(pid, 'RssAnon'))),
      }
    },
    descriptors: () => sum(processTree(root).map(descriptorsOf)),
    stop: () => stopProcess(child),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

/** A process and all that descend from it. */
function processTree(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of entries('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    // The name in parentheses may hold anything, so the fields are counted from its end.
    const parent = Number(/\) \S (\d+)/.exec(read(`/proc/${pid}/stat`))?.[1])
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

function statusBytes(pid: number, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
}

function resident(pids: readonly number[]): number {
  const shared = pids.map((pid) => statusBytes(pid, 'RssShmem'))
  return sum(pids.map((pid) => statusBytes(pid, 'VmRSS'))) - sum(shared) + Math.max(...shared)
}

function descriptorsOf(pid: number): number {
  // Newer kernels say how many there are as the size of the directory; to list thousands takes the server's time.
  const { size } = statSync(`/proc/${pid}/fd`, { throwIfNoEntry: false }) ?? { size: 0 }
  return size > 0 ? size : entries(`/proc/${pid}/fd`).length
}
