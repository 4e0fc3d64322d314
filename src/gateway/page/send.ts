// Sends a message by hand.

import type { Connection } from './connection.ts'
import { byId, say } from './element.ts'
import { count } from './format.ts'

const HINTS = {
  relay: 'To every client.',
  multicast: 'To every client that has the tag.',
  unicast: 'To the client that has the tag and the lowest index.',
} as const
type To = keyof typeof HINTS

export class Sending {
  private readonly connection: Connection
  private readonly form = byId('send-form', HTMLFormElement)
  private readonly tag = byId('send-tag', HTMLInputElement)
  private readonly text = byId('send-text', HTMLTextAreaElement)
  private readonly button = byId('send-button', HTMLButtonElement)
  private readonly outcome = byId('send-outcome', HTMLElement)

  constructor(connection: Connection) {
    this.connection = connection
    this.form.addEventListener('change', () => this.choose())
    this.form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.send()
    })
    this.text.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.form.requestSubmit()
    })
    this.choose()
  }

  /** @param maySend what the token allows */
  allow(maySend: boolean): void {
    this.button.disabled = !maySend
    if (!maySend) this.say('Needs a token of scope publish.', 'bad')
    else if (this.outcome.dataset['level'] === 'bad') this.say('', undefined)
  }

  private get to(): To {
    const chosen = new FormData(this.form).get('to')
    return chosen === 'multicast' || chosen === 'unicast' ? chosen : 'relay'
  }

  private choose(): void {
    const { to } = this
    this.tag.disabled = to === 'relay'
    this.tag.required = to !== 'relay'
    say(byId('send-hint', HTMLElement), HINTS[to])
  }

  private async send(): Promise<void> {
    const { to } = this
    this.button.disabled = true
    try {
      const params = to === 'relay' ? [this.text.value] : [this.text.value, this.tag.value]
      const { clients } = await this.connection.call(`evapi.${to}`, params)
      const whom = clients === 1 ? '1 client' : `${count(clients)} clients`
      if (clients > 0) this.say(`Sent to ${whom}.`, 'good')
      else this.say(to === 'relay' ? 'Nobody is connected.' : 'Nobody has that tag.', 'bad')
    } catch (error) {
      this.say(`Not sent: ${error instanceof Error ? error.message : String(error)}`, 'bad')
    } finally {
      this.button.disabled = false
    }
  }

  private say(text: string, level: 'good' | 'bad' | undefined): void {
    say(this.outcome, text)
    if (level) this.outcome.dataset['level'] = level
    else delete this.outcome.dataset['level']
  }
}
