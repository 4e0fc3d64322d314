// The bus as simple as it can be said: a list of clients, and for each the bytes it must have received. It is told what
// happened in the order in which the routes ran, and knows nothing of sockets, turns, chunks or groups.

/** What a route may do. */
export type Step =
  | { readonly do: 'relay'; readonly as: Form }
  | { readonly do: 'multicast' | 'unicast'; readonly as: Form; readonly tag: string }
  | { readonly do: 'tag'; readonly tag: string }
  | { readonly do: 'close' }

/** What is relayed: the message itself, a copy of its bytes, its text, or data of the route's own. */
export type Form = 'message' | 'bytes' | 'text' | 'own'

/** Data of a route's own, with characters that take one to four bytes. */
export const OWN_DATA = 'own: aä€𝄞\0'

interface ModelClient {
  readonly index: number
  tag: string
  open: boolean
  readonly received: Buffer[]
  /** How much it had received when its own last message was handled. */
  owed: number
}

export class Model {
  readonly #clients = new Map<number, ModelClient>()
  readonly #frame: (payload: Buffer) => Buffer

  /** @param frame how a payload goes out */
  constructor(frame: (payload: Buffer) => Buffer) {
    this.#frame = frame
  }

  join(key: number, index: number): void {
    this.#clients.set(key, { index, tag: '', open: true, received: [], owed: 0 })
  }

  leave(key: number): void {
    this.#client(key).open = false
  }

  /** One step of a route that a message of `key` has set off. */
  step(key: number, step: Step, message: Buffer): void {
    const client = this.#client(key)
    if (step.do === 'close') client.open = false
    else if (step.do === 'tag') client.tag = client.open ? step.tag : client.tag
    else {
      const data = formOf(message, step.as)
      if (data.length === 0) return
      for (const receiver of this.#receivers(step)) receiver.received.push(this.#frame(data))
    }
  }

  /** The message of `key` is through. */
  handled(key: number): void {
    const client = this.#client(key)
    client.owed = client.received.length
  }

  /** All that the client must have received. */
  received(key: number): Buffer {
    return Buffer.concat(this.#client(key).received)
  }

  /** The part of received() that was relayed before its own last message was through. */
  owed(key: number): Buffer {
    const { received, owed } = this.#client(key)
    return Buffer.concat(received.slice(0, owed))
  }

  #receivers(step: Exclude<Step, { do: 'tag' | 'close' }>): ModelClient[] {
    const open = [...this.#clients.values()].filter((client) => client.open)
    if (step.do === 'relay') return open
    const tagged = open.filter((client) => step.tag !== '' && client.tag === step.tag)
    if (step.do === 'multicast') return tagged
    return tagged.sort((a, b) => a.index - b.index).slice(0, 1)
  }

  #client(key: number): ModelClient {
    const client = this.#clients.get(key)
    if (!client) throw new Error(`nobody has joined as ${key}`)
    return client
  }
}

function formOf(message: Buffer, form: Form): Buffer {
  if (form === 'own') return Buffer.from(OWN_DATA)
  // What is no UTF-8 becomes U+FFFD.
  return form === 'text' ? Buffer.from(message.toString('utf8')) : message
}
