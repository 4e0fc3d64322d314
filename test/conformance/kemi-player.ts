// Plays the cases of kemi/cases.js in a server: asks for one by its name and gathers what is relayed until the script has answered the
// message that follows, or the reply to a request has come.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SipPhone } from '../support/sip-phone.ts'
import { netstring, WireClient } from '../support/wire-client.ts'
import { HOST } from './server-under-test.ts'

/** The script that both run. */
export const SCRIPT = fileURLToPath(new URL('kemi/cases.js', import.meta.url))

const source = readFileSync(SCRIPT, 'utf8')

function namesIn(table: string): string[] {
  const keys = source.matchAll(new RegExp(`^${table}\\[('(?:[^'\\\\]|\\\\.)*')\\] = `, 'gm'))
  return [...keys].map(([, quoted = '']) => JSON.parse(`"${quoted.slice(1, -1)}"`) as string)
}

/** The names of the cases that a message asks for. */
export const BUS_CASES: readonly string[] = namesIn('cases')
/** The names of the cases that a request asks for. */
export const REQUEST_CASES: readonly string[] = namesIn('requestCases')

/** Headers of the requests: what the cases ask for. */
const LINES = [
  'Contact: <sip:alice@127.0.0.1:5080>',
  'X-A: one',
  'X-A: two',
  'X-Empty:',
  'Authorization: Digest username="al", realm="x", nonce="n", uri="sip:x", response="r"',
]

/** A server that has loaded the script. */
export interface KemiServer {
  readonly port: number
  readonly sipPort: number
  stop(): Promise<void>
}

/** What came of a case: what was relayed, and how the request was answered. */
export interface KemiOutcome {
  readonly relayed: readonly string[]
  readonly replies: readonly string[]
}

/** What is sent when an id is relayed: `resume` and the function that goes on. */
export type Resumption = readonly ['resume' | 'resume texts', string]

export class KemiPlayer implements AsyncDisposable {
  private readonly server: KemiServer
  private readonly client: WireClient
  private readonly phone: SipPhone
  private read = 0

  private constructor(server: KemiServer, client: WireClient, phone: SipPhone) {
    this.server = server
    this.client = client
    this.phone = phone
  }

  static async start(server: KemiServer): Promise<KemiPlayer> {
    const client = await WireClient.connect({ host: HOST, port: server.port })
    const phone = await SipPhone.open({ address: HOST, port: server.sipPort })
    const player = new KemiPlayer(server, client, phone)
    await player.end()
    return player
  }

  /** Plays a case of the bus. */
  async play(name: string): Promise<KemiOutcome> {
    await this.client.write(netstring(Buffer.from(`case:${name}`)))
    return { relayed: await this.end(), replies: [] }
  }

  /** Plays a case of requests. `answered`: it sends a final reply, which is waited for. */
  async request(
    name: string,
    {
      method = 'OPTIONS',
      lines = LINES,
      body = 'body',
      resume = [],
      answered = false,
      last,
    }: RequestPlay = {},
  ): Promise<KemiOutcome> {
    const relayed: string[] = []
    const invite = this.phone.send(method, {
      uri: 'sip:bob@example.com',
      callId: 'kemi@phone',
      fromTag: 'f',
      lines: [...lines, `X-Case: ${name}`],
      body,
    })
    await this.until(relayed, 'request done')
    for (const [verb, route] of resume) {
      const id = relayed.findLast((line) => line.startsWith('@id')) ?? (await this.until(relayed, '@id'))
      await this.client.write(netstring(`${verb}:${id.split(':').slice(1).join(':')}:${route}`))
    }
    if (last !== undefined) await this.until(relayed, last)
    const replies: string[] = []
    while (answered) {
      const reply = await this.phone.reply()
      replies.push(`${reply.code} ${reply.reason} ${reply.header('X-Reply').join()}`.trim())
      if (reply.code < 200) continue
      if (method === 'INVITE') this.phone.follow('ACK', invite, reply)
      break
    }
    relayed.push(...(await this.end()))
    return { relayed: relayed.filter((line) => !line.startsWith('@id')), replies }
  }

  /** Messages up to one that begins so, which is returned. */
  private async until(relayed: string[], start: string): Promise<string> {
    for (;;) {
      const message = await this.next()
      relayed.push(message)
      if (message.startsWith(start)) return message
    }
  }

  /** What has been relayed before the script's answer to `end`. */
  private async end(): Promise<string[]> {
    const relayed: string[] = []
    await this.client.write(netstring('end'))
    await this.until(relayed, 'end')
    return relayed.slice(0, -1)
  }

  private async next(): Promise<string> {
    const { client } = this
    let head: RegExpExecArray | null = null
    await client.until('a message', () => {
      head = /^(\d+):/.exec(client.received.subarray(this.read, this.read + 12).toString('latin1'))
      return head !== null && client.length >= this.read + head[0].length + Number(head[1]) + 1
    })
    const [colon = '', length] = head ?? []
    const start = this.read + colon.length
    this.read = start + Number(length) + 1
    return client.received.subarray(start, start + Number(length)).toString('latin1')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close()
    await this.phone[Symbol.asyncDispose]()
    await this.server.stop()
  }
}

export interface RequestPlay {
  readonly method?: string
  readonly lines?: readonly string[]
  readonly body?: string
  readonly resume?: readonly Resumption[]
  readonly answered?: boolean
  /** What a route relays last that runs by itself, in a third process of Kamailio's. */
  readonly last?: string
}
