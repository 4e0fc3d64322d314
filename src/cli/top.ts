// `evapid top`: what happens in a running bus, as a table in the terminal that is drawn again and again, or once. What it shows is view.ts's.

import { setTimeout as pause } from 'node:timers/promises'
import type { ReadStream, WriteStream } from 'node:tty'
import { parseArgs } from 'node:util'
import { UsageError } from '../core/errors.ts'
import {
  CallError,
  CONNECTION_HELP,
  CONNECTION_OPTIONS,
  Connection,
  ConnectionError,
} from './calls/connection.ts'
import { complaint, exitCodeOf } from './rpc.ts'
import { COLUMNS, FIRST_SORT, layOut } from './top/columns.ts'
import { Rates } from './top/rates.ts'
import { type Key, Screen } from './top/screen.ts'
import { type Snapshot, takeSnapshot } from './top/snapshot.ts'
import { draw, type View } from './top/view.ts'

/** What `evapid top --help` prints. */
export const help = `Usage: evapid top [--interval SECONDS] [-n COUNT] [--once]
                  [--socket PATH | --url URL [--token-env NAME | --token-file FILE]]

Shows what happens in a running bus: rates of messages and bytes, who is
connected and for whom how much waits, which requests are suspended.

  -d, --interval SECONDS   between two looks (default 2; at least 0.05)
  -n COUNT                 end after COUNT tables
  --once                   print one table and end; that is what it does where
                           its output is no terminal
${CONNECTION_HELP}
  --help                   print this

Keys: q ends it; s or the right arrow sorts by the next column, the left arrow by
the one before; r turns the order round; up, down, page up and page down move.

Exit codes: 0; 1 the bus refused; 2 wrong usage; 3 the bus cannot be reached.
Once it was, top waits for it to come back.
`

/** What the tool reads and writes: process, or streams of a test. */
export interface TopStreams {
  readonly stdin: Pick<ReadStream, 'isTTY'> & NodeJS.ReadStream
  readonly stdout: Pick<WriteStream, 'isTTY'> & NodeJS.WriteStream
  readonly stderr: NodeJS.WritableStream
}

/** The width of a table where there is no terminal to say how wide it may be. */
const WIDTH = 120

interface Command {
  readonly connection: Connection
  /** Milliseconds. */
  readonly interval: number
  /** Undefined: until somebody ends it. */
  readonly count: number | undefined
  readonly live: boolean
}

/**
 * Runs `evapid top`.
 * @param argv the arguments behind `top`
 * @returns the exit code, see {@link help}
 */
export async function top(argv: readonly string[], io: TopStreams): Promise<number> {
  try {
    const command = parse(argv, io.stdout.isTTY === true)
    if (!command) io.stdout.write(help)
    else if (command.live) await watch(command, io)
    else await print(command, io)
    return 0
  } catch (error) {
    io.stderr.write(complaint('evapid top', error))
    return exitCodeOf(error)
  }
}

/** @returns undefined when only help was asked for. @throws UsageError */
function parse(argv: readonly string[], isTerminal: boolean): Command | undefined {
  const values = parseOptions(argv)
  if (values.help) return undefined
  const seconds = Number(values.interval)
  if (!(seconds >= 0.05 && seconds <= 86_400)) {
    throw new UsageError(`--interval ${values.interval}: expected seconds, at least 0.05`)
  }
  const count = values.count === undefined ? undefined : Number(values.count)
  if (count !== undefined && !(Number.isInteger(count) && count > 0)) {
    throw new UsageError(`-n ${values.count}: expected a number of tables`)
  }
  const connection = Connection.of(values, process.env, process.getuid?.() ?? 0)
  const live = isTerminal && !values.once
  return {
    connection,
    interval: seconds * 1000,
    count: values.once ? 1 : (count ?? (live ? undefined : 1)),
    live,
  }
}

function parseOptions(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        ...CONNECTION_OPTIONS,
        interval: { type: 'string', short: 'd', default: '2' },
        count: { type: 'string', short: 'n' },
        once: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

const FIRST_VIEW: View = { sort: FIRST_SORT, reversed: false, from: 0, problem: undefined }

function orderOf({ sort }: View): string {
  return COLUMNS[sort]?.order ?? 'index'
}

/** Tables one below the other: each has the rates since the one before, the first those of an interval. */
async function print({ connection, interval, count = 1 }: Command, io: TopStreams): Promise<void> {
  const order = orderOf(FIRST_VIEW)
  let before = await takeSnapshot(connection, order)
  for (let table = 0; table < count; table++) {
    await pause(interval)
    const now = await takeSnapshot(connection, order)
    const lines = draw(new Rates(before, now), FIRST_VIEW, { columns: io.stdout.columns ?? WIDTH })
    await new Promise((resolve) => io.stdout.write(`${table > 0 ? '\n' : ''}${lines.join('\n')}\n`, resolve))
    before = now
  }
}

/** A table that is drawn again and again. */
async function watch(
  { connection, interval, count = Number.POSITIVE_INFINITY }: Command,
  io: TopStreams,
): Promise<void> {
  // Before the screen is taken: who cannot be reached is told so where one can read it afterwards.
  let now = await takeSnapshot(connection, orderOf(FIRST_VIEW))
  let before: Snapshot | undefined
  let view = FIRST_VIEW
  const ended = new AbortController()
  using screen = new Screen(io.stdin, io.stdout, ended)
  const show = () => {
    const { columns, rows } = screen
    const drawn = draw(new Rates(before, now), view, { columns, rows })
    screen.show(drawn)
  }
  screen.on((key) => {
    view = changed(view, key, now.clients.length, screen)
    show()
  })
  show()
  for (let tables = 1; tables < count && !ended.signal.aborted; tables++) {
    await pause(interval, undefined, { signal: ended.signal }).catch(() => {})
    if (ended.signal.aborted) break
    try {
      const next = await takeSnapshot(connection, orderOf(view))
      before = now
      now = next
      view = { ...view, problem: undefined }
    } catch (error) {
      if (!(error instanceof ConnectionError || error instanceof CallError)) throw error
      view = { ...view, problem: error.message.split('\n', 1)[0] ?? '' }
    }
    show()
  }
}

/** What a key makes of a view. */
function changed(
  view: View,
  key: Key,
  clients: number,
  { columns, rows }: Pick<Screen, 'columns' | 'rows'>,
): View {
  const page = Math.max(rows - 6, 1)
  const move = (by: number) => ({ ...view, from: Math.max(Math.min(view.from + by, clients - 1), 0) })
  switch (key) {
    case 'next':
      return { ...view, sort: sortable(view.sort, 1, columns), from: 0 }
    case 'previous':
      return { ...view, sort: sortable(view.sort, -1, columns), from: 0 }
    case 'reverse':
      return { ...view, reversed: !view.reversed, from: 0 }
    case 'up':
      return move(-1)
    case 'down':
      return move(1)
    case 'page-up':
      return move(-page)
    case 'page-down':
      return move(page)
    case 'resize':
      return view
  }
}

/** The next column, to the right or to the left, that is on the screen and can be sorted by. */
function sortable(sort: number, step: 1 | -1, columns: number): number {
  const shown = new Set(layOut(columns).map(({ column }) => column))
  const isOne = (position: number) => {
    const column = COLUMNS[position]
    return column?.sort !== undefined && shown.has(column)
  }
  for (let offset = 1; offset < COLUMNS.length; offset++) {
    const next = (sort + step * offset + COLUMNS.length * 2) % COLUMNS.length
    if (isOne(next)) return next
  }
  return sort
}
