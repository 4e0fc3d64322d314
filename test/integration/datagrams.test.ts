// Datagrams through the dispatcher, over real sockets: what a handler is told, what leaves, and that nothing that comes or
// fails does harm.
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type DatagramHandler,
  type DatagramPeer,
  type DatagramSocket,
  MAX_DATAGRAM,
  MAX_PEERS,
} from '../../src/dispatcher.ts'
import { DatagramClient } from '../support/datagram-client.ts'
import { TestDispatcher } from '../support/dispatcher.ts'
import { eventually, turns } from '../support/eventually.ts'
import { netstring, PATIENCE, WireClient } from '../support/wire-client.ts'

/** A socket that answers each datagram with the same text. */
function openEcho(dispatcher: TestDispatcher, host = '127.0.0.1'): DatagramSocket {
  const socket = dispatcher.openDatagramSocket(
    { host, port: 0 },
    { datagram: (text, peer) => void socket.send(text, peer) },
  )
  return socket
}

/** A socket whose handler the test gives afterwards. */
function openFor(dispatcher: TestDispatcher, handler: Partial<DatagramHandler>, host = '127.0.0.1') {
  return dispatcher.openDatagramSocket({ host, port: 0 }, { datagram: () => {}, ...handler })
}

function count(dispatcher: TestDispatcher, name: string): number {
  return dispatcher.stats()[name] as number
}

describe('a datagram', () => {
  test('is handed over as text, with its peer and the address it was sent to', async () => {
    await using dispatcher = new TestDispatcher()
    const seen: [string, DatagramPeer, string][] = []
    const socket = openFor(dispatcher, { datagram: (...all) => void seen.push(all) })
    using client = await DatagramClient.open()
    await client.send('hello', socket.port)
    await eventually('it came', () => seen.length === 1)
    const [text, peer, local] = seen[0] as [string, DatagramPeer, string]
    assert.equal(text, 'hello')
    assert.equal(peer.address, '127.0.0.1')
    assert.equal(peer.port, client.port)
    assert.equal(peer.family, 'IPv4')
    assert.equal(local, '127.0.0.1')
    assert.equal(socket.address, '127.0.0.1')
    assert.equal(socket.family, 'IPv4')
  })

  test('may be of any bytes and of any size, both ways', async () => {
    await using dispatcher = new TestDispatcher()
    const socket = openEcho(dispatcher)
    using client = await DatagramClient.open()
    const bytes = String.fromCharCode(...Array(256).keys())
    for (const text of ['', '\0', bytes, 'x'.repeat(1472), bytes.repeat(255), 'x'.repeat(MAX_DATAGRAM)]) {
      assert.equal((await client.ask(text, socket.port)).text, text)
    }
  })

  test('of IPv6 is answered as one of IPv4 is', async () => {
    await using dispatcher = new TestDispatcher()
    const peers: DatagramPeer[] = []
    const socket: DatagramSocket = openFor(
      dispatcher,
      {
        datagram: (text, peer) => {
          peers.push(peer)
          socket.send(text, peer)
        },
      },
      '::1',
    )
    using client = await DatagramClient.open('::1')
    assert.equal((await client.ask('one', socket.port)).text, 'one')
    assert.equal((await client.ask('two', socket.port)).text, 'two')
    assert.equal(peers[0]?.address, '::1')
    assert.equal(peers[0]?.local, '::1')
    assert.equal(peers[0], peers[1])
    assert.equal(socket.family, 'IPv6')
  })

  test('to a socket on all addresses is answered from the address it was sent to', async () => {
    await using dispatcher = new TestDispatcher()
    const locals: string[] = []
    const socket: DatagramSocket = openFor(
      dispatcher,
      {
        datagram: (text, peer, local) => {
          locals.push(local)
          socket.send(text, peer)
        },
      },
      '0.0.0.0',
    )
    assert.equal(socket.address, '0.0.0.0')
    using client = await DatagramClient.open()
    for (const address of ['127.0.0.1', '127.0.0.2', '127.9.8.7', '127.0.0.1']) {
      assert.equal((await client.ask('from where?', socket.port, address)).address, address)
    }
    assert.deepEqual(locals, ['127.0.0.1', '127.0.0.2', '127.9.8.7', '127.0.0.1'])
    const socket6 = openEcho(dispatcher, '::')
    using client6 = await DatagramClient.open('::1')
    assert.equal((await client6.ask('from where?', socket6.port)).address, '::1')
  })

  test('reaches clients in the turn it came in, and what clients say leaves as datagrams', async () => {
    const peers: DatagramPeer[] = []
    await using dispatcher = new TestDispatcher({
      connectionNew: () => {},
      messageReceived: (_client, message) => {
        for (const peer of peers) socket.send(message.text, peer)
      },
    })
    const socket: DatagramSocket = openFor(dispatcher, {
      datagram: (text, peer) => {
        peers.push(peer)
        dispatcher.relay(text)
      },
    })
    const bound = dispatcher.listen({ family: 'tcp', host: '127.0.0.1', port: 0 })
    assert.ok('port' in bound)
    const client = await WireClient.connect({ host: '127.0.0.1', port: bound.port })
    using asking = await DatagramClient.open()
    await eventually('the client is there', () => dispatcher.clientCount === 1)
    await asking.send('event', socket.port)
    await client.untilReceived(netstring('event'))
    await client.send('answer')
    assert.deepEqual(await asking.until(1), [{ text: 'answer', address: '127.0.0.1', port: socket.port }])
    client.close()
  })
})

describe('a peer', () => {
  test('is the same object for each of its datagrams, and keeps what was hung on it', async () => {
    await using dispatcher = new TestDispatcher()
    const seen: DatagramPeer[] = []
    const socket = openFor(dispatcher, { datagram: (_text, peer) => void seen.push(peer) })
    using one = await DatagramClient.open()
    using other = await DatagramClient.open()
    for (const client of [one, other, one, other]) await client.send('x', socket.port)
    await eventually('all came', () => seen.length === 4)
    const [first, second] = [seen.find((p) => p.port === one.port), seen.find((p) => p.port === other.port)]
    assert.ok(first && second && first !== second)
    first.context = 'kept'
    await one.send('x', socket.port)
    await eventually('one more', () => seen.length === 5)
    assert.equal(seen[4], first)
    assert.equal(seen[4]?.context, 'kept')
    assert.equal(seen.filter((peer) => peer === second).length, 2)
  })

  test('is another for another address of ours, so that each answer comes from the right one', async () => {
    await using dispatcher = new TestDispatcher()
    const seen = new Map<string, DatagramPeer>()
    const socket = openFor(
      dispatcher,
      { datagram: (_text, peer, local) => void seen.set(local, peer) },
      '0.0.0.0',
    )
    using client = await DatagramClient.open()
    await client.send('x', socket.port, '127.0.0.1')
    await client.send('x', socket.port, '127.0.0.2')
    await eventually('both came', () => seen.size === 2)
    // Later, and the other way round.
    for (const [local, peer] of [...seen].reverse()) socket.send(local, peer)
    const answers = await client.until(2)
    for (const { text, address } of answers) assert.equal(text, address)
    assert.equal(seen.get('127.0.0.2')?.local, '127.0.0.2')
  })

  test('is not confused with any other, however many there are', async () => {
    await using dispatcher = new TestDispatcher()
    const known = new Map<string, Set<DatagramPeer>>()
    const socket = openFor(dispatcher, {
      datagram: (text, peer) => {
        assert.equal(text, peer.address)
        const objects = known.get(text)
        if (objects) objects.add(peer)
        else known.set(text, new Set([peer]))
      },
    })
    // All of 127.0.0.0/8 is ours: one socket stands for as many sources as there are addresses.
    const source = openFor(dispatcher, {}, '0.0.0.0')
    const to = source.peer('127.0.0.1', socket.port)
    assert.ok(to)
    const addresses = Array.from({ length: MAX_PEERS * 2 }, (_, i) => `127.1.${i >> 8}.${i & 0xff}`)
    let sent = 0
    for (const round of [1, 2]) {
      for (const address of addresses) {
        assert.ok(source.send(address, to, undefined, address))
        sent += 1
        if (sent % 500 === 0)
          await eventually('all came', () => count(dispatcher, 'datagrams_received') === sent)
      }
      await eventually('all came', () => count(dispatcher, 'datagrams_received') === sent)
      assert.equal(known.size, addresses.length, `round ${round}`)
    }
    const objects = [...known.values()].reduce((sum, set) => sum + set.size, 0)
    // Some were remembered over so many others, not all.
    assert.ok(objects > addresses.length + MAX_PEERS && objects <= 2 * addresses.length, `${objects} objects`)
  })

  test('can be made for an address that nothing came from', async () => {
    await using dispatcher = new TestDispatcher()
    const socket = openFor(dispatcher, {})
    using client = await DatagramClient.open()
    const peer = socket.peer('127.0.0.1', client.port)
    assert.ok(peer && socket.send('unasked', peer))
    assert.equal((await client.until(1))[0]?.text, 'unasked')
    assert.equal(socket.peer('::1', 1), undefined)
    assert.equal(socket.peer('localhost', 1), undefined)
  })
})

describe('sending', () => {
  test('goes to another port of the peer, and from another address, if asked to', async () => {
    await using dispatcher = new TestDispatcher()
    using other = await DatagramClient.open()
    const socket: DatagramSocket = openFor(
      dispatcher,
      { datagram: (text, peer) => void socket.send(text, peer, other.port, '127.0.0.3') },
      '0.0.0.0',
    )
    using client = await DatagramClient.open()
    await client.send('elsewhere', socket.port)
    assert.deepEqual(await other.until(1), [{ text: 'elsewhere', address: '127.0.0.3', port: socket.port }])
    assert.equal(client.received.length, 0)
  })

  test('works at any time: from a timer, an immediate, a promise, and many at once', async () => {
    await using dispatcher = new TestDispatcher()
    const socket = openFor(dispatcher, {})
    using client = await DatagramClient.open()
    const peer = socket.peer('127.0.0.1', client.port)
    assert.ok(peer)
    const sent = count(dispatcher, 'datagrams_sent')
    await new Promise<void>((resolve) => setTimeout(() => resolve(void socket.send('timer', peer)), 1))
    await client.until(1)
    setImmediate(() => socket.send('immediate', peer))
    await client.until(2)
    await Promise.resolve().then(() => socket.send('promise', peer))
    await client.until(3)
    for (let i = 0; i < 500; i += 1) socket.send(`${i}`, peer)
    const texts = (await client.until(503)).map(({ text }) => text)
    assert.deepEqual(texts.slice(0, 3), ['timer', 'immediate', 'promise'])
    assert.deepEqual(
      texts.slice(3),
      Array.from({ length: 500 }, (_, i) => `${i}`),
    )
    assert.equal(count(dispatcher, 'datagrams_sent') - sent, 503)
  })

  test('is refused for what can never leave', async () => {
    await using dispatcher = new TestDispatcher()
    const socket = openFor(dispatcher, {}, '0.0.0.0')
    const socket6 = openFor(dispatcher, {}, '::1')
    using client = await DatagramClient.open()
    const peer = socket.peer('127.0.0.1', client.port)
    const peer6 = socket6.peer('::1', 9)
    assert.ok(peer && peer6)
    assert.equal(socket.send('x'.repeat(MAX_DATAGRAM + 1), peer), false)
    assert.equal(socket.send('x', peer6), false)
    assert.equal(socket6.send('x', peer), false)
    for (const port of [0, -1, 65_536, Number.NaN]) assert.equal(socket.send('x', peer, port), false)
    for (const local of ['', '::1', 'localhost'])
      assert.equal(socket.send('x', peer, undefined, local), false)
    assert.equal(socket.send('x'.repeat(MAX_DATAGRAM), peer), true)
    await client.until(1)
    socket.close()
    assert.equal(socket.send('x', peer), false)
    assert.equal(count(dispatcher, 'datagrams_dropped'), 0)
  })

  test('that the kernel refuses is counted and told, and harms no other datagram', async () => {
    await using dispatcher = new TestDispatcher()
    const failures: [string, number][] = []
    const socket = openFor(dispatcher, { sendFailed: (...all) => void failures.push(all) })
    using client = await DatagramClient.open()
    const peer = socket.peer('127.0.0.1', client.port)
    const broadcast = socket.peer('255.255.255.255', 9)
    assert.ok(peer && broadcast)
    for (let i = 0; i < 10; i += 1) {
      assert.ok(socket.send('not allowed', broadcast))
      assert.ok(socket.send(`${i}`, peer))
    }
    const texts = (await client.until(10)).map(({ text }) => text)
    assert.deepEqual(texts, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    await eventually('it was told', () => failures.length > 0)
    assert.deepEqual(failures, [['permission denied', 1]])
    assert.equal(count(dispatcher, 'datagrams_dropped'), 10)
    assert.equal(count(dispatcher, 'datagrams_sent'), 10)
  })

  test('to a port where nobody listens harms nothing', async () => {
    await using dispatcher = new TestDispatcher()
    const socket = openEcho(dispatcher)
    using client = await DatagramClient.open()
    const gone = await DatagramClient.open()
    const nobody = socket.peer('127.0.0.1', gone.port)
    gone[Symbol.dispose]()
    assert.ok(nobody)
    for (let i = 0; i < 100; i += 1) {
      socket.send('anybody?', nobody)
      assert.equal((await client.ask(`${i}`, socket.port)).text, `${i}`)
    }
  })
})

describe('a datagram socket', () => {
  test('that cannot be opened says why', async () => {
    await using dispatcher = new TestDispatcher()
    const { port } = openFor(dispatcher, {})
    const open = (host: string, port: number) => () =>
      dispatcher.openDatagramSocket({ host, port }, { datagram: () => {} })
    assert.throws(open('127.0.0.1', port), {
      code: 'EADDRINUSE',
      message: `cannot open a datagram socket on 127.0.0.1:${port}: address already in use (EADDRINUSE)`,
    })
    assert.throws(open('198.51.100.1', 0), { code: 'EADDRNOTAVAIL' })
    assert.throws(open('localhost', 0), { code: 'EINVAL' })
    assert.throws(open('::1:2:3:4:5', 9), { code: 'EADDRNOTAVAIL', message: /on \[::1:2:3:4:5]:9: / })
  })

  test('that is not read any more still sends', async () => {
    await using dispatcher = new TestDispatcher()
    const peers: DatagramPeer[] = []
    const socket = openFor(dispatcher, { datagram: (_text, peer) => void peers.push(peer) })
    using client = await DatagramClient.open()
    await client.send('heard', socket.port)
    await eventually('it came', () => peers.length === 1)
    socket.stopReading()
    await client.send('unheard', socket.port)
    await turns()
    socket.send('still there', peers[0] as DatagramPeer)
    assert.equal((await client.until(1))[0]?.text, 'still there')
    assert.equal(peers.length, 1)
  })

  test('that is closed sends what it was given, hands over nothing more, and leaves its port', async () => {
    await using dispatcher = new TestDispatcher()
    let seen = 0
    const socket: DatagramSocket = openFor(dispatcher, {
      datagram: (_text, peer) => {
        seen += 1
        socket.send('last words', peer)
        socket.close()
        socket.close()
        socket.stopReading()
      },
    })
    using client = await DatagramClient.open()
    await Promise.all(Array.from({ length: 50 }, () => client.send('x', socket.port)))
    assert.equal((await client.until(1))[0]?.text, 'last words')
    assert.equal(seen, 1)
    assert.equal(socket.open, false)
    const again = dispatcher.openDatagramSocket(
      { host: '127.0.0.1', port: socket.port },
      { datagram: (text, peer) => void again.send(text, peer) },
    )
    assert.equal((await client.ask('again', socket.port)).text, 'again')
    assert.equal(count(dispatcher, 'datagram_sockets'), 1)
  })

  test('is closed by shutdown, which sends what was queued before', async () => {
    const dispatcher = new TestDispatcher()
    const socket = openEcho(dispatcher)
    const other = openEcho(dispatcher)
    using client = await DatagramClient.open()
    const peer = socket.peer('127.0.0.1', client.port)
    assert.ok(peer)
    for (let i = 0; i < 100; i += 1) socket.send(`${i}`, peer)
    await dispatcher.shutdown()
    await client.until(100)
    for (const closed of [socket, other]) {
      assert.equal(closed.open, false)
      assert.equal(closed.send('x', peer), false)
      closed.stopReading()
      closed.close()
    }
    await new TestDispatcher().shutdown() // one that never had any
  })

  test('may be closed by shutdown from within its own handler', async () => {
    const dispatcher = new TestDispatcher()
    let over: Promise<void> | undefined
    const socket: DatagramSocket = openFor(dispatcher, {
      datagram: (_text, peer) => {
        socket.send('bye', peer)
        over ??= dispatcher.shutdown()
      },
    })
    using client = await DatagramClient.open()
    for (let i = 0; i < 10; i += 1) await client.send('x', socket.port)
    assert.equal((await client.until(1))[0]?.text, 'bye')
    await over
  })

  test('keeps the process running while it is open, and no longer', async () => {
    const program = new URL('datagram-process.ts', import.meta.url)
    const child = fork(program, { execArgv: ['--import', import.meta.resolve('tsx')], timeout: 20_000 })
    const [port] = (await once(child, 'message')) as [number]
    using client = await DatagramClient.open()
    assert.equal((await client.ask('are you there?', port)).text, 'are you there?')
    const ended = once(child, 'exit')
    assert.equal((await client.ask('close', port)).text, 'close')
    assert.deepEqual(await ended, [0, null])
  })
})

describe('under a load of datagrams only', () => {
  /** Keeps `ahead` datagrams on their way until `done`. */
  async function keepBusy(port: number, done: Promise<unknown>, ahead = 32): Promise<number> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 2 ** 20 }).bind(0, '127.0.0.1')
    await once(socket, 'listening')
    let answered = 0
    const say = () => socket.send('x'.repeat(100), port, '127.0.0.1')
    socket.on('message', () => {
      answered += 1
      say()
    })
    for (let i = 0; i < ahead; i += 1) say()
    await done
    socket.close()
    return answered
  }

  test('timers, immediates and other sockets of the process get their turn', async () => {
    await using dispatcher = new TestDispatcher()
    const socket = openEcho(dispatcher)
    const others = async () => {
      for (let times = 0; times < 20; times += 1) {
        await delay(2)
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    assert.ok((await keepBusy(socket.port, others())) > 32)
  })

  test('clients are served, and under a load of clients datagrams are', async () => {
    await using dispatcher = new TestDispatcher({
      connectionNew: () => {},
      messageReceived: (_client, message) => void dispatcher.relay(message),
    })
    const socket = openEcho(dispatcher)
    const bound = dispatcher.listen({ family: 'tcp', host: '127.0.0.1', port: 0 })
    assert.ok('port' in bound)
    const client = await WireClient.connect({ host: '127.0.0.1', port: bound.port })
    const served = async () => {
      for (let times = 0; times < 50; times += 1) {
        const before = client.length
        await client.send('a message')
        await client.until('it comes back', () => client.length > before)
      }
    }
    assert.ok((await keepBusy(socket.port, served(), 200)) > 200)
    client.close()

    const busy = createConnection({ host: '127.0.0.1', port: bound.port })
    await once(busy, 'connect')
    busy.on('data', (data) => void busy.write(data)) // what it gets it says again: more and more
    busy.on('error', () => {})
    busy.write(Buffer.concat(Array(500).fill(netstring('x'.repeat(100)))))
    using asking = await DatagramClient.open()
    for (let times = 0; times < 50; times += 1) await asking.ask(`${times}`, socket.port)
    busy.destroy()
  })

  test('the process comes to rest when it is over', async () => {
    await using dispatcher = new TestDispatcher()
    const socket = openEcho(dispatcher)
    await keepBusy(socket.port, delay(50))
    const deadline = performance.now() + PATIENCE
    for (;;) {
      const before = performance.eventLoopUtilization()
      await delay(20)
      if (performance.eventLoopUtilization(before).utilization < 0.5) return
      assert.ok(performance.now() < deadline, 'the event loop does not come to rest')
    }
  })
})
