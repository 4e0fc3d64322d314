import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { encodeNetstring } from '../../src/client/index.ts'
import { Peer } from './peer.ts'
import { runTool, ToolProcess } from './tool.ts'

/** Runs `evapid send` against a peer that reads to the end and closes; gives what it got. */
async function sent(
  peer: Peer,
  argv: string[],
  stdin?: Readable,
): Promise<{ code: number | null; wire: string }> {
  const running = runTool('send', ['--connect', peer.address, ...argv], stdin && { stdin })
  const accepted = await peer.accept()
  const wire = (await accepted.readToEnd()).toString('latin1')
  accepted.socket.end()
  const { code, stderr } = await running
  assert.equal(stderr, '')
  return { code, wire }
}

test('sends its argument', async (t) => {
  const peer = await Peer.listen(t)
  assert.deepEqual(await sent(peer, ['hello world']), { code: 0, wire: '11:hello world,' })
  assert.deepEqual(await sent(peer, ['']), { code: 0, wire: '0:,' })
  assert.deepEqual(await sent(peer, ['two\nlines']), { code: 0, wire: '9:two\nlines,' })
  assert.deepEqual(await sent(peer, ['--', '-1']), { code: 0, wire: '2:-1,' })
  assert.deepEqual(await sent(peer, ['--raw', 'bare']), { code: 0, wire: 'bare' })
})

test('sends stdin, a message a line: empty ones, a last one without line break, bytes as they are', async (t) => {
  const peer = await Peer.listen(t)
  const input = Buffer.from('one\n\ntwo\r\n\0\xff\nlast', 'latin1')
  const wire = '3:one,0:,4:two\r,2:\0\xff,4:last,'
  assert.deepEqual(await sent(peer, ['-'], Readable.from([input])), { code: 0, wire })
  assert.deepEqual(await sent(peer, [], Readable.from([input])), { code: 0, wire })
  assert.deepEqual(await sent(peer, [], Readable.from([Buffer.from('a\n')])), { code: 0, wire: '1:a,' })
  assert.deepEqual(await sent(peer, [], Readable.from([])), { code: 0, wire: '' })
  assert.deepEqual(await sent(peer, ['--raw'], Readable.from([Buffer.from('a\n\nb\n')])), {
    code: 0,
    wire: 'ab',
  })
})

test('property: however stdin is cut, every line is one message', async (t) => {
  const peer = await Peer.listen(t)
  const line = fc.uint8Array({ maxLength: 30 }).map((line) => line.filter((byte) => byte !== 10))
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 20 }),
      fc.integer({ min: 1, max: 40 }),
      async (lines, step) => {
        const input = Buffer.concat(lines.flatMap((line) => [line, Buffer.of(10)]))
        const chunks: Buffer[] = []
        for (let at = 0; at < input.length; at += step) chunks.push(input.subarray(at, at + step))
        const { wire } = await sent(peer, [], Readable.from(chunks))
        assert.equal(wire, Buffer.concat(lines.map(encodeNetstring)).toString('latin1'))
      },
    ),
    { numRuns: 50 },
  )
})

test('--help prints the usage', async () => {
  const { code, stdout } = await runTool('send', ['--help'])
  assert.equal(code, 0)
  assert.match(stdout.toString(), /^Usage: evapid send/)
})

for (const argv of [['--nonsense'], ['two', 'words'], ['--connect'], ['--connect', '::1', 'x'], ['-x']]) {
  test(`'send ${argv.join(' ')}' is a usage error with a hint`, async () => {
    const { code, stdout, stderr } = await runTool('send', argv)
    assert.equal(code, 1)
    assert.equal(stdout.length, 0)
    assert.match(stderr, /^evapid send: .+\nTry 'evapid send --help'.\n$/s)
  })
}

test('a bus that cannot be reached is one line and exit code 1', async (t) => {
  const peer = await Peer.listen(t)
  const { address } = peer
  await peer.close()
  const { code, stderr } = await runTool('send', ['--connect', address, 'x'])
  assert.equal(code, 1)
  assert.equal(stderr, `evapid send: cannot connect to ${address}: connection refused\n`)
})

test('a bus that goes while stdin is still open ends it with one line and exit code 1', async (t) => {
  const peer = await Peer.listen(t)
  for (const end of ['end', 'resetAndDestroy'] as const) {
    const stdin = new PassThrough()
    const running = runTool('send', ['--connect', peer.address], { stdin })
    const accepted = await peer.accept()
    stdin.write('one\n')
    await accepted.read(6)
    accepted.socket[end]()
    const { code, stderr } = await running
    assert.equal(code, 1)
    assert.match(
      stderr,
      /^evapid send: connection to .+ (closed by the peer|lost: connection reset by peer)\n$/,
    )
    assert.equal(stdin.destroyed, true)
  }
})

test('a stdin that cannot be read is one line and exit code 1', async (t) => {
  const peer = await Peer.listen(t)
  const stdin = new PassThrough()
  const running = runTool('send', ['--connect', peer.address], { stdin })
  stdin.write('one\n')
  await (await peer.accept()).read(6)
  stdin.destroy(new Error('disk on fire'))
  assert.deepEqual(await running, {
    code: 1,
    stdout: Buffer.alloc(0),
    stderr: 'evapid send: cannot read stdin: disk on fire\n',
  })
})

test('SIGTERM ends it with exit code 143', async (t) => {
  const peer = await Peer.listen(t)
  const stdin = new PassThrough()
  const running = runTool('send', ['--connect', peer.address], { stdin })
  stdin.write('one\n')
  await (await peer.accept()).read(6)
  process.emit('SIGTERM', 'SIGTERM')
  assert.equal((await running).code, 143)
})

describe('evapid send as a process', { concurrency: true }, () => {
  test('has not ended before the bus has read everything and closed', async (t) => {
    const peer = await Peer.listen(t)
    const tool = new ToolProcess(t, 'send', '--connect', peer.address, 'hello')
    const accepted = await peer.accept()
    assert.equal((await accepted.readToEnd()).toString(), '5:hello,')
    assert.equal(tool.child.exitCode, null)
    accepted.socket.end()
    assert.deepEqual(await tool.outcome(), { code: 0, stdout: Buffer.alloc(0), stderr: '' })
  })

  test('takes a large stdin no faster than the bus does, and loses nothing', async (t) => {
    const peer = await Peer.listen(t)
    const tool = new ToolProcess(t, 'send', '--connect', peer.address)
    const accepted = await peer.accept()
    const lines = Array.from({ length: 20_000 }, (_, i) => String(i).padEnd(1000, '.'))
    tool.child.stdin.end(lines.map((line) => `${line}\n`).join(''))
    const wire = await accepted.readToEnd()
    assert.ok(wire.equals(Buffer.concat(lines.map(encodeNetstring))))
    accepted.socket.end()
    assert.equal((await tool.outcome()).code, 0)
  })

  test('ends with exit code 130 on Ctrl-C while it waits for stdin, saying nothing', async (t) => {
    const peer = await Peer.listen(t)
    const tool = new ToolProcess(t, 'send', '--connect', peer.address)
    const accepted = await peer.accept()
    tool.child.stdin.write('one\n')
    await accepted.read(6)
    tool.child.kill('SIGINT')
    assert.deepEqual(await tool.outcome(), { code: 130, stdout: Buffer.alloc(0), stderr: '' })
  })
})
