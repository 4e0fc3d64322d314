// Kamailio with its app_jsdt and evapid, with the same KEMI script.
import { existsSync } from 'node:fs'
import { modulesOf } from '../../src/config.ts'
import { ModuleRegistry } from '../../src/core/registry.ts'
import { createServer } from '../../src/index.ts'
import { loadKemi } from '../../src/kemi/load.ts'
import { formatDiagnostic } from '../../src/script/diagnostics.ts'
import { freeUdpPort } from '../support/free-port.ts'
import { findKamailio, launchKamailio } from './kamailio.ts'
import { type KemiServer, SCRIPT } from './kemi-player.ts'
import { HOST } from './server-under-test.ts'

const CALLBACK = 'ksr_evapi_event'
const TEXT = 'some text'
const NUMBER = '42'

const MODULES = [
  'app_jsdt',
  'tm',
  'tmx',
  'sl',
  'pv',
  'xlog',
  'textops',
  'jansson',
  'htable',
  'kemix',
  'evapi',
]

/** The path of a Kamailio that has evapi and app_jsdt, or null. */
export function findKemiKamailio(): string | null {
  const directories = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu']
  const found = directories.some((path) => existsSync(`${path}/kamailio/modules/app_jsdt.so`))
  return found ? findKamailio() : null
}

function kamailioConfig(evapiPort: number, sipPort: number): string {
  return `#!KAMAILIO
#!define TEXT ${TEXT}
#!define NUMBER ${NUMBER}
debug=-3
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:${HOST}:${sipPort}
${MODULES.map((module) => `loadmodule "${module}.so"`).join('\n')}
modparam("evapi", "bind_addr", "${HOST}:${evapiPort}")
modparam("evapi", "workers", 0)
modparam("evapi", "max_clients", 32)
modparam("evapi", "event_callback", "${CALLBACK}")
modparam("htable", "htable", "t=>size=4;")
modparam("htable", "htable", "v=>size=4;")
modparam("app_jsdt", "load", "${SCRIPT}")
cfgengine "jsdt"
`
}

/** What the cases look for in the environment. */
export function setEnvironment(): void {
  process.env['KEMI_TEXT'] = TEXT
  process.env['KEMI_NUMBER'] = NUMBER
}

export async function startKamailioWithKemi(program: string): Promise<KemiServer> {
  let sipPort = 0
  const { port, stop } = await launchKamailio(
    program,
    async (evapiPort) => {
      sipPort = await freeUdpPort(HOST)
      return kamailioConfig(evapiPort, sipPort)
    },
    () => {},
  )
  return { port, sipPort, stop }
}

export async function startEvapidWithKemi(): Promise<KemiServer> {
  const { diagnostics, routes } = loadKemi(SCRIPT, {
    registry: new ModuleRegistry(modulesOf(undefined)),
    eventCallback: CALLBACK,
    defines: [
      { name: 'TEXT', value: TEXT },
      { name: 'NUMBER', value: NUMBER },
    ],
  })
  if (!routes) throw new Error(diagnostics.errors.map(formatDiagnostic).join('\n'))
  const config = {
    evapi: { bindAddr: `${HOST}:0`, eventCallback: CALLBACK },
    htable: { htable: ['t=>size=4;', 'v=>size=4;'] },
    listen: [`udp:${HOST}:0`],
    log: false,
    routes,
  } as const
  const server = createServer(config)
  const [bound] = await server.listen()
  const [sip] = server.sipAddresses
  if (bound === undefined || bound.family === 'unix' || !sip) throw new Error('evapid does not listen')
  return { port: bound.port, sipPort: sip.port, stop: () => server.close() }
}
