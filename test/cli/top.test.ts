// `evapid top` against a running daemon: a table once, and a table in a terminal (of script(1)) that obeys keys and leaves the terminal as it was.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Peer } from '../core/peer.ts'
import { call } from '../support/rpc-caller.ts'
import { EVAPID, Evapid, evapid, Program } from './evapid.ts'
import { RouteFiles } from './routefiles.ts'

const LIMIT = { timeout: 120_000 }

const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'

/** A daemon with a request that is suspended, and a client. */
async function started() {
  const files = new RouteFiles()
  const socket = join(files.directory, 'rpc')
  const file = files.write(
    'routes.ts',
    `export default { routes: { request: (ctx) => ctx.ask('x'), 'evapi:message-received': (ctx) => ctx.relay(ctx.msg) } }`,
  )
  const daemon = new Evapid(['-f', file, '--bind', '127.0.0.1:0', '--rpc-socket', socket])
  const address = await daemon.listening()
  const peer = await Peer.connect(address)
  await peer.ask('here')
  await call(socket, 'evapi.set_tag', 0, 'w\x1b[31mild')
  return {
    daemon,
    socket,
    peer,
    async [Symbol.asyncDispose]() {
      await peer[Symbol.asyncDispose]()
      await daemon[Symbol.asyncDispose]()
      files[Symbol.dispose]()
    },
  }
}

describe('evapid top', LIMIT, () => {
  test('without a terminal prints a table, or as many as it is told, and ends', async () => {
    await using bus = await started()
    const args = ['top', '--socket', bus.socket, '-d', '0.05']
    const { code, stdout, stderr } = await evapid(args)
    assert.deepEqual([code, stderr], [0, ''])
    const [first, second, third, blank, head, row, ...rest] = stdout.split('\n')
    assert.match(first ?? '', /^evapid \d+\.\d+\.\d+, up \d+s {3}1 clients, 0 slow {3}0 requests suspended$/)
    assert.match(second ?? '', /^in 0 messages\/s, 0 B\/s {3}relayed 0\/s {3}out 0 messages\/s, 0 B\/s$/)
    assert.match(third ?? '', /^dropped 0\/s, 0 in all {3}bad frames 0 /)
    assert.equal(blank, '')
    assert.match(head ?? '', /^ INDEX ADDRESS +TAG +AGE .*WAITING\* +DROPPED STATE/)
    // What a client calls itself does not command the terminal.
    assert.match(row ?? '', /^ {5}0 127\.0\.0\.1:\d+ +w\?\[31mild +\d+s .* open$/)
    assert.deepEqual(rest, [''])
    const three = await evapid([...args, '-n', '3'])
    assert.equal(three.stdout.match(/^evapid /gm)?.length, 3)
    assert.equal((await evapid([...args, '-n', '3', '--once'])).stdout.match(/^evapid /gm)?.length, 1)
  })

  test('ends with 2 for wrong usage and with 3 when nobody is there', async () => {
    for (const args of [['-d', '0'], ['-d', 'x'], ['-n', '0'], ['-n', '1.5'], ['--nonsense'], ['argument']]) {
      const { code, stderr } = await evapid(['top', ...args])
      assert.deepEqual([code, /Try 'evapid top --help'\.\n$/.test(stderr)], [2, true], args.join(' '))
    }
    const { code, stderr } = await evapid(['top', '--once', '--socket', '/no/such/socket'])
    assert.equal(code, 3)
    assert.match(stderr, /^evapid top: cannot reach a bus at \/no\/such\/socket: there is no such file\n/)
    assert.match((await evapid(['top', '--help'])).stdout, /^Usage: evapid top /)
  })
})

const hasScript = spawnSync('script', ['--version']).status === 0

/** Stands for the escape character in patterns. */
const ESC = '\x1b'

function pattern(text: string): RegExp {
  return new RegExp(text.replaceAll('ESC', ESC))
}

/** What the terminal got after it was given back. */
function afterwards({ stdout }: Program): string {
  return stdout.slice(stdout.indexOf(LEAVE) + LEAVE.length)
}

describe('evapid top in a terminal', { ...LIMIT, skip: !hasScript }, () => {
  /** In a terminal of so many columns and rows; afterwards its settings are compared with those before. */
  function inTerminal(socket: string, columns = 80, rows = 24, ...args: string[]): Program {
    const words = [...EVAPID, 'top', '--socket', socket, '-d', '0.05', ...args]
    const top = words.map((word) => `'${word}'`).join(' ')
    const line =
      `stty cols ${columns} rows ${rows}; before=$(stty -g); ${top}; echo "code $?"; ` +
      '[ "$before" = "$(stty -g)" ] && echo same settings'
    return new Program(['script', '-qec', line, '/dev/null'], {
      env: { ...process.env, SHELL: '/bin/sh', TERM: 'xterm' },
    })
  }

  /** The lines of the screen when it was last drawn whole, without colours. */
  function screenOf(output: string): string[] {
    const drawn = output.split(`${ESC}[H`).at(-2) ?? ''
    return drawn
      .replaceAll(new RegExp(`${ESC}\\[\\d*[JKm]`, 'g'), '')
      .trimEnd()
      .split('\r\n')
  }

  test('draws the table again and again, sorts as keys say, and q leaves the terminal as it was', async () => {
    await using bus = await started()
    await using top = inTerminal(bus.socket)
    await top.prints(pattern('WAITING\\*[^]*ESC\\[H'))
    for (const line of screenOf(top.stdout)) assert.ok(line.length <= 80, line)
    top.child.stdin?.write('s')
    await top.prints(/INDEX\*/)
    top.child.stdin?.write(`${ESC}[D`)
    await top.prints(/INDEX\*[\s\S]*WAITING\*/)
    top.child.stdin?.write('r')
    await top.prints(/WAITING\^/)
    await bus.peer.ask('a message')
    await top.prints(/in (?!0 )[\d.]+ messages\/s/)
    top.child.stdin?.write('q')
    assert.deepEqual(await top.ended, { code: 0, signal: null })
    assert.ok(top.stdout.startsWith(ENTER))
    assert.equal(afterwards(top), 'code 0\r\nsame settings\r\n')
  })

  test('fits itself into few columns and rows', async () => {
    await using bus = await started()
    await using top = inTerminal(bus.socket, 40, 6)
    await top.prints(pattern('WAITING\\*[^]*ESC\\[H'))
    const lines = screenOf(top.stdout)
    assert.ok(lines.length <= 6)
    for (const line of lines) assert.ok(line.length <= 40, line)
    assert.match(lines[5] ?? '', /^ {5}0 127\.0\.0\.1/)
  })

  test('SIGINT, as Ctrl-C and as a signal, leaves the terminal as it was', async () => {
    await using bus = await started()
    await using byKey = inTerminal(bus.socket)
    await byKey.prints(/WAITING\*/)
    byKey.child.stdin?.write('\x03')
    await byKey.ended
    assert.equal(afterwards(byKey), 'code 0\r\nsame settings\r\n')
    await using bySignal = inTerminal(bus.socket)
    await bySignal.prints(/WAITING\*/)
    // script and the shell have it in their command lines too, but do not begin with it.
    const found = spawnSync('pgrep', ['-f', `^${process.execPath} .*top --socket ${bus.socket}`])
    const pids = found.stdout.toString().trim().split('\n')
    assert.equal(pids.length, 1)
    process.kill(Number(pids[0]), 'SIGINT')
    await bySignal.ended
    assert.equal(afterwards(bySignal), 'code 0\r\nsame settings\r\n')
  })

  test('-n ends it', async () => {
    await using bus = await started()
    await using top = inTerminal(bus.socket, 80, 24, '-n', '2')
    assert.deepEqual(await top.ended, { code: 0, signal: null })
    assert.equal(top.stdout.split(`${ESC}[H`).length - 1, 2)
  })

  test('a bus that goes away is said to be away, and shown again when it is back', async () => {
    await using bus = await started()
    await using top = inTerminal(bus.socket)
    await top.prints(/WAITING\*/)
    bus.daemon.child.kill('SIGKILL')
    await top.prints(/not of now: cannot reach a bus at /)
    await using again = new Evapid(['--bind', '127.0.0.1:0', '--rpc-socket', bus.socket])
    await again.listening()
    await top.prints(/not of now[\s\S]* 0 clients, 0 slow/)
    await top.prints(pattern('not of now[^]* 0 clients, 0 slow[^]*ESC\\[H'))
    assert.doesNotMatch(screenOf(top.stdout).join('\n'), /not of now/)
    top.child.stdin?.write('q')
    await top.ended
  })
})
