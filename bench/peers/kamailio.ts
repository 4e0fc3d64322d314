// Kamailio with its evapi module, at its best: no worker processes, so no hand-off; no logging; room for all clients.

import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, type ServerProcess, startServer } from '../processes.ts'
import { type Peer, type TransactionNeeds, versionFrom } from './peer.ts'

function moduleDirectory(): string | undefined {
  const roots = ['/usr/local/lib64', '/usr/local/lib', '/usr/lib64', '/usr/lib']
  const candidates = roots.flatMap((root) => [
    join(root, 'kamailio/modules'),
    ...(existsSync(root) ? readdirSync(root).map((name) => join(root, name, 'kamailio/modules')) : []),
  ])
  return candidates.find((directory) => existsSync(join(directory, 'evapi.so')))
}

/** Connections of the last round may not be gone when the next one's come; nor those of a storm. */
const SPARE_CLIENTS = 2
const MOST_CLIENTS = 1000

// For every message it relays, it walks all max_clients slots of 32 KiB each, taken or not: with 20,000 of them that is
// 200 µs a message. So it gets as few as will do.
function configuration(modules: string, port: number, sipPort: number, clients: number): string {
  return `#!KAMAILIO
debug=0
log_stderror=yes
disable_tcp=yes
listen=udp:127.0.0.1:${sipPort}
children=1
open_files_limit=20000
mpath="${modules}"
loadmodule "evapi.so"
modparam("evapi", "bind_addr", "127.0.0.1:${port}")
modparam("evapi", "workers", 0)
modparam("evapi", "max_clients", ${clients + SPARE_CLIENTS})
modparam("evapi", "netstring_format", 1)
request_route { exit; }
event_route[evapi:message-received] { evapi_relay("$evapi(msg)"); }
`
}

// Two processes take datagrams; the one of evapi sends the events, reads the answers and continues. A suspended INVITE times
// out by fr_timer here, as any request does.
const TRANSACTION_MEMORY_MB = 4096

/** Its fastest allocator. The default one, which also looks for faults, makes a transaction take up to twice the time. */
const FAST_ALLOCATOR = ['-x', 'fm', '-X', 'fm'] as const

function transactionConfiguration(modules: string, port: number, sipPort: number, timeOut: number): string {
  return `#!KAMAILIO
debug=0
log_stderror=yes
disable_tcp=yes
listen=udp:127.0.0.1:${sipPort}
children=2
mpath="${modules}"
loadmodule "jansson.so"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "evapi.so"
modparam("tm", "fr_timer", ${timeOut * 1000})
modparam("tm", "fr_inv_timer", ${timeOut * 1000})
modparam("evapi", "bind_addr", "127.0.0.1:${port}")
modparam("evapi", "workers", 0)
modparam("evapi", "max_clients", ${1 + SPARE_CLIENTS})
modparam("evapi", "netstring_format", 1)
request_route {
  if (is_method("ACK")) { t_check_trans(); exit; }
  if (!t_newtran()) exit;
  evapi_async_relay("{\\"event\\":\\"$rm\\",\\"index\\":$T(id_index),\\"label\\":$T(id_label)}");
  exit;
}
route[RESUME] { t_reply("200", "OK"); exit; }
event_route[evapi:connection-new] { evapi_relay("{\\"event\\":\\"welcome\\"}"); }
event_route[evapi:message-received] {
  jansson_get("index", "$evapi(msg)", "$var(index)");
  jansson_get("label", "$evapi(msg)", "$var(label)");
  t_continue("$var(index)", "$var(label)", "RESUME");
}
`
}

export const kamailio: Peer = {
  name: 'kamailio',
  setup:
    'evapi, workers=0, max_clients as few as will do; the route relays $evapi(msg); transactions: two UDP children',
  protocol: 'netstring',
  far: true,
  mostClients: MOST_CLIENTS,
  version: () =>
    moduleDirectory() === undefined ? undefined : versionFrom('kamailio', ['-v'], /version: kamailio (\S+)/),
  install: 'apt-get install kamailio kamailio-extra-modules kamailio-json-modules',
  async start({ scratch, clients }) {
    const modules = moduleDirectory()
    if (modules === undefined) throw new Error('no evapi.so')
    const port = await freePort()
    const file = join(scratch, 'kamailio.cfg')
    writeFileSync(file, configuration(modules, port, await freePort(), clients))
    const args = ['-DD', '-E', '-f', file, '-m', '256', '-M', '32', '-w', scratch, '-Y', scratch]
    return startServer({ command: 'kamailio', args, port })
  },
  startForTransactions: (needs) => startForTransactions(needs, []),
}

/** As fast as it can be made without another configuration. */
export const kamailioFast: Peer = {
  ...kamailio,
  name: 'kamailio-fm',
  setup: 'transactions only: Kamailio with its fastest allocator (-x fm -X fm) in place of the default one',
  onlyTransactions: true,
  startForTransactions: (needs) => startForTransactions(needs, FAST_ALLOCATOR),
}

async function startForTransactions(
  { scratch, timeOut }: TransactionNeeds,
  allocator: readonly string[],
): Promise<ServerProcess> {
  const modules = moduleDirectory()
  if (modules === undefined) throw new Error('no evapi.so')
  const [port, sipPort] = [await freePort(), await freePort()]
  const file = join(scratch, 'kamailio.cfg')
  writeFileSync(file, transactionConfiguration(modules, port, sipPort, timeOut))
  const memory = ['-m', String(TRANSACTION_MEMORY_MB), '-M', '32', ...allocator]
  const args = ['-DD', '-E', '-f', file, ...memory, '-w', scratch, '-Y', scratch]
  return startServer({ command: 'kamailio', args, port, sipPort })
}
