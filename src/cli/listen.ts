/**
 * `evapid listen`: prints every message the bus sends. A tool to look with; it is built on evapid/client and knows
 * nothing of the daemon.
 */
import { isUtf8 } from 'node:buffer'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import {
  ClientError,
  type ClientOptions,
  connect,
  DEFAULT_ADDRESS,
  type Message,
  parseAddress,
} from '../client/index.ts'

/** What `evapid listen --help` prints. */
export const help = `Usage: evapid listen [--json] [--connect ADDR] [--raw]

Prints every message the bus sends, one a line.

  --json           print one JSON object a line: {"time": when it was received,
                   "encoding": "utf8" or "base64", "payload": the message}
  --connect ADDR   HOST:PORT, HOST, [IPV6]:PORT or unix:/path
                   (default 127.0.0.1:8448)
  --raw            the bus speaks without netstrings (netstring_format=0):
                   what one read returns is one message
  --help           print this

Without --json a message is printed as it is, line breaks included; on a
terminal, control characters are printed as escapes. When the connection is
lost it is made again. Ctrl-C, SIGTERM and a closed output end it with exit
code 0; it is 1 if the bus cannot be reached at the start, and for wrong usage.
`

/** Where the tool writes to: process, or streams of a test. */
export interface ListenStreams {
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable
}

interface Command {
  readonly json: boolean
  readonly options: ClientOptions
}

/** A tool takes whatever its bus is configured for; this only keeps a mad peer from filling the memory. */
const MAX_MESSAGE_SIZE = 64 * 1024 * 1024

/**
 * Runs `evapid listen` until it is stopped.
 *
 * @param argv the arguments behind `listen`.
 * @returns the exit code, see {@link help}.
 */
export async function listen(argv: readonly string[], io: ListenStreams): Promise<number> {
  let command: Command | undefined
  try {
    command = parse(argv)
  } catch (error) {
    io.stderr.write(`evapid listen: ${(error as Error).message}\nTry 'evapid listen --help'.\n`)
    return 1
  }
  if (command !== undefined) return await run(command, io)
  io.stdout.write(help)
  return 0
}

/** @returns undefined when only help was asked for. */
function parse(argv: readonly string[]): Command | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      json: { type: 'boolean', default: false },
      connect: { type: 'string' },
      raw: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  return {
    json: values.json,
    options: {
      address: parseAddress(values.connect ?? DEFAULT_ADDRESS),
      netstring: !values.raw,
      maxMessageSize: MAX_MESSAGE_SIZE,
    },
  }
}

async function run({ json, options }: Command, io: ListenStreams): Promise<number> {
  const note = (text: string) => io.stderr.write(`evapid listen: ${text}\n`)
  const stop = new AbortController()
  let exitCode = 0
  const client = connect({ ...options, signal: stop.signal })

  // Only the first signal is ours: a second Ctrl-C ends the process the hard way, should we hang.
  const onSignal = () => stop.abort()
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)

  // EPIPE: the reader (`head -1`) has seen enough.
  const onOutputError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      note(`cannot write: ${error.message}`)
      exitCode = 1
    }
    stop.abort()
  }
  io.stdout.on('error', onOutputError)

  let everConnected = false
  client.on('connect', () => {
    if (everConnected) note(`connected to ${client.address} again`)
    everConnected = true
  })
  client.on('reconnecting', ({ delay, error }) => {
    if (everConnected) {
      const reason = error?.message ?? `connection to ${client.address} closed by the peer`
      note(`${reason}; trying again in ${(delay / 1000).toFixed(1)} s`)
    } else {
      // A wrong address is likelier than a bus that is about to start: say so now, not never.
      note(error?.message ?? 'cannot connect')
      exitCode = 1
      stop.abort()
    }
  })

  const format = json ? asJson : io.stdout.isTTY ? asTerminalLine : asLine
  try {
    for await (const message of client) {
      if (!io.stdout.write(format(message))) await once(io.stdout, 'drain', { signal: stop.signal })
    }
  } catch (error) {
    if (!stop.signal.aborted) {
      if (!(error instanceof ClientError)) throw error
      note(error.message)
      exitCode = 1
    }
  } finally {
    client.destroy()
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
    // onOutputError stays: a write that is still under way may fail after us.
  }
  return exitCode
}

const NEWLINE = Buffer.from('\n')

function asLine({ bytes }: Message): Buffer {
  return Buffer.concat([bytes, NEWLINE])
}

/** A message must not be able to take over the terminal of whoever looks at it. */
function asTerminalLine({ bytes, text }: Message): string {
  // Bytes that are no UTF-8 are shown as the characters of the same number, so that they become \x80 and so on.
  const shown = isUtf8(bytes) ? text : bytes.toString('latin1').replace(/[\x80-\xff]/g, escapeControl)
  return `${shown.replace(/(?!\t)\p{Cc}/gu, escapeControl)}\n`
}

function escapeControl(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

function asJson({ bytes, text, receivedAt }: Message): string {
  const time = new Date(receivedAt).toISOString()
  const object = isUtf8(bytes)
    ? { time, encoding: 'utf8', payload: text }
    : { time, encoding: 'base64', payload: bytes.toString('base64') }
  return `${JSON.stringify(object)}\n`
}
