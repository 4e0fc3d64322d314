// The page: puts its parts together, and says how the connection stands.

import { Charts } from './charts.ts'
import { Clients } from './clients.ts'
import { Connection, type ConnectionState } from './connection.ts'
import { byId, make, say } from './element.ts'
import { Events } from './events.ts'
import { clock, count, duration } from './format.ts'
import type { Hello, LoadedRoute, Sample } from './messages.ts'
import { Sending } from './send.ts'
import { Suspended } from './suspended.ts'
import { themeSwitch } from './theme.ts'

const status = byId('status', HTMLElement)
const banner = byId('banner', HTMLElement)
const bannerText = byId('banner-text', HTMLElement)
const tokenSection = byId('token-section', HTMLElement)
const tokenField = byId('token', HTMLInputElement)
const uptime = byId('uptime', HTMLElement)

const connection = new Connection(changed)
const charts = new Charts()
const clients = new Clients(connection)
const suspended = new Suspended(connection)
const sending = new Sending(connection)
const events = new Events(connection)

let state: ConnectionState = { kind: 'connecting' }
let known: Hello | undefined
let reloads: number | undefined
let wasAway = false

function changed(to: ConnectionState): void {
  state = to
  document.body.toggleAttribute('data-away', to.kind === 'away')
  banner.hidden = to.kind !== 'away'
  tokenSection.hidden = to.kind !== 'refused'
  switch (to.kind) {
    case 'connecting':
      show('connecting', 'Connecting')
      break
    case 'live':
      show('live', 'Live')
      void begin()
      break
    case 'away':
      if (!wasAway) events.mark('the daemon is away')
      wasAway = true
      events.away()
      show('away', 'Away')
      tellAway()
      break
    case 'refused':
      show('away', 'Not let in')
      if (to.hadToken) {
        const why =
          to.status === 403 ? 'That token is not enough for this page.' : 'That token is not the right one.'
        say(byId('token-why', HTMLElement), why)
      }
      tokenField.focus()
      break
  }
}

function show(name: string, text: string): void {
  status.dataset['state'] = name
  say(byId('status-text', HTMLElement), text)
}

function tellAway(): void {
  if (state.kind !== 'away') return
  const seconds = Math.max(0, Math.ceil((state.again - Date.now()) / 1000))
  const next = seconds > 0 ? `Next try in ${seconds} s.` : 'Trying now.'
  const seen = known ? ` What is shown was seen before ${clock(state.since, false)}.` : ''
  say(bannerText, `The daemon does not answer.${seen} ${next}`)
}

async function begin(): Promise<void> {
  try {
    const hello = await connection.call('live.hello', {})
    if (wasAway) {
      const same = known === undefined || (hello.pid === known.pid && hello.begun === known.begun)
      events.mark(same ? 'connected again' : 'connected again, to a daemon that was started meanwhile')
    }
    wasAway = false
    known = hello
    say(byId('version', HTMLElement), `version ${hello.version}`)
    say(byId('bind', HTMLElement), `EVAPI on ${hello.addresses.join(', ')}`)
    document.title = `evapid ${hello.addresses[0] ?? ''}`
    clients.begin(hello.scope === 'admin')
    sending.allow(hello.scope !== 'read')
    events.begin()
    reloads = undefined
    const limit = hello.max_clients === 0 ? 'no limit' : count(hello.max_clients)
    byId('server', HTMLElement).replaceChildren(
      make('span', '', `Node.js ${hello.node}, pid ${hello.pid}`),
      make('span', '', `max_clients ${limit}`),
      make('span', '', `slow_client ${hello.slow_client}`),
      make('span', '', `your scope: ${hello.scope}`),
    )
  } catch {
    // It went away meanwhile, which the connection has said.
  }
}

function sampled(sample: Sample): void {
  if (state.kind !== 'live') return
  charts.add(sample)
  show(sample.ready ? 'live' : 'draining', sample.ready ? 'Live' : 'Closing, takes no clients')
  say(uptime, `up ${duration(Math.max(10, Math.floor(sample.uptime)))}`)
  suspended.heard(sample.gauges['suspended'] ?? 0)
  const now = sample.totals['reloads'] ?? 0
  if (now === reloads) return
  if (reloads !== undefined) events.mark('the configuration was reloaded')
  reloads = now
  connection.call('evapi.routes').then(showRoutes, () => {
    // With the next connection.
    reloads = undefined
  })
}

function showRoutes(routes: readonly LoadedRoute[]): void {
  say(byId('routes-count', HTMLElement), String(routes.length))
  byId('routes', HTMLUListElement).replaceChildren(
    ...routes.map(({ name, kind }) => {
      const chip = make('span', 'chip', kind)
      chip.dataset['kind'] = kind
      const code = make('code', '', name)
      code.title = name
      return make('li', '', code, chip)
    }),
  )
}

connection.on('live.sample', sampled)
byId('try-now', HTMLButtonElement).addEventListener('click', () => connection.tryNow())
byId('token-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  connection.useToken(tokenField.value)
  tokenField.value = ''
})
// What scrolls is reached with the keyboard.
for (const scroller of document.querySelectorAll<HTMLElement>('.scroll')) scroller.tabIndex = 0
themeSwitch(byId('theme', HTMLButtonElement), () => charts.redraw())
window.setInterval(tellAway, 1000)
connection.open()
