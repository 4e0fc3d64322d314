import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { describe, test } from 'node:test'
import { listen } from '../../src/cli/listen.ts'
import { encodeNetstring } from '../../src/client/index.ts'
import { Peer } from './peer.ts'
import { runTool, ToolProcess } from './tool.ts'

/** What `evapid listen` with `flags` prints for the messages, one print each. */
async function printed(
  peer: Peer,
  flags: string[],
  messages: Uint8Array[],
  isTTY = false,
): Promise<string[]> {
  const stdout = Object.assign(new PassThrough(), { isTTY })
  const running = listen(['--connect', peer.address, ...flags], { stdout, stderr: new PassThrough() })
  const accepted = await peer.accept()
  const prints: string[] = []
  for (const message of messages) {
    accepted.socket.write(flags.includes('--raw') ? message : encodeNetstring(message))
    prints.push(String((await once(stdout, 'data'))[0]))
  }
  process.emit('SIGTERM', 'SIGTERM')
  assert.equal(await running, 0)
  return prints
}

const bytes = (text: string) => Buffer.from(text)

test('a message is printed as it is, with a line break behind', async (t) => {
  const messages = ['hello', '', 'two\nlines', 'grüße', '\x1b[31m'].map(bytes)
  assert.deepEqual(
    await printed(await Peer.listen(t), [], messages),
    messages.map((message) => `${message}\n`),
  )
})

test('on a terminal, control characters are printed as escapes', async (t) => {
  const messages = [
    bytes('two\r\nlines\tand \x1b[31mred\x07'),
    bytes('grüße'),
    Buffer.of(0x41, 0xff, 0x00),
    bytes('\x9b1m'),
  ]
  assert.deepEqual(await printed(await Peer.listen(t), [], messages, true), [
    'two\\r\\nlines\tand \\x1b[31mred\\x07\n',
    'grüße\n',
    'A\\xff\\x00\n',
    '\\x9b1m\n',
  ])
})

test('--json prints an object a line, with base64 for what is no UTF-8', async (t) => {
  const before = new Date().toISOString()
  const prints = await printed(
    await Peer.listen(t),
    ['--json'],
    [bytes('grüße,\n"2"'), Buffer.of(0, 255), bytes('')],
  )
  const objects = prints.map((line) => {
    assert.match(line, /^[^\n]+\n$/)
    const { time, ...rest } = JSON.parse(line)
    assert.equal(new Date(time).toISOString(), time)
    assert.ok(time >= before && time <= new Date().toISOString())
    return rest
  })
  assert.deepEqual(objects, [
    { encoding: 'utf8', payload: 'grüße,\n"2"' },
    { encoding: 'base64', payload: 'AP8=' },
    { encoding: 'utf8', payload: '' },
  ])
})

test('--raw takes what one read returns', async (t) => {
  assert.deepEqual(await printed(await Peer.listen(t), ['--raw'], [bytes('5:hello,'), bytes('x')]), [
    '5:hello,\n',
    'x\n',
  ])
})

test('--help prints the usage', async () => {
  const { code, stdout } = await runTool('listen', ['--help'])
  assert.equal(code, 0)
  assert.match(stdout.toString(), /^Usage: evapid listen/)
})

for (const argv of [['--nonsense'], ['word'], ['--connect'], ['--connect', 'host:0'], ['--json=yes']]) {
  test(`'listen ${argv.join(' ')}' is a usage error with a hint`, async () => {
    const { code, stdout, stderr } = await runTool('listen', argv)
    assert.equal(code, 1)
    assert.equal(stdout.length, 0)
    assert.match(stderr, /^evapid listen: .+\nTry 'evapid listen --help'.\n$/s)
  })
}

test('a bus that cannot be reached at the start is one line and exit code 1', async (t) => {
  const peer = await Peer.listen(t)
  const { address } = peer
  await peer.close()
  const { code, stderr } = await runTool('listen', ['--connect', address])
  assert.equal(code, 1)
  assert.equal(stderr, `evapid listen: cannot connect to ${address}: connection refused\n`)
})

test('when stdout is not read the bus is not read, and nothing is lost', async (t) => {
  const peer = await Peer.listen(t)
  const stdout = new PassThrough()
  const running = listen(['--connect', peer.address], { stdout, stderr: new PassThrough() })
  const accepted = await peer.accept()
  const lines = Array.from({ length: 20_000 }, (_, i) => String(i).padEnd(1000, '.'))
  accepted.socket.write(Buffer.concat(lines.map(encodeNetstring)))
  await accepted.standstill()
  assert.ok(accepted.socket.writableLength > 0, 'the peer could write everything')
  const printed: Buffer[] = []
  let size = 0
  stdout.on('data', (chunk: Buffer) => {
    printed.push(chunk)
    size += chunk.length
  })
  while (size < lines.length * 1001) await once(stdout, 'data')
  process.emit('SIGTERM', 'SIGTERM')
  assert.equal(await running, 0)
  assert.ok(Buffer.concat(printed).equals(Buffer.from(lines.map((line) => `${line}\n`).join(''))))
})

describe('evapid listen as a process', { concurrency: true }, () => {
  test('ends with exit code 0 on Ctrl-C, saying nothing', async (t) => {
    const peer = await Peer.listen(t)
    const tool = new ToolProcess(t, 'listen', '--connect', peer.address)
    ;(await peer.accept()).socket.write('5:hello,')
    assert.equal(String((await once(tool.child.stdout, 'data'))[0]), 'hello\n')
    tool.child.kill('SIGINT')
    assert.deepEqual(await tool.outcome(), { code: 0, stdout: Buffer.alloc(0), stderr: '' })
  })

  test('ends with exit code 0 when its reader has gone, saying nothing', async (t) => {
    const peer = await Peer.listen(t)
    const tool = new ToolProcess(t, 'listen', '--connect', peer.address)
    const { socket } = await peer.accept()
    socket.write('5:hello,')
    await once(tool.child.stdout, 'data')
    tool.child.stdout.destroy()
    await once(tool.child.stdout, 'close')
    socket.write('5:hello,')
    const { code, stderr } = await tool.outcome()
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  })

  test('comes back with a notice when the connection is lost', async (t) => {
    const peer = await Peer.listen(t)
    const tool = new ToolProcess(t, 'listen', '--connect', peer.address)
    const first = await peer.accept()
    // A reset before the tool has seen its connection would be a connection that could not be made.
    first.socket.write('2:hi,')
    await once(tool.child.stdout, 'data')
    first.socket.resetAndDestroy()
    const again = await peer.accept()
    await tool.complaint('connected to')
    again.socket.write('5:hello,')
    await once(tool.child.stdout, 'data')
    tool.child.kill('SIGINT')
    const { code, stderr } = await tool.outcome()
    assert.equal(code, 0)
    const [lost, back, ...more] = stderr.split('\n')
    assert.match(
      lost ?? '',
      /^evapid listen: connection to .+ lost: connection reset by peer; trying again in 0\.1 s$/,
    )
    assert.equal(back, `evapid listen: connected to ${peer.address} again`)
    assert.deepEqual(more, [''])
  })
})
