// The application on the other end of the bus in a conformance scenario of transactions: it gets the events of suspended requests
// and answers as the scenario says, one message after the other, each when the result of the one before has come. It is made
// with evapid's own client library: that Kamailio and the wire understand that one is shown elsewhere.
import { once } from 'node:events'
import { type Client, connect } from '../../src/client/index.ts'
import { HOST } from './server-under-test.ts'

/**
 * What the application sends when an event with a given word comes. In a message `I` and `L` stand for the event's index and label,
 * `I1` and `L1` for those of the first event that came; `+1` may stand behind each.
 */
export type Answers = Readonly<Record<string, readonly string[]>>

type Id = readonly [index: number, label: number]

export class Application {
  readonly #client: Client
  readonly #answers: Answers
  readonly #lines: string[] = []
  readonly #queue: { readonly message: string; readonly shown: string }[] = []
  #first: Id | undefined
  /** What was sent and has no result yet, as it is shown. */
  #sent: string | undefined

  private constructor(client: Client, answers: Answers) {
    this.#client = client
    this.#answers = answers
  }

  /** An application that is connected to a server on `port`. */
  static async connect(port: number, answers: Answers): Promise<Application> {
    const client = connect(`${HOST}:${port}`)
    await once(client, 'connect')
    const application = new Application(client, answers)
    client.on('message', (message) => application.#receive(message.text))
    return application
  }

  /** What came, and what became of each answer. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /** Sends the message that is the last one of a scenario: what it finds in the trace is there. */
  async fence(): Promise<void> {
    await this.#client.send('fence')
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  #receive(text: string): void {
    const [kind, first = '', second = '', word = ''] = text.split(' ')
    if (kind === 'event') {
      const id: Id = [Number(first), Number(second)]
      this.#first ??= id
      this.#lines.push(`event ${word}`)
      for (const answer of this.#answers[word] ?? [])
        this.#queue.push({ message: this.#filled(answer, id), shown: answer })
    } else if (kind === 'result' && this.#sent !== undefined) {
      this.#lines.push(`${this.#sent} ${Number(first) > 0}`)
      this.#sent = undefined
    } else {
      this.#lines.push(text)
    }
    this.#sendNext()
  }

  #sendNext(): void {
    if (this.#sent !== undefined) return
    const next = this.#queue.shift()
    if (next === undefined) return
    this.#sent = next.shown
    void this.#client.send(next.message)
  }

  #filled(answer: string, id: Id): string {
    const [firstIndex, firstLabel] = this.#first ?? id
    const values: Readonly<Record<string, number>> = { I: id[0], L: id[1], I1: firstIndex, L1: firstLabel }
    return answer
      .split('~')
      .map((word) => {
        const [name = '', plus] = word.split('+')
        const value = values[name]
        return value === undefined ? word : String(value + Number(plus ?? 0))
      })
      .join('~')
  }
}
