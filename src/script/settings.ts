// What a script says outside of its routes and modules: core parameters, and parameters of its own (`group.name = value`).

import { networkInterfaces } from 'node:os'
import type { LogLevel } from '../core/log.ts'
import { nearest } from '../core/nearest.ts'
import { OwnAddresses } from '../sip/own-addresses.ts'
import { SIP_PORT } from '../sip/reply.ts'
import { parseListen, type SipAddress } from '../sip/transport.ts'
import type { NumberLiteral, Place, Script, Setting, StringLiteral, Word } from './ast.ts'
import { CORE_PARAMETERS, TEXT_PARAMETERS } from './core-parameters.ts'
import type { Diagnostics } from './diagnostics.ts'

/** A core parameter that is accepted and does nothing, for the summary. */
export interface Ignored {
  readonly name: string
  readonly why: string
}

export interface Settings {
  /** Listen addresses as a configuration writes them, with where they stand. */
  readonly listen: readonly { readonly address: string; readonly place: Place }[]
  readonly own: OwnAddresses
  /** What is ours beside what is listened on, as `sip.alias` of a configuration has it. */
  readonly aliases: readonly string[]
  readonly logLevel: LogLevel | undefined
  readonly maxLoops: number
  readonly maxDepth: number
  readonly tcpMaxConnections: number | undefined
  /** The language of the routes: `native`, unless it is another. */
  readonly engine: string
  readonly enginePlace: Place | undefined
  /** By `group.name`. */
  readonly globals: ReadonlyMap<string, string | number>
  readonly ignored: readonly Ignored[]
}

type SettingValue = NumberLiteral | StringLiteral | Word

export function readSettings(script: Script, diagnostics: Diagnostics): Settings {
  const reader = new SettingsReader(diagnostics)
  // The port is that of all listen addresses, wherever it stands.
  const settings = script.items.filter((item) => item.kind === 'setting')
  for (const setting of settings) if (!ADDRESSES.has(setting.name)) reader.read(setting)
  for (const setting of settings) if (ADDRESSES.has(setting.name)) reader.read(setting)
  return reader.settings()
}

const ADDRESSES: ReadonlySet<string> = new Set(['listen', 'alias'])

class SettingsReader {
  private readonly diagnostics: Diagnostics
  private readonly listen: { address: string; place: Place }[] = []
  private readonly own = new OwnAddresses()
  private readonly aliases: string[] = []
  private readonly globals = new Map<string, string | number>()
  private readonly ignored = new Map<string, Ignored>()
  private readonly numbers = new Map<string, number>()
  private readonly texts = new Map<string, string>()
  private enginePlace: Place | undefined

  constructor(diagnostics: Diagnostics) {
    this.diagnostics = diagnostics
  }

  settings(): Settings {
    const { numbers, texts } = this
    const advertised = texts.get('advertised_address')
    if (advertised !== undefined) this.addAlias(advertised, numbers.get('advertised_port'))
    return {
      listen: this.listen,
      own: this.own,
      aliases: this.aliases,
      logLevel: numbers.has('debug') ? levelOf(numbers.get('debug') ?? 0) : undefined,
      maxLoops: numbers.get('max_while_loops') ?? 100,
      maxDepth: numbers.get('max_recursive_level') ?? 256,
      tcpMaxConnections: numbers.get('tcp_max_connections'),
      engine: texts.get('cfgengine') ?? 'native',
      enginePlace: this.enginePlace,
      globals: this.globals,
      ignored: [...this.ignored.values()],
    }
  }

  read(setting: Setting): void {
    const { name, place, values } = setting
    const parameter = CORE_PARAMETERS.get(name)
    const [value] = values
    if (!parameter) {
      if (name.includes('.') && value) this.globals.set(name, value.value)
      else this.unknown(name, place)
      return
    }
    if (parameter.kind === 'absent') {
      // Switched off, it is as it is here.
      if (value?.kind === 'number' && value.value === 0) return
      this.diagnostics.error(place, `the core parameter ${name} is not here`, parameter.why)
    } else if (parameter.kind === 'none') {
      this.ignored.set(name, { name, why: parameter.why })
      // What has no effect is still to be what Kamailio takes.
      if (value?.kind === 'string' && !TEXT_PARAMETERS.has(name))
        this.diagnostics.error(value.place, `${name} is a number`)
    } else if (value) this.take(setting, value)
  }

  private take(setting: Setting, value: SettingValue): void {
    const { name } = setting
    switch (name) {
      case 'listen':
        for (const each of setting.values) this.takeListen(setting, each)
        return
      case 'alias':
        for (const each of setting.values) this.takeAlias(each)
        return
      case 'advertised_address':
      case 'cfgengine':
        if (name === 'cfgengine') this.enginePlace = setting.place
        this.texts.set(name, String(value.value))
        return
      default:
        if (value.kind === 'number') this.numbers.set(name, value.value)
        else this.diagnostics.error(value.place, `${name} is a number`)
    }
  }

  private unknown(name: string, place: Place): void {
    const near = nearest(name, CORE_PARAMETERS.keys())
    this.diagnostics.error(
      place,
      `unknown core parameter ${name}`,
      near === undefined ? 'a parameter of your own is written group.name = value' : `did you mean ${near}?`,
    )
  }

  private takeListen({ listen }: Setting, value: SettingValue): void {
    const text = String(value.value)
    const [, scheme, rest = ''] = /^(?:(udp|tcp|tls|sctp|ws|wss):)?(.*)$/i.exec(text) ?? []
    const protocols =
      scheme !== undefined ? [scheme] : this.numbers.get('disable_tcp') ? ['udp'] : ['udp', 'tcp']
    const port = this.numbers.get('port') ?? SIP_PORT
    for (const protocol of protocols) {
      for (const host of hostsOf(rest)) {
        const address = parseListen(`${protocol}:${hasPort(host) ? host : `${host}:${port}`}`, 'listen')
        if ('problem' in address) {
          this.diagnostics.error(value.place, `cannot listen: ${address.problem}`, address.expected)
          continue
        }
        this.addListen(address, value.place)
      }
    }
    const { advertise } = listen ?? {}
    if (advertise) this.takeAlias(advertise)
  }

  private addListen({ protocol, host, port }: SipAddress, place: Place): void {
    const written = host.includes(':') ? `[${host}]` : host
    const address = `${protocol}:${written}:${port}`
    this.listen.push({ address, place })
    // Port 0 is another one each time.
    this.own.add(host, port === 0 ? undefined : port)
  }

  /** `NAME`, `NAME:PORT`, with or without a protocol before it. Without a port it is any. */
  private takeAlias(value: SettingValue): void {
    const text = String(value.value).replace(/^(?:udp|tcp|tls|sctp):/i, '')
    const [, host = text, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text) ?? []
    this.addAlias(host, port === undefined ? undefined : Number(port))
  }

  private addAlias(host: string, port: number | undefined): void {
    this.own.add(host, port)
    this.aliases.push(port === undefined ? host : `${host}:${port}`)
  }
}

/** The level of our log for Kamailio's: 3 is all that it has. */
function levelOf(debug: number): LogLevel {
  if (debug >= 3) return 'debug'
  if (debug >= 1) return 'info'
  return debug === 0 ? 'warn' : 'error'
}

function hasPort(host: string): boolean {
  return /^(?:\[[^\]]*\]|[^:]*):\d+$/.test(host)
}

/** An interface stands for its addresses; `*` for all there are. */
function hostsOf(written: string): readonly string[] {
  const [, name = written, port = ''] = /^([^:]*)(:\d+)?$/.exec(written) ?? []
  if (name === '*') return [`0.0.0.0${port}`]
  const addresses = networkInterfaces()[name]
  if (!addresses) return [written]
  return addresses
    .filter(({ address }) => !address.startsWith('fe80:'))
    .map(({ address }) => `${address.includes(':') ? `[${address}]` : address}${port}`)
}
