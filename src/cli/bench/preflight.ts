// Before anything is measured: is there a server, does it relay what it gets, and does nobody else send? One client asks,
// at leisure, what the generator could only report as a failed run.

import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { formatAddress } from '../../client/address.ts'
import { type Address, type Client, ClientError, connect, type Message } from '../../client/index.ts'
import { BenchError } from './generator.ts'

/** Milliseconds that a server has to relay one message. */
const PATIENCE = 3000
/** The smallest message the generator can stamp. */
export const MIN_PAYLOAD = 16

const MUST_RELAY = `To be measured, a server must relay every message to everybody, as it came. evapid does so without
routes, or with the route
    'evapi:message-received': (ctx) => ctx.relay(ctx.msg)
and Kamailio with
    event_route[evapi:message-received] { evapi_relay("$evapi(msg)"); }`

/**
 * Makes sure that the server at `address` can be measured with messages of `payload` bytes.
 * @returns where it is, with no name left to look up
 * @throws BenchError
 */
export async function preflight(address: Address, payload: number, signal: AbortSignal): Promise<string> {
  const { client, place } = await reach(address, payload, signal)
  // What ends the client is told by its being closed.
  client.on('error', () => {})
  try {
    const sizes = payload === MIN_PAYLOAD ? [MIN_PAYLOAD] : [MIN_PAYLOAD, payload]
    for (const size of sizes) {
      const answer = await ask(client, size)
      signal.throwIfAborted()
      if (answer.kind !== 'relayed' || answer.others > 0)
        throw new BenchError(explain(answer, size, client.address))
    }
    // In order: the server may have room for just as many clients as are to come.
    await client.close().catch(() => {})
    signal.throwIfAborted()
    return place
  } finally {
    client.destroy()
  }
}

/** Connects to the first place that a name stands for and that answers. */
async function reach(address: Address, payload: number, signal: AbortSignal) {
  let failure: Error | undefined
  for (const place of await places(address)) {
    const client = connect({
      address: place,
      reconnect: false,
      maxMessageSize: Math.max(payload, 1024 * 1024),
      signal,
    })
    try {
      await client.ready()
      return { client, place: formatAddress(place) }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ClientError)) throw error
      failure ??= error
    }
  }
  throw new BenchError(
    `${failure?.message}. Is the daemon running, and is that its address? (--connect ADDR)`,
  )
}

async function places(address: Address): Promise<readonly Address[]> {
  if ('path' in address || isIP(address.host)) return [address]
  try {
    const found = await lookup(address.host, { all: true, verbatim: false })
    return found.map(({ address: host }) => ({ host, port: address.port }))
  } catch {
    throw new BenchError(`cannot connect to ${formatAddress(address)}: the host name is not known`)
  }
}

interface Answer {
  readonly kind: 'relayed' | 'silent' | 'closed'
  /** How many messages came that were not the one that was sent. */
  readonly others: number
}

/** Sends a message that nobody else would send, and waits for it to come back. */
function ask(client: Client, size: number): Promise<Answer> {
  const probe = Buffer.alloc(size, 'x')
  probe.write(randomBytes(MIN_PAYLOAD / 2).toString('hex'))
  return new Promise((resolve) => {
    let others = 0
    const settle = (kind: Answer['kind']) => {
      clearTimeout(timer)
      client.off('message', onMessage)
      client.off('close', onClose)
      resolve({ kind, others })
    }
    const onMessage = (message: Message) => {
      if (probe.equals(message.bytes)) settle('relayed')
      else others++
    }
    const onClose = () => settle('closed')
    const timer = setTimeout(() => settle('silent'), PATIENCE)
    client.on('message', onMessage)
    client.on('close', onClose)
    client.send(probe).catch(onClose)
  })
}

function explain({ kind, others }: Answer, size: number, name: string): string {
  const first = size === MIN_PAYLOAD
  if (kind === 'closed' && first) {
    return `${name} closed the connection at once: it has as many clients as max_clients allows, or a route refuses them; its log says which`
  }
  if (kind === 'closed') {
    return `${name} closed the connection when a message of ${size} bytes came, but not one of ${MIN_PAYLOAD}: raise its max_message_size, or take a smaller --payload`
  }
  if (kind === 'silent' && !first) {
    return `${name} relays a message of ${MIN_PAYLOAD} bytes but not one of ${size}: raise its max_message_size, or take a smaller --payload`
  }
  if (kind === 'silent' && others === 0)
    return `${name} does not relay: a message that was sent to it did not come back. ${MUST_RELAY}`
  if (kind === 'silent') return `${name} does not relay what it gets: something else came back. ${MUST_RELAY}`
  return `${name} sends other messages, too: another client publishes, or a route sends of its own accord. The bus must be quiet while it is measured.`
}
