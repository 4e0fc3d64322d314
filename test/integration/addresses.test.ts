// Clients over each kind of address: what routes see of them, and how their sockets are set.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { describe, test } from 'node:test'
import { createServer } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { eventually } from '../support/eventually.ts'
import { netstring } from '../support/wire-client.ts'

const WHO = '$evapi(srcaddr) $evapi(srcport)'
const routes = {
  'evapi:message-received': (ctx: { call(name: string, ...args: string[]): number }) =>
    ctx.call('evapi_relay', WHO),
}
const hasIpv6 = networkInterfaces()['lo']?.some(({ family }) => family === 'IPv6') ?? false
const skip = hasIpv6 ? false : 'no IPv6 on loopback here'

describe('a client', { timeout: 30_000 }, () => {
  test('of an IPv4 address', async () => {
    await using bus = await Bus.start({ evapi: { bindAddr: '127.0.0.1:0' }, routes })
    const client = await bus.join()
    await client.send('who?')
    await client.untilReceived(netstring(`127.0.0.1 ${client.port}`))
  })

  test('that comes from another IPv4 address', async () => {
    await using bus = await Bus.start({ evapi: { bindAddr: '127.0.0.1:0' }, routes })
    const port = Number(bus.server.address.split(':').pop())
    const client = await bus.join({ host: '127.0.0.1', port, localAddress: '127.0.0.77' })
    await client.send('who?')
    await client.untilReceived(netstring(`127.0.0.77 ${client.port}`))
  })

  test('of an IPv6 address', { skip }, async () => {
    await using bus = await Bus.start({ evapi: { bindAddr: '[::1]:0' }, routes })
    assert.match(bus.server.address, /^\[::1\]:\d+$/)
    const client = await bus.join()
    await client.send('who?')
    await client.untilReceived(netstring(`::1 ${client.port}`))
  })

  test('that reaches an IPv6 socket over IPv4 has its IPv4 address', { skip }, async () => {
    // The mapped form of 127.0.0.1: as [::] would be, but on loopback only.
    await using bus = await Bus.start({ evapi: { bindAddr: '[::ffff:127.0.0.1]:0' }, routes })
    const port = Number(bus.server.address.split(':').pop())
    const client = await bus.join({ host: '127.0.0.1', port })
    await client.send('who?')
    await client.untilReceived(netstring(`127.0.0.1 ${client.port}`))
  })

  test('of a Unix socket has the path as its address, and port 0', async () => {
    await using bus = await Bus.startUnix({ routes })
    const client = await bus.join()
    await client.send('who?')
    await client.untilReceived(netstring(`${bus.server.address} 0`))
    assert.match(bus.server.address, /^unix:\//)
  })

  test('gets small messages at once: none waits for the acknowledgement of the one before', async () => {
    await using bus = await Bus.start({
      routes: {
        'evapi:message-received': (ctx) => {
          ctx.relay('first')
          setImmediate(() => bus.server.relay('second'))
        },
      },
    })
    const client = await bus.join()
    const started = performance.now()
    // A client that has just sent something acknowledges only after 40 ms, in the hope of an answer to ride on. With
    // Nagle's algorithm each second message waits for that, 4 s in all; without it all take less than a tenth of a second.
    const pair = netstring('first').length + netstring('second').length
    for (let count = 1; count <= 100; count += 1) {
      await client.send('go')
      await client.until('both', () => client.length === count * pair)
    }
    const took = performance.now() - started
    assert.ok(took < 2500, `took ${took} ms`)
  })

  test('has keep-alive set on its socket', async () => {
    await using bus = await Bus.start()
    const client = await bus.join()
    const server = Number(bus.server.address.split(':').pop())
    const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')
    const connection = new RegExp(`:${hex(server)} [0-9A-F]+:${hex(client.port)} `)
    // proc(5): after state and queues stands which timer is pending; 02 is keep-alive's.
    const timer = () =>
      readFileSync('/proc/net/tcp', 'utf8')
        .split('\n')
        .find((line) => connection.test(line))
        ?.trim()
        .split(/\s+/)[5]
        ?.slice(0, 2)
    await eventually('the keep-alive timer is set', () => timer() === '02')
  })
})

describe('an address that cannot be listened on', { timeout: 30_000 }, () => {
  test('leaves nothing behind: the next server listens', async () => {
    await using bus = await Bus.start()
    const second = createServer({ evapi: { bindAddr: bus.server.address }, log: false })
    await assert.rejects(second.listen(), { code: 'ERR_LISTEN', reason: 'EADDRINUSE' })
    const { address } = bus.server
    await bus.server.close()
    await using third = createServer({ evapi: { bindAddr: address }, log: false })
    await third.listen()
    assert.equal(third.address, address)
  })

  for (const [bindAddr, reason] of [
    ['192.0.2.1:0', 'EADDRNOTAVAIL'],
    ['[2001:db8::1]:0', 'EADDRNOTAVAIL'],
    ['no-such-host.invalid', 'ENOTFOUND'],
    ['unix:/nonexistent/bus.sock', 'ENOENT'],
    ['unix:/proc/bus.sock', 'ENOENT'],
  ] as const) {
    test(bindAddr, async () => {
      const server = createServer({ evapi: { bindAddr }, log: false })
      await assert.rejects(server.listen(), (error: { code?: string; reason?: string; message?: string }) => {
        assert.equal(error.code, 'ERR_LISTEN')
        if (bindAddr !== '[2001:db8::1]:0' || hasIpv6) assert.equal(error.reason, reason)
        assert.ok(error.message?.includes(bindAddr))
        return true
      })
      assert.equal(server.address, '')
    })
  }
})
